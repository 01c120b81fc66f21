// The stage: a box of constant size for stickers to begin with, for what is being drawn, and for what has been drawn.

import { address } from "../asking.js";
import { find, make } from "../ui.js";

const STICKS = 180; // milliseconds
const HINTS = {
  loading: "The model is loading. You need not wait: press Generate, and drawing starts by itself.",
  ready: "Your sticker appears here. Press one of these, or Generate.",
};

// examples: { words, style, seed, picture } each; draw(example) is called for the one that is clicked.
// still(): whether nothing may move.  said(picture): its text.
// Which picture is meant by what stands under it is told to `element` as lit-chosen.
export function board(element, { examples, draw, still, said }) {
  const stage = find(".lit-stage", element);
  const pictures = find(".lit-pictures", stage);
  const bar = find("progress", stage);
  const steps = find(".lit-steps", stage);
  let chosen = null;
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

  function shows(what, count = 0) {
    stage.dataset.shows = what;
    pictures.dataset.count = count;
  }

  function choose(picture) {
    chosen = picture;
    for (const one of pictures.querySelectorAll("button")) {
      one.setAttribute("aria-pressed", one.dataset.picture === picture.id);
    }
    element.dispatchEvent(new CustomEvent("lit-chosen", { detail: picture }));
  }

  function drawnPicture(picture, alone) {
    const image = Object.assign(make("img"), { src: address(`pictures/${picture.id}`), alt: said(picture) });
    if (alone) return image;
    const button = Object.assign(make("button"), { type: "button" });
    button.dataset.picture = picture.id;
    button.append(image);
    button.addEventListener("click", () => choose(picture));
    return button;
  }

  function preview({ id, data: more }, index) {
    if (more) data.set(id, more);
    const before = pictures.children[index];
    if (before?.dataset.preview === id) return before;
    const image = Object.assign(make("img"), { alt: `Preview ${index + 1}`, src: `data:image/webp;base64,${data.get(id)}` });
    image.dataset.preview = id;
    return image;
  }

  return {
    chosen: () => chosen,
    shown: () => stage.dataset.shows === "result",
    busy: (is) => stage.toggleAttribute("data-busy", is),

    // Something has been asked for.
    begin() {
      stage.toggleAttribute("data-busy", true);
      bar.removeAttribute("value");
      bar.hidden = false;
      steps.textContent = "Starting.";
    },

    // How the job under way stands; undefined for none.  seen: its previews are wanted.
    progress(job, seen) {
      bar.hidden = !job || job.held;
      steps.textContent = job?.said ?? "";
      if (!job) return;
      if (job.share === null) bar.removeAttribute("value");
      else bar.value = job.share;
      if (!seen || !job.previews.length) return;
      shows("previews", Math.max(job.wanted, job.previews.length));
      pictures.replaceChildren(...job.previews.map(preview));
    },

    show(all, fresh) {
      data.clear();
      shows("result", all.length);
      pictures.replaceChildren(...all.map((picture) => drawnPicture(picture, all.length === 1)));
      choose(all[0]);
      if (!fresh || still()) return;
      for (const image of pictures.querySelectorAll("img")) {
        const [off, on] = ["scale(1.07)", "scale(1)"];
        const above = "drop-shadow(0 14px 14px rgb(0 0 0 / 0.3))";
        const lies = getComputedStyle(image).filter;
        image.animate([{ transform: off, filter: above }, { transform: on, filter: lies }], { duration: STICKS, easing: "ease-in" });
      }
    },

    empty(model, trouble) {
      shows("first");
      steps.textContent = trouble || HINTS[model] || model;
    },
  };
}
