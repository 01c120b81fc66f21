// A sticker that is to be mixed, from anywhere on the page: the tab may not have been opened yet.

import { openTab } from "../library/leading.js";

const waiting = [];

// Called with what Gradio gives the component once the page is there.  tab: what the Mix tab is called.
export function start({ tab }) {
  document.addEventListener("lit-mix", (event) => {
    event.preventDefault(); // it is taken: who sent it may ask
    waiting.push(event.detail.picture);
    openTab(tab);
    document.dispatchEvent(new Event("lit-mix-waiting"));
  });
}

// The pictures that wait, once: { id, said } each.
export const taken = () => waiting.splice(0);
