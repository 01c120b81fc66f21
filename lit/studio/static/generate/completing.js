// While somebody types: names of things that the model knows, under the words. They stand in nobody's way: without one
// that is chosen by an arrow, Enter and Tab do what they always do.
//
// The field stays a text field, as one of several lines has to, with the listbox that it controls and the option that is
// active in it told as of a combobox.

import { post } from "../asking.js";
import { plural, t } from "../languages.js";
import { make } from "../ui.js";
import { typed, write } from "./field.js";

const PAUSE = 80; // milliseconds without a letter before it is asked
const QUIET = 4000; // and before it goes, where nothing is chosen: arrow down has it back

// prompt: elem_id of the words' control.
export function completing(prompt) {
  const list = make("ul", "lit-completions");
  const said = Object.assign(make("p", "lit-unseen"), { role: "status" });
  Object.assign(list, { id: "completions", role: "listbox", hidden: true });
  list.setAttribute("aria-label", t("Suggestions"));
  let field = null;
  let found = []; // { name, emoji, text } each
  let active = -1;
  let asked = 0;
  let pause; // timers: until it is asked
  let quiet; // and until the list goes

  // The page is made piece by piece.
  function attach(target) {
    if (field === target) return;
    field = target;
    for (const [name, value] of Object.entries({ autocomplete: "list", haspopup: "listbox", controls: list.id })) {
      field.setAttribute(`aria-${name}`, value);
    }
    field.closest(`#${prompt}`).append(list, said);
  }

  function show(now) {
    found = now;
    list.replaceChildren(...found.map(option));
    list.hidden = !found.length;
    while (list.childElementCount > 1 && outside(list.lastElementChild)) list.lastElementChild.remove();
    found.length = list.childElementCount;
    said.textContent = found.length ? plural(found.length, "{n} suggestion, arrow down to choose.", "{n} suggestions, arrow down to choose.") : "";
    mark(-1);
    clearTimeout(quiet);
    if (found.length) quiet = setTimeout(() => active < 0 && close(), QUIET);
  }

  // The list has two rows, and nothing in it is to be scrolled for.
  function outside(item) {
    return item.offsetTop + item.offsetHeight > list.clientHeight;
  }

  function option({ name, emoji }, index) {
    const item = make("li", "", `${emoji} ${name}`.trim());
    Object.assign(item, { id: `completion-${index}`, role: "option" });
    item.addEventListener("pointerdown", (event) => {
      event.preventDefault(); // the field keeps the focus
      take(index);
    });
    return item;
  }

  function mark(index) {
    active = index;
    for (const [at, item] of [...list.children].entries()) item.setAttribute("aria-selected", at === index);
    if (index < 0) return field?.removeAttribute("aria-activedescendant");
    field.setAttribute("aria-activedescendant", `completion-${index}`);
    list.children[index].scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function close() {
    asked++;
    clearTimeout(pause);
    if (!list.hidden) show([]);
  }

  function take(index) {
    const { text } = found[index];
    const before = field.value.slice(0, field.selectionStart);
    let same = 0;
    while (same < before.length && before[same] === text[same]) same++;
    close();
    write(field, same, before.length, text.slice(same));
  }

  async function ask() {
    const mine = ++asked;
    const words = field.value.slice(0, field.selectionStart);
    try {
      const answer = words.trim() ? await post("readings/completions", { prompt: words }) : { found: [] };
      if (mine === asked && document.activeElement === field) show(answer.found);
    } catch {
      // Whoever draws is told.
    }
  }

  document.addEventListener("input", (event) => {
    if (!event.target.closest?.(`#${prompt}`) || !typed(event)) return;
    attach(event.target);
    clearTimeout(pause);
    pause = setTimeout(ask, PAUSE);
  });
  document.addEventListener("keydown", async (event) => {
    const { target } = event;
    if (event.key !== "ArrowDown" || event.defaultPrevented || !list.hidden || !target.closest?.(`#${prompt}`)) return;
    if (target.selectionStart !== target.value.length || !target.value.trim()) return;
    event.preventDefault();
    attach(target);
    await ask();
    if (found.length && active < 0) mark(0);
  });
  document.addEventListener("focusout", ({ target }) => target === field && close());
  document.addEventListener("lit-generate", close);
  // Before Gradio's own, for which Enter is Generate.
  document.addEventListener("keydown", (event) => {
    if (event.target !== field || list.hidden || event.isComposing) return;
    const { key } = event;
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey && !event.shiftKey;
    if (key === "ArrowDown" && plain) mark((active + 1) % found.length);
    else if (key === "ArrowUp" && plain && active >= 0) mark(active - 1);
    else if (["Enter", "Tab"].includes(key) && plain && active >= 0) take(active);
    else if (key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, true);
}
