// What is mixed: two to four sides, each with words, a style, a seed and a share.

import { address } from "../asking.js";
import { line } from "../generate/reading.js";
import { t } from "../languages.js";
import { fillSelect, find, make } from "../ui.js";
import { percent, shared } from "./shares.js";

const names = () => [t("First"), t("Second"), t("Third"), t("Fourth")];

// styles: [value, label] each.  changed(typed): something is another now; typed: while somebody types.
// doings: { emoji, sticker, remove }, each called with the number of the side.
export function makeSides(list, between, { styles, changed, doings }) {
  let sides = []; // { prompt, style, seed, guidance_scale, picture } each
  let shares = [];
  const slider = find("input", between);

  function card(side, number) {
    const item = make("div", "mix-side");
    item.setAttribute("role", "group");
    item.setAttribute("aria-label", names()[number]);
    const words = field(t("Words"), "prompt", side.prompt, item);
    words.autocomplete = "off";
    const told = make("div", "mix-reading");
    told.setAttribute("aria-live", "polite");
    const read = line(told);
    read(side.prompt);
    words.addEventListener("input", () => {
      side.prompt = words.value;
      forget(side, item);
      read(words.value);
      name();
      changed(true);
    });
    const row = make("div", "mix-row");
    const style = field(t("Style"), "style", null, row, "select");
    fillSelect(style, styles.map(([value, label]) => [value, t(label)]), side.style);
    style.addEventListener("change", () => {
      side.style = style.value;
      forget(side, item);
      changed();
    });
    const seed = field(t("Seed"), "seed", side.seed, row);
    seed.inputMode = "numeric";
    seed.addEventListener("input", () => {
      side.seed = seed.value.trim() === "" || Number.isNaN(Number(seed.value)) ? seed.value : Number(seed.value);
      forget(side, item);
      changed(true);
    });
    const tools = make("div", "lit-doings");
    const tool = (text, label, what) => {
      const button = Object.assign(make("button", "lit-button", text), { type: "button" });
      button.setAttribute("aria-label", `${label}, ${names()[number].toLowerCase()}`);
      button.addEventListener("click", () => what(number));
      tools.append(button);
    };
    tool(t("Emoji"), t("Choose an emoji"), doings.emoji);
    tool(t("Sticker"), t("Choose a sticker"), doings.sticker);
    if (sides.length > 2) tool(t("Remove"), t("Remove"), doings.remove);
    if (side.picture) {
      const image = Object.assign(make("img", "mix-taken"), { src: address(`pictures/${side.picture.id}`), alt: side.picture.said });
      item.prepend(image);
    }
    row.append(tools);
    item.append(told, row);
    if (sides.length > 2) item.append(share(number));
    return item;
  }

  function field(label, key, value, place, tag = "input") {
    const outer = make("label", `mix-field mix-${key}`, label);
    const control = make(tag);
    control.name = key;
    if (value !== null) control.value = value;
    outer.append(control);
    place.append(outer);
    return control;
  }

  // What is changed by hand is no longer the sticker that it came from.
  function forget(side, item) {
    side.picture = null;
    find(".mix-taken", item)?.remove();
  }

  function share(number) {
    const outer = make("label", "mix-share", `${t("Share")} `);
    const control = Object.assign(make("input"), { type: "range", min: 0, max: 100, step: 1, value: Math.round(100 * shares[number]) });
    control.addEventListener("input", () => {
      shares[number] = control.valueAsNumber / 100;
      name();
      changed();
    });
    outer.append(control, make("output"));
    return outer;
  }

  // How much each side has, in words, wherever it is said.
  function name() {
    const parts = shared(shares);
    for (const [number, output] of list.querySelectorAll("output").entries()) {
      output.textContent = percent(parts[number]);
      find('[type="range"]', list.children[number]).setAttribute("aria-valuetext", percent(parts[number]));
    }
    const short = (side) => side.prompt.trim() || t("nothing yet");
    const [first, second] = find(".mix-ends", between).children;
    first.textContent = `${short(sides[0])} ${percent(parts[0])}`;
    second.textContent = `${short(sides[1])} ${percent(parts[1])}`;
    slider.setAttribute("aria-valuetext", `${first.textContent}, ${second.textContent}`);
  }

  slider.addEventListener("input", () => {
    const x = slider.valueAsNumber / 100;
    shares = [1 - x, x];
    name();
    changed();
  });

  function show() {
    list.replaceChildren(...sides.map(card));
    between.hidden = sides.length > 2;
    slider.value = 100 * shared(shares)[1];
    name();
  }

  return {
    sides: () => sides,
    shares: () => shares,
    set(nowSides, nowShares) {
      [sides, shares] = [nowSides, nowShares];
      show();
    },
    focus: (number) => find("input", list.children[number]).focus(),
    // The side that a refusal is about, such as "0 prompt"; null for none.
    place: (field) => (/^\d /.test(field) ? list.children[parseInt(field)] : null),
  };
}
