// Gradio's progress displays (6.31) count seconds with a clock that asks for the next frame, for as long as one waits. One
// that is taken away while it waits never stops, and that of the loading screen always is: sixty callbacks a second for as
// long as the page is open, of which browsers draw a frame each. Here a clock ends once no display is to be seen.

const CLOCK = /performance\.now\(\)[^;]*\/ ?1(e3|000)\b/; // what it says: seconds since it began

// `requestAnimationFrame` in place of `ask`. displayed: whether any of the displays is to be seen.
export function endingClocks(ask, displayed) {
  return (callback) => ask(CLOCK.test(callback) ? (time) => displayed() && callback(time) : callback);
}

if (typeof window !== "undefined") {
  window.requestAnimationFrame = endingClocks(
    window.requestAnimationFrame.bind(window),
    () => document.querySelector('[data-testid="status-tracker"]:not(.hide)') !== null,
  );
}
