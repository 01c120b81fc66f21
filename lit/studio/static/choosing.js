// The choice of a language, at the head of the page.

import { NAMES, choose, language, t } from "./languages.js";
import { fillSelect, find } from "./ui.js";

export function start({ element }) {
  const select = find("select", element);
  fillSelect(select, Object.entries(NAMES), language());
  select.addEventListener("change", () => choose(select.value));
  // Gradio's own words follow the browser (6.31), whatever is chosen.
  for (const part of find("footer .show-api", document)?.childNodes ?? []) {
    if (part.nodeType === Node.TEXT_NODE && part.data.trim()) part.data = t("Use via API");
  }
}
