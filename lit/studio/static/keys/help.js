// The dialog that lists the keys, where each can be changed.

import { t } from "../languages.js";
import { find, make } from "../ui.js";
import { ACTIONS, pressed, shown } from "./bindings.js";

// changed(): called when a key is another.
export function helping(dialog, keys, changed) {
  const said = find('[role="status"]', dialog);
  const singles = find('[role="switch"]', dialog);
  const rows = Object.entries(ACTIONS).map(([action, [, does]]) => row(action, t(does)));
  find("tbody", dialog).append(...rows.map(({ line }) => line));

  function row(action, does) {
    const line = make("tr");
    const name = Object.assign(make("th", "", does), { scope: "row" });
    const key = Object.assign(make("button", "lit-button"), { type: "button" });
    const cell = make("td");
    let waits = false;

    function show(now = waits) {
      waits = now;
      key.textContent = waits ? t("Press a key") : shown(keys.of(action));
      key.setAttribute("aria-label", waits ? t("Press a key for “{action}”, or Esc", { action: does }) : `${does}: ${shown(keys.of(action))}. ${t("Change")}`);
    }

    key.addEventListener("click", () => {
      said.textContent = "";
      show(!waits);
    });
    key.addEventListener("blur", () => show(false));
    key.addEventListener("keydown", (event) => {
      const name = waits && pressed(event);
      if (!name || name.endsWith("Tab")) return; // the focus goes on, and with it the question
      event.preventDefault();
      event.stopPropagation();
      said.textContent = name === "Escape" && action !== "stop" ? "" : keys.assign(action, name);
      show(false);
      changed();
    });
    cell.append(key);
    line.append(name, cell);
    return { line, show };
  }

  function show() {
    for (const one of rows) one.show(false);
    singles.checked = keys.singles();
    changed();
  }

  singles.addEventListener("change", () => {
    keys.turn(singles.checked);
    said.textContent = singles.checked ? "" : t("Keys that write a letter or a sign do nothing now.");
    changed();
  });
  find(".lit-keys-reset", dialog).addEventListener("click", () => {
    keys.reset();
    said.textContent = t("All keys are as they were at first.");
    show();
  });
  dialog.addEventListener("close", () => (said.textContent = ""));
  show();
}
