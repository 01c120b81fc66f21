// What lies behind the stickers: a row of dots, remembered.

import { t } from "../languages.js";
import { make } from "../ui.js";

const PLACE = "lit-studio-backdrop";
const labels = () => ({ checker: t("Checker"), white: t("White"), black: t("Black"), chat: t("Chat bubble"), photo: t("Photo") });

export function backdrops(place, storage = localStorage) {
  const choose = (name) => (document.documentElement.dataset.backdrop = name);
  const chosen = storage.getItem(PLACE) in labels() ? storage.getItem(PLACE) : "checker";
  for (const [name, label] of Object.entries(labels())) {
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
