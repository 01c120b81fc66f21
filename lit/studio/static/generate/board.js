// The stage: a box of constant size for stickers to begin with, for what is being drawn, and for what has been drawn.

import { address } from "../asking.js";
import { marked, t } from "../languages.js";
import { find, make } from "../ui.js";

const STICKS = 180; // milliseconds
const HINTS = {
  loading: marked("The model is loading. You need not wait: press Generate, and drawing starts by itself."),
  ready: marked("Your sticker appears here. Press one of these, or Generate."),
};

// examples: { words, style, seed, picture } each; draw(example) is called for the one that is clicked.
// still(): whether nothing may move.
// Which picture is meant by what stands under it is told to `element` as lit-chosen.
//
// What is shown is { pictures: [{ id, said, label }], layout: "", "varied" or "styles", around: a picture or null }.
export function board(element, { examples, draw, still }) {
  const stage = find(".lit-stage", element);
  const pictures = find(".lit-pictures", stage);
  const bar = find("progress", stage);
  const steps = find(".lit-steps", stage);
  let chosen = null;
  let shown = null;
  const data = new Map(); // previews that have come, by name

  find(".lit-first", stage).append(...examples.map(sticker));

  function sticker(example) {
    const line = make("li");
    const button = Object.assign(make("button"), { type: "button", className: "lit-sticker" });
    const image = Object.assign(make("img"), { src: address(example.picture), alt: "", width: 96, height: 96 });
    button.append(image, make("span", "", example.words));
    button.addEventListener("click", () => draw(example));
    line.append(button);
    return line;
  }

  function lay(what, count = 0, layout = "", around = false) {
    stage.dataset.shows = what;
    Object.assign(pictures.dataset, { count, layout: layout === "varied" && !around ? "" : layout });
  }

  function choose(picture) {
    chosen = picture;
    for (const one of pictures.querySelectorAll("button")) {
      one.setAttribute("aria-pressed", one.dataset.picture === picture.id);
    }
    element.dispatchEvent(new CustomEvent("lit-chosen", { detail: picture }));
  }

  const large = (picture) => Object.assign(make("img"), { src: address(`pictures/${picture.id}`), alt: picture.said });

  // One of several, with what stands at it.
  function cell(tag, image, label) {
    const made = make(tag, "lit-cell");
    made.append(image);
    if (label) made.append(make("span", "", label));
    return made;
  }

  function drawn(picture, label) {
    const button = Object.assign(cell("button", large(picture), label), { type: "button" });
    button.dataset.picture = picture.id;
    button.addEventListener("click", () => choose(picture));
    return button;
  }

  function middle(picture, made = drawn(picture, t("Original"))) {
    made.classList.add("lit-around");
    return made;
  }

  function preview({ id, data: more }, index, label) {
    if (more) data.set(id, more);
    const before = pictures.children[index];
    if (before?.dataset.preview === id) return before;
    const image = Object.assign(make("img"), { alt: t("Preview {n}", { n: index + 1 }), src: `data:image/webp;base64,${data.get(id)}` });
    const made = cell("div", image, label);
    made.dataset.preview = id;
    return made;
  }

  function show(what, { fresh = false, choice = what.around ?? what.pictures[0] } = {}) {
    data.clear();
    shown = what;
    if (stage.dataset.shows === "first") steps.textContent = "";
    const { pictures: all, layout, around } = what;
    lay("result", all.length, layout, around);
    const alone = all.length === 1 && !around && !layout;
    const cells = alone ? all.map(large) : all.map((picture) => drawn(picture, picture.label));
    if (alone) cells[0].dataset.picture = all[0].id;
    pictures.replaceChildren(...cells, ...(around ? [middle(around)] : []));
    choose(choice);
    if (!fresh || still()) return;
    for (const image of pictures.querySelectorAll("img")) {
      const [off, on] = ["scale(1.07)", "scale(1)"];
      const above = "drop-shadow(0 14px 14px rgb(0 0 0 / 0.3))";
      const lies = getComputedStyle(image).filter;
      image.animate([{ transform: off, filter: above }, { transform: on, filter: lies }], { duration: STICKS, easing: "ease-in" });
    }
  }

  return {
    chosen: () => chosen,
    shown: () => (stage.dataset.shows === "result" ? shown : null),
    choose,
    busy: (is) => stage.toggleAttribute("data-busy", is),
    show,

    // Something has been asked for.
    begin() {
      stage.toggleAttribute("data-busy", true);
      bar.removeAttribute("value");
      bar.hidden = false;
      steps.textContent = t("Starting.");
    },

    // How the job under way stands; undefined for none.  seen: its previews are wanted.
    progress(job, seen) {
      bar.hidden = !job || job.held;
      steps.textContent = job?.said ?? "";
      if (!job) return;
      if (job.share === null) bar.removeAttribute("value");
      else bar.value = job.share;
      if (!seen || !job.previews.length) return;
      const { previews, layout, labels, around, wanted } = job;
      lay("previews", Math.max(wanted, previews.length), layout, around);
      const cells = previews.map((one, index) => preview(one, index, labels[index]));
      pictures.replaceChildren(...cells, ...(around ? [middle(around, cell("div", large(around), t("Original")))] : []));
    },

    // Without this picture, if it is among those shown; false where nothing is left.
    without(picture) {
      const all = stage.dataset.shows === "result" ? [...shown.pictures, shown.around] : [];
      if (!all.some((one) => one?.id === picture.id)) return true;
      const what = { ...shown, pictures: shown.pictures.filter((one) => one.id !== picture.id) };
      if (what.around?.id === picture.id) what.around = null;
      if (!what.pictures.length && !what.around) return false;
      const at = shown.pictures.findIndex((one) => one.id === picture.id);
      show(what, { choice: what.pictures[Math.min(at, what.pictures.length - 1)] ?? what.pictures[0] ?? what.around });
      return true;
    },

    empty(model, trouble) {
      lay("first");
      shown = chosen = null;
      steps.textContent = trouble || t(HINTS[model] ?? model);
    },
  };
}
