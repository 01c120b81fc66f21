// A sticker that is to be swept over, from anywhere on the page: the tab may not have been opened yet.

import { openTab } from "../library/leading.js";

let waiting = null;
let taker = null;

// Called with what Gradio gives the component once the page is there.  tab: what the Sweep tab is called.
//   lit-sweep { picture: { id, said } }     its settings are what a sweep begins with
export function start({ tab }) {
  document.addEventListener("lit-sweep", ({ detail: { picture } }) => {
    waiting = picture;
    openTab(tab);
    taker?.();
  });
}

// take(picture): called for what waits, and for what comes.
export function taking(take) {
  taker = () => {
    const picture = waiting;
    waiting = null;
    if (picture) take(picture);
  };
  taker();
}
