// Of a model that knows more styles than the first eight, the others: folded away until somebody wants them.

import { t } from "../languages.js";

// The chosen style is seen in any case (theme.py). The mark is the body's, for Gradio writes a control's own classes anew.
export function start({ element }) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "lit-button" });
  button.setAttribute("aria-controls", "style-picker");
  function set(open) {
    document.body.toggleAttribute("data-all-styles", open);
    button.setAttribute("aria-expanded", String(open));
    button.textContent = open ? t("Show fewer styles") : t("Show more styles");
  }
  button.addEventListener("click", () => set(button.getAttribute("aria-expanded") === "false"));
  set(false);
  element.append(button);
}
