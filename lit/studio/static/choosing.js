// The choice of a language, at the head of the page.

import { NAMES, choose, language } from "./languages.js";
import { fillSelect, find } from "./ui.js";

export function start({ element }) {
  const select = find("select", element);
  fillSelect(select, Object.entries(NAMES), language());
  select.addEventListener("change", () => choose(select.value));
}
