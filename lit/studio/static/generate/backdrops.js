// What lies behind the stickers: a row of dots, remembered.

import { make } from "../ui.js";

const PLACE = "lit-studio-backdrop";
const BACKDROPS = { checker: "Checker", white: "White", black: "Black", chat: "Chat bubble", photo: "Photo" };

export function backdrops(place, storage = localStorage) {
  const choose = (name) => (document.documentElement.dataset.backdrop = name);
  const chosen = storage.getItem(PLACE) in BACKDROPS ? storage.getItem(PLACE) : "checker";
  for (const [name, label] of Object.entries(BACKDROPS)) {
    const line = make("label", "lit-dot");
    const input = Object.assign(make("input"), { type: "radio", name: "lit-backdrop", value: name });
    input.checked = name === chosen;
    input.addEventListener("change", () => {
      choose(name);
      storage.setItem(PLACE, name);
    });
    line.title = label;
    line.dataset.dot = name;
    line.append(input, make("span", "lit-unseen", label));
    place.append(line);
  }
  choose(chosen);
}
