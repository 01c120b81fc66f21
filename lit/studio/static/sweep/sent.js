// A sticker that is to be swept over, from anywhere on the page: the tab may not have been opened yet.

import { arriving } from "../arriving.js";
import { openTab } from "../library/leading.js";

let waiting = null;
let taker = null;

// Called with what Gradio gives the component once the page is there.  tab, library: what those tabs are called.
//   lit-sweep { picture: { id, said } }     its settings are what a sweep begins with
//   lit-open-picture { picture }            a sweep's picture that was kept is to be opened there: its name
export function start({ tab, library }) {
  arriving("lit-open-picture", library); // before the library listens
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
