// What moves a button waits while one is pressed: moved away from under the pointer, it never gets its click.

const watched = new WeakMap(); // what `watching` gave for a page: each is listened to once, whoever asks

// A function whose promise is kept once nothing on the page is pressed.
export function releasing(page = document) {
  if (!watched.has(page)) watched.set(page, watching(page));
  return watched.get(page);
}

function watching(page) {
  let pressing = false; // a button of the mouse is down, or a finger
  const waiting = new Set();

  function unpressed() {
    pressing = false;
    waiting.forEach((done) => done());
    waiting.clear();
  }

  page.addEventListener("pointerdown", () => (pressing = true), true);
  for (const event of ["pointerup", "pointercancel"]) {
    page.addEventListener(event, () => setTimeout(unpressed), true); // behind the click
  }
  return () => new Promise((done) => (pressing ? waiting.add(done) : done()));
}
