// Pictures sent to this tab from others, which may not have been opened yet.

import { openTab } from "../library/leading.js";

let waiting = null;
let taker = null;

// tab: what it is called.  Events of the document:
//   lit-draw-over { picture: { id } }         it is to be drawn over
//   lit-draw-again { values, file }           so is what these settings were drawn over; file: a PNG that may carry it
export function start({ tab }) {
  for (const name of ["lit-draw-over", "lit-draw-again"]) {
    document.addEventListener(name, (event) => {
      event.preventDefault(); // it is taken: who sent it may ask
      waiting = event.detail;
      openTab(tab);
      taker?.();
    });
  }
}

// take(detail): called for what waits, and for what comes.
export function taking(take) {
  taker = () => {
    const detail = waiting;
    waiting = null;
    if (detail) take(detail);
  };
  taker();
}
