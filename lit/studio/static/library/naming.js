// Asking for a name: of a tag or a board.

import { t } from "../languages.js";
import { find, make } from "../ui.js";

// Returns a function: (title, known names, { off, yes }) to { name, on } or null once it is given up.
// check(found): does what is asked for; its error is said, and asked again.
export function naming(dialog) {
  const part = (name) => find(`.lb-${name}`, dialog);
  const input = find("input", dialog);

  return (title, known, { off = true, yes = t("Put on"), value = "" }, check) => {
    find("label span", dialog).textContent = title;
    dialog.setAttribute("aria-label", title);
    find("datalist", dialog).replaceChildren(...known.map((name) => Object.assign(make("option"), { value: name })));
    part("off").hidden = !off;
    part("yes").textContent = yes;
    complain(null);
    input.value = value;
    dialog.showModal();
    input.focus();

    function complain(error) {
      part("notice").textContent = error?.message ?? "";
      part("notice").hidden = !error;
    }
    const ended = (on) => async (event) => {
      event.preventDefault();
      try {
        await check(input.value, on);
        dialog.close();
      } catch (error) {
        complain(error);
      }
    };
    find("form", dialog).onsubmit = ended(true);
    part("off").onclick = ended(false);
    part("close").onclick = () => dialog.close();
  };
}
