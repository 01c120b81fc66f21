// One picture of a sweep, large: what drew it, and what may be done with it.

import { t } from "../languages.js";
import { find } from "../ui.js";
import { picture } from "./asking.js";

// beside(cell, by): the picture before or after it, or null.  use(cell), keep(cell), lead(cell): what is done with it;
// keep resolves to a sentence.  closed(cell): which was shown last.
export function showing(dialog, { beside, use, keep, lead, closed }) {
  const part = (name) => find(`.swp-${name}`, dialog);
  let shown = null;

  function show(cell) {
    shown = cell;
    const image = find("img", dialog);
    image.src = part("file").href = picture(cell.id);
    image.alt = cell.caption;
    part("file").download = cell.file;
    part("caption").textContent = cell.said ? `${cell.said} · ${cell.caption}` : cell.caption;
    part("done").textContent = "";
    complain(null);
    for (const [name, by] of [["before", -1], ["after", 1]]) part(name).setAttribute("aria-disabled", String(!beside(cell, by)));
    if (!dialog.open) dialog.showModal();
  }

  function complain(error) {
    part("refused").textContent = error?.message ?? "";
    part("refused").hidden = !error;
  }

  const doing = (call) => async () => {
    try {
      complain(null);
      await call(shown);
    } catch (error) {
      complain(error);
    }
  };

  const go = (by) => {
    const next = beside(shown, by);
    if (next) show(next);
  };
  part("before").onclick = () => go(-1);
  part("after").onclick = () => go(1);
  part("close").onclick = () => dialog.close();
  part("use").onclick = doing(async (cell) => {
    await use(cell);
    dialog.close();
  });
  part("keep").onclick = doing(async (cell) => {
    const said = await keep(cell);
    if (cell === shown) part("done").textContent = said;
  });
  part("open").onclick = doing(async (cell) => {
    await lead(cell);
    dialog.close();
  });
  dialog.addEventListener("keydown", ({ key, target, altKey }) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (by && !altKey && !target.closest("a, input")) go(by);
  });
  dialog.addEventListener("close", () => shown && closed(shown));
  return show;
}

// The n-th picture before or after one, of those that are drawn, in their order; null for none.
export function near(cells, cell, by) {
  const drawn = cells.filter(({ id }) => id);
  return drawn[drawn.findIndex(({ id }) => id === cell.id) + by] ?? null;
}
