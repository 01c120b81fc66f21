// A button that opens a menu: one stop of the Tab key, arrows inside, Escape back to the button.

import { find } from "./ui.js";

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

// place: an element with a button, which says so by aria-haspopup, and a [role="menu"] of [role="menuitem"]s.
// choose(item): called for the one that is pressed, when the menu is closed again.
export function menu(place, choose) {
  const button = find('[aria-haspopup="menu"]', place);
  const list = find('[role="menu"]', place);
  const items = () => [...list.querySelectorAll('[role="menuitem"]')].filter((item) => !item.hidden);

  function open(first = true) {
    list.hidden = false;
    button.setAttribute("aria-expanded", "true");
    lay();
    items().at(first ? 0 : -1).focus({ preventScroll: true });
    document.addEventListener("pointerdown", outside);
  }

  // Where there is room for it: below or above, to the right or to the left.
  function lay() {
    delete list.dataset.up;
    list.style.translate = "";
    const box = list.getBoundingClientRect();
    const { top } = button.getBoundingClientRect();
    list.toggleAttribute("data-up", box.bottom > innerHeight && top > box.height);
    const over = Math.max(0, box.right - document.documentElement.clientWidth + 8);
    if (over) list.style.translate = `${-Math.min(over, box.left - 8)}px 0`;
  }

  function close(back = true) {
    if (list.hidden) return;
    list.hidden = true;
    button.setAttribute("aria-expanded", "false");
    document.removeEventListener("pointerdown", outside);
    if (back) button.focus({ preventScroll: true });
  }

  const outside = ({ target }) => place.contains(target) || close(false);

  button.addEventListener("click", () => (list.hidden ? open() : close()));
  button.addEventListener("keydown", (event) => {
    if (!(event.key in STEPS)) return;
    event.preventDefault();
    open(event.key === "ArrowDown");
  });
  list.addEventListener("click", ({ target }) => {
    const item = target.closest('[role="menuitem"]');
    if (!item) return;
    close();
    choose(item);
  });
  list.addEventListener("keydown", (event) => {
    const all = items();
    const at = all.indexOf(document.activeElement);
    const to = moved(event.key, at, all.map((item) => item.textContent));
    if (to !== null) {
      event.preventDefault();
      all[to].focus();
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation(); // it means this menu alone
      close();
    } else if (event.key === "Tab") {
      close();
    }
  });
  return { close };
}

// Where a key leads from item `at`, null for nowhere: arrows go round, a letter to the next item that begins with it.
export function moved(key, at, texts) {
  const count = texts.length;
  if (key in STEPS) return (at + STEPS[key] + count) % count;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  if ([...key].length !== 1 || key === " ") return null;
  const begins = (text) => text.trim().toLowerCase().startsWith(key.toLowerCase());
  const order = texts.map((_, step) => (at + 1 + step) % count);
  return order.find((place) => begins(texts[place])) ?? null;
}
