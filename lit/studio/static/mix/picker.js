// Choosing an emoji: a dialog that is searched by name, all of it by keyboard.

import { address, reached, spoken } from "../asking.js";
import { language, plural, t } from "../languages.js";
import { find, make } from "../ui.js";
import { moved, searching } from "./emoji.js";

// Returns a function: (titles) to as many emoji, chosen one after the other, or null once it is given up.
export function picking(dialog) {
  const part = (name) => find(`.mix-picker-${name}`, dialog);
  const input = find("input", dialog);
  const list = part("list");
  let search = null;
  let done = null; // told what was chosen

  async function load() {
    if (search) return;
    const answer = await reached(fetch(address(`mix/emoji?language=${language()}`), { headers: spoken() }));
    const emoji = await answer.json();
    search = searching(emoji);
    for (const one of emoji) buttons.set(one, button(one));
  }

  const buttons = new Map();
  function button([glyph, name]) {
    const made = Object.assign(make("button", "mix-emoji", glyph), { type: "button", title: name, tabIndex: -1 });
    made.setAttribute("aria-label", name);
    return made;
  }

  function show() {
    const found = search(input.value);
    list.replaceChildren(...found.map((one) => buttons.get(one)));
    for (const one of list.children) one.tabIndex = -1;
    if (list.firstChild) list.firstChild.tabIndex = 0;
    list.scrollTop = 0;
    part("found").textContent = plural(found.length, "{n} emoji", "{n} emoji");
    part("name").textContent = input.value && found[0] ? `${t("Enter")}: ${found[0][0]} ${found[0][1]}` : "";
  }

  function columns() {
    const [first, ...others] = list.children;
    const below = others.findIndex((one) => one.offsetTop > first.offsetTop);
    return below < 0 ? others.length + 1 : below + 1;
  }

  function focus(one) {
    for (const other of list.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
    one.tabIndex = 0;
    one.focus();
  }

  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    const first = list.firstElementChild;
    if (!first || !["Enter", "ArrowDown"].includes(event.key)) return;
    event.preventDefault();
    event.key === "Enter" ? first.click() : focus(first);
  });
  list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const all = [...list.children];
    const at = all.indexOf(event.target);
    const to = moved(event.key, at, all.length, columns());
    if (to === undefined) {
      if (event.key.length === 1 && event.key !== " ") input.focus(); // the letter goes there
      return;
    }
    event.preventDefault();
    to < 0 ? input.focus() : focus(all[to]);
  });
  list.addEventListener("focusin", ({ target }) => (part("name").textContent = `${target.textContent} ${target.title}`));
  list.addEventListener("click", ({ target }) => {
    if (target.closest("button")) done?.(target.textContent);
  });
  part("close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => done?.(null));

  return async function pick(titles) {
    await load();
    const chosen = [];
    for (const title of titles) {
      part("title").textContent = [title, ...chosen].join(" ");
      input.value = "";
      show();
      if (!dialog.open) dialog.showModal();
      input.focus();
      const one = await new Promise((told) => (done = told));
      if (!one) return null;
      chosen.push(one);
    }
    done = null;
    dialog.close();
    return chosen;
  };
}
