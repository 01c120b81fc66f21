// A picture on its way from one tab to another, which may not have been opened yet.

let waiting = null;

// file: a PNG. Whoever shows its tab next takes it.
export const hand = (file) => (waiting = file);

// The file that is waiting, once; null where there is none.
export function taken() {
  const file = waiting;
  waiting = null;
  return file;
}
