// Keys that are pressed anywhere on the page, and what they do there.

import { openTab } from "../library/leading.js";
import { find, sleep } from "../ui.js";
import { pressed, whileTyping } from "./bindings.js";

const FIELDS = `input:not([type="checkbox"], [type="radio"], [type="range"], [type="button"], [type="file"]), textarea, select,
  [contenteditable], [role="combobox"]`;

// keys: the browser's `bindings`.  does: {action: function}, each of which says whether there was anything to do.
export function pressing(keys, does) {
  const doing = (event, before) => {
    const key = pressed(event);
    const action = keys.action(key);
    if (!action || event.defaultPrevented || event.repeat || before !== /^(Ctrl|Alt)\+/.test(key)) return;
    if (!whileTyping(key) && event.target.closest?.(FIELDS)) return;
    if (!does[action]()) return;
    event.preventDefault();
    event.stopPropagation();
  };
  // Those with Ctrl come before a field makes something of them; all others after what has the focus.
  document.addEventListener("keydown", (event) => doing(event, true), true);
  document.addEventListener("keydown", (event) => doing(event, false));
}

// What the actions do on this page. A button is meant wherever it is in sight: the Generate tab's own, or one of
// another tab with data-key="ACTION".
// library: what that tab is called.  help: the dialog of the keys.
export function actions({ library, help }) {
  const dialog = () => find("dialog[open]", document);
  const press = (action, own) => () => {
    // What is in a menu is in sight where its button is.
    const inSight = (one) => (one.closest('[role="menu"]')?.parentElement ?? one).checkVisibility();
    const seen = [...document.querySelectorAll(`${own}, [data-key="${action}"]`)].find((one) => inSight(one) && !one.disabled);
    if (!seen || dialog()) return false;
    seen.click();
    return true;
  };
  const large = press("large", "#large");
  const stop = press("stop", "#stop");

  async function search() {
    openTab(library);
    let left = false; // somebody goes elsewhere meanwhile
    const leave = (event) => (left ||= event.type === "pointerdown" || event.key === "Tab");
    for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, leave);
    let held = 0; // looks since the field first had the focus: a tab that is only just being made takes it again
    for (let looks = 0; looks < 400 && held < 20 && !left; looks++) {
      const field = find('#library input[type="search"]', document); // made once the tab is opened
      if (field?.checkVisibility() && field !== document.activeElement) field.focus();
      if (field && field === document.activeElement) held++;
      await sleep(50);
    }
    for (const kind of ["pointerdown", "keydown"]) document.removeEventListener(kind, leave);
  }

  return {
    draw: press("draw", "#generate"),
    another: press("another", "#another"),
    copy: press("copy", "#copy"),
    // A list that is open, and a dialog, close by themselves.
    stop: () => !document.activeElement?.closest('[aria-expanded="true"]') && stop(),
    large: () => (dialog()?.id === "enlarged" ? (dialog().close(), true) : large()),
    search: () => !dialog() && (search(), true),
    help: () => (dialog() === help ? (help.close(), true) : !dialog() && (help.showModal(), true)),
  };
}
