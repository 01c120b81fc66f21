// A sticker that is to be dreamt on, from anywhere on the page: the tab may not have been opened yet.

import { arriving } from "../arriving.js";

// tab: what it is called.
export function start({ tab }) {
  arriving("lit-dream", tab);
}
