// Pictures that another tab sends, for a tab that may not have been opened yet.

import { openTab } from "./library/leading.js";

const waiting = new Map(); // by the event that brought them

// From now on the tab of this name opens when the event { picture } comes.
export function arriving(event, tab, place = document) {
  place.addEventListener(event, ({ detail: { picture } }) => {
    waiting.set(event, picture);
    openTab(tab);
  });
}

// The picture that has come by this event, once; null where there is none.
export function arrived(event) {
  const picture = waiting.get(event) ?? null;
  waiting.delete(event);
  return picture;
}
