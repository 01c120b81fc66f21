// What moves a button waits while one is pressed: moved away from under the pointer, it never gets its click.

// A function whose promise is kept once nothing on the page is pressed.
export function releasing(page = document) {
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
