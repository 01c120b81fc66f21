// What each word draws, in groups: what somebody asked for lies open, the rest is folded.

import { t } from "../languages.js";
import { make } from "../ui.js";

const groups = () => [
  ["yours", ""],
  ["marks", t("Marks that every text has")],
  ["without", t("What guidance moves away from")],
];

// The groups that have words: { name, title, numbers }, numbers of the words in their order.
export function grouped(words) {
  return groups().map(([name, title]) => {
    const numbers = words.map((word, number) => (word.group === name ? number : -1)).filter((number) => number >= 0);
    return { name, title, numbers };
  }).filter(({ numbers }) => numbers.length);
}

// words: { picture, group } each.  light(number): the hand is on a word, or on none (null). Returns a button a word.
export function layWords(place, words, light) {
  const buttons = words.map((word, number) => wordButton(word, number, light));
  place.replaceChildren(
    ...grouped(words).map(({ title, numbers }) => {
      const row = make("div", "sc-words");
      row.setAttribute("role", "group");
      row.setAttribute("aria-label", title || t("Words"));
      row.append(...numbers.map((number) => buttons[number]));
      if (!title) return row;
      const folded = make("details");
      folded.append(make("summary", "", `${title} (${numbers.length})`), row);
      return folded;
    }),
  );
  return buttons;
}

function wordButton({ picture }, number, light) {
  const button = make("button");
  button.type = "button";
  const image = make("img");
  image.src = picture;
  image.alt = "";
  button.append(image, make("b"), make("span"));
  button.setAttribute("aria-pressed", "false");
  // A tap is a click, and not in every browser a focus too.
  button.onmouseenter = button.onfocus = button.onclick = () => light(number);
  // After a tap the hand has left at once, and the focus is there.
  button.onmouseleave = () => document.activeElement === button || light(null);
  button.onblur = () => light(null);
  return button;
}
