// The pictures by day: one stop for the Tab key, with arrows between them, and which of them are selected.

import { language, t } from "../languages.js";
import { make } from "../ui.js";
import { address } from "./asking.js";
import { between, dayName, moved, remaining, spoken } from "./selecting.js";

// open(name), throwAway(), changed(): what happens to them.  choosing(): whether a tap selects.
export function gridding(place, { open, throwAway, changed, choosing }) {
  const selected = new Set();
  const pictures = new Map(); // by name, in the order of the tiles
  let current = null; // has the focus, or would
  let anchor = null; // where a range begins

  const names = () => [...pictures.keys()];
  const tile = (name) => [...place.querySelectorAll(".lb-tile")].find((one) => one.dataset.name === name);

  function add(more) {
    const now = new Date();
    const today = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((one) => String(one).padStart(2, "0")).join("-");
    for (const picture of more) {
      let day = place.lastElementChild;
      if (day?.dataset.day !== picture.day) {
        day = make("div", "lb-day");
        day.dataset.day = picture.day;
        day.setAttribute("role", "group");
        day.setAttribute("aria-label", dayName(picture.day, today, language()));
        place.append(day);
      }
      pictures.set(picture.name, picture);
      day.append(made(picture));
    }
    place.hidden = !pictures.size;
    if (!pictures.has(current)) current = names()[0] ?? null;
    arrange();
  }

  function clear() {
    place.replaceChildren();
    pictures.clear();
    selected.clear();
    place.hidden = true;
  }

  function made(picture) {
    const one = make("div", "lb-tile");
    one.dataset.name = picture.name;
    one.setAttribute("role", "option");
    const image = make("img");
    Object.assign(image, { alt: "", loading: "lazy", decoding: "async", draggable: false });
    image.onerror = () => image.replaceWith(make("span", "lb-broken", t("cannot be read")));
    image.src = address(`thumbnails/${picture.name}`);
    one.append(image);
    name(one, picture);
    return one;
  }

  function name(one, picture) {
    one.setAttribute("aria-label", spoken(picture));
    one.title = picture.prompt;
    one.toggleAttribute("data-favourite", picture.favourite);
  }

  // A picture whose marks have changed.
  function update(picture) {
    if (!pictures.has(picture.name)) return;
    pictures.set(picture.name, picture);
    name(tile(picture.name), picture);
  }

  function remove(gone) {
    const held = place.contains(document.activeElement);
    const next = remaining(names(), new Set(gone), current);
    for (const name of gone) {
      const one = tile(name);
      if (!one) continue;
      const day = one.parentElement;
      one.remove();
      if (!day.childElementCount) day.remove();
      pictures.delete(name);
      selected.delete(name);
    }
    current = next;
    place.hidden = !pictures.size;
    arrange();
    if (held && next) tile(next).focus({ preventScroll: true });
  }

  function arrange() {
    for (const one of place.querySelectorAll(".lb-tile")) {
      one.tabIndex = one.dataset.name === current ? 0 : -1;
      one.setAttribute("aria-selected", selected.has(one.dataset.name));
    }
    changed();
  }

  function choose(chosen) {
    selected.clear();
    for (const name of chosen) selected.add(name);
    arrange();
  }

  function toggle(name) {
    selected.has(name) ? selected.delete(name) : selected.add(name);
    anchor = current = name;
    arrange();
  }

  function columns() {
    const row = [...(tile(current)?.parentElement.children ?? [])];
    return Math.max(1, row.filter((one) => one.offsetTop === row[0].offsetTop).length);
  }

  place.addEventListener("click", (event) => {
    const name = event.target.closest(".lb-tile")?.dataset.name;
    if (!name) return;
    if (event.shiftKey) {
      choose(between(names(), anchor ?? current ?? name, name));
      current = name;
      arrange();
    } else if (event.ctrlKey || event.metaKey || choosing()) toggle(name);
    else {
      anchor = current = name;
      arrange();
      open(name);
    }
  });
  place.addEventListener("keydown", (event) => {
    const name = event.target.closest(".lb-tile")?.dataset.name;
    if (!name || event.altKey) return;
    const { key } = event;
    if (key.startsWith("Arrow") || key === "Home" || key === "End") {
      const next = moved(names(), name, key, columns());
      if (event.shiftKey) choose(between(names(), (anchor ??= name), next));
      else anchor = next;
      current = next;
      arrange();
      tile(next).focus();
    } else if (key === " ") toggle(name);
    else if (key === "Enter") open(name);
    else if (key === "Delete" || key === "Backspace") throwAway();
    else if (key === "Escape" && selected.size) choose([]);
    else if (key.toLowerCase() === "a" && (event.ctrlKey || event.metaKey)) choose(names());
    else return;
    event.preventDefault();
  });

  return {
    add, clear, remove, update, choose, names,
    picture: (name) => pictures.get(name),
    focus: (name) => {
      current = pictures.has(name) ? name : current;
      arrange();
      if (current) tile(current).focus();
    },
    // What is meant: all that is selected, or else the one that has the focus.
    meant: () => (selected.size ? names().filter((one) => selected.has(one)) : place.contains(document.activeElement) && current ? [current] : []),
    selected: () => selected.size,
    isSelected: (name) => selected.has(name),
  };
}

