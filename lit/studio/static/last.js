// The last of what a tab has drawn for long: opened again, and thrown away, which can be taken back.

import { language, t } from "./languages.js";
import { find, make } from "./ui.js";
import { offer } from "./undoing.js";

const AWAY = '<svg viewBox="0 0 24 24" aria-hidden="true"><path d="M4 6.5h16M9 6.5V4.5a1 1 0 0 1 1-1h4a1 1 0 0 1 1 1v2M6.5 6.5l.8 12.6a1.5 1.5 0 0 0 1.5 1.4h6.4a1.5 1.5 0 0 0 1.5-1.4l.8-12.6"/></svg>';

// of: { ask, picture(id), one: a field's name for one of them, all: for the answer's list, style: what its classes begin
// with, trashed: that one is in the trash }.  visitor(): who asks.  open(id): one is wanted.  gone(id): it has been
// thrown away.  complain(error).  changed(): there are more, or fewer.
export function makeLast(place, { of, visitor, open, gone, complain, changed }) {
  const { ask, picture, style } = of;
  const list = find("ul", place);
  let known = [];

  // Resolves to them, the newest first; null where they cannot be had.
  async function refresh() {
    try {
      const { kept, [of.all]: found } = await ask("last", { visitor: visitor() });
      find(`.${style}-kept`, place).textContent = kept;
      show(found);
      return known;
    } catch (error) {
      complain(error);
      return null;
    }
  }

  function show(found) {
    const held = list.contains(document.activeElement) ? [...list.children].indexOf(document.activeElement.closest("li")) : -1;
    const kind = document.activeElement?.className;
    const same = JSON.stringify(found) === JSON.stringify(known);
    known = found;
    place.hidden = !found.length;
    if (!same) list.replaceChildren(...found.map(line));
    if (!same && held >= 0) {
      const next = list.children[Math.min(held, list.children.length - 1)];
      [...(next?.querySelectorAll("button") ?? [])].find((button) => button.className === kind)?.focus();
    }
    changed();
  }

  function line({ id, title, said, first, created }) {
    const item = make("li");
    const again = Object.assign(make("button", `${style}-again`), { type: "button" });
    const image = Object.assign(make(first ? "img" : "span", `${style}-thumb`), first ? { src: picture(first), alt: "", loading: "lazy" } : {});
    const words = make("span");
    words.append(make("strong", "", title), make("span", `${style}-soft`, `${said} · ${when(created)}`));
    again.append(image, words);
    again.addEventListener("click", () => open(id));
    const away = Object.assign(make("button", `${style}-button ${style}-away`), { type: "button", innerHTML: AWAY, title: t("Delete") });
    away.setAttribute("aria-label", `${t("Delete")}: ${title}`);
    away.addEventListener("click", () => remove(id));
    item.append(again, away);
    return item;
  }

  async function remove(id) {
    try {
      await ask("throw_away", { visitor: visitor(), [of.one]: id });
      gone(id);
      await refresh();
      offer(t(of.trashed), async () => {
        try {
          await ask("bring_back", { visitor: visitor(), [of.one]: id });
          await refresh();
          open(id);
        } catch (error) {
          complain(error);
        }
      });
    } catch (error) {
      complain(error);
    }
  }

  const when = (created) => new Date(1000 * created).toLocaleString(language(), { dateStyle: "medium", timeStyle: "short" });

  return { refresh, count: () => known.length };
}
