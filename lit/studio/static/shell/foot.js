// The foot of the page: what the studio is, how it works, its keys, how programs ask; and the page as an application.

import { bindings } from "../keys/bindings.js";
import { helping } from "../keys/help.js";
import { actions, pressing } from "../keys/pressing.js";
import { t } from "../languages.js";
import { openTab } from "../library/leading.js";
import { find } from "../ui.js";
import { install } from "./install.js";

const BUTTONS = { draw: "#generate", stop: "#stop", another: "#another", copy: "#copy", large: "#large" };

// Called with what Gradio gives the component.  library, scope: what those tabs are called.  version: the studio's.
export function start({ element, library, scope, version }) {
  const dialog = (name) => find(`#lit-${name}`, element);
  find(".lit-version", element).textContent = t("Version {version}", { version });
  element.addEventListener("click", ({ target }) => {
    const { opens } = target.closest("[data-opens]")?.dataset ?? {};
    if (opens) dialog(opens).showModal();
  });
  dialog("how").addEventListener("close", ({ target }) => {
    if (target.returnValue === "scope") openTab(scope);
    target.returnValue = "";
  });

  const keys = bindings();
  helping(dialog("keys"), keys, () => {
    for (const [action, button] of Object.entries(BUTTONS)) {
      find(button, document)?.setAttribute("aria-keyshortcuts", keys.of(action).replace("Ctrl", "Control"));
    }
  });
  pressing(keys, actions({ library, help: dialog("keys") }));
  install();
}
