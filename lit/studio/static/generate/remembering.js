// The words of a drawing as they were typed, where they were read as others: the settings, and so the file, have the
// words that were drawn. Kept in this browser.

const PLACE = "lit-studio-words";
const MOST = 200; // drawings

export function remembering(storage = localStorage) {
  let known;
  try {
    known = new Map(JSON.parse(storage.getItem(PLACE) ?? "[]"));
  } catch {
    known = new Map(); // somebody else's
  }

  return {
    of: (job) => known.get(job),
    keep(job, words) {
      known.set(job, words);
      storage.setItem(PLACE, JSON.stringify([...known].slice(-MOST)));
    },
  };
}
