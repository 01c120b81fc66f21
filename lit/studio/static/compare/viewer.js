// Two pictures over each other or side by side, and what distinguishes them.

import { number, t } from "../languages.js";
import { clamp, find, make } from "../ui.js";
import { address } from "./asking.js";
import { difference, said } from "./difference.js";

const FLICKER = 600; // milliseconds that each is shown: less than one flash a second
const LARGEST = 15e6; // bytes of a file
const SIDE = 2048; // pixels of a picture's side, at most

// changed(sides): other pictures are shown.  complain(error).  announce(text).
export function makeViewer(root, { changed, complain, announce }) {
  const here = (selector) => find(selector, root);
  const [stage, cut, map] = [here(".cmp-stage"), here('[name="cut"]'), here(".cmp-map")];
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const sides = { a: null, b: null }; // cells, or { caption, url } of files
  const image = (side) => here(`.cmp-${side}`);
  let mode = "slider";
  let front = "a"; // which is seen while they flicker
  let paused = false;
  let timer;

  // cell: as the studio answers, or { caption, url } of a file.
  async function show(side, cell) {
    const before = sides[side];
    sides[side] = cell;
    if (before?.url && before !== cell) URL.revokeObjectURL(before.url);
    root.hidden = false;
    changed(sides);
    image(side).src = cell.url || address(`pictures/${cell.id}.webp`);
    image(side).alt = `${side.toUpperCase()}: ${cell.caption}`;
    here(`.cmp-caption-${side}`).textContent = cell.caption;
    await image(side).decode().catch(() => {});
    if (sides[side] !== cell) return;
    compare();
  }

  // All that is said of the two.
  function compare() {
    const both = Boolean(sides.a && sides.b);
    here(".cmp-of-two").hidden = !both;
    here(".cmp-one").hidden = both || !sides.a;
    if (sides.a && !both) {
      find("img", here(".cmp-one")).src = image("a").src;
      find("span", here(".cmp-one")).textContent = `A: ${sides.a.caption}`;
    }
    if (!both) return;
    const [a, b] = [image("a"), image("b")];
    if (!a.naturalWidth || !b.naturalWidth) return; // the other one is still on its way
    stage.style.setProperty("--aspect", a.naturalWidth / a.naturalHeight);
    here(".cmp-noise").textContent = ofNoise(sides.a, sides.b);
    showNumbers();
    const same = a.naturalWidth === b.naturalWidth && a.naturalHeight === b.naturalHeight;
    here(".cmp-scale").hidden = map.hidden = !same;
    const sizes = [a, b].map((one) => `${one.naturalWidth} × ${one.naturalHeight}`);
    if (!same) {
      here(".cmp-difference-said").textContent = t("No difference map: they have {a} and {b} pixels.", { a: sizes[0], b: sizes[1] });
      if (mode === "difference") choose("slider");
    } else {
      const found = difference(pixels(a), pixels(b));
      [map.width, map.height] = [a.naturalWidth, a.naturalHeight];
      map.getContext("2d").putImageData(new ImageData(found.map, map.width, map.height), 0, 0);
      const words = said(found);
      here(".cmp-difference-said").textContent = words;
      map.setAttribute("aria-label", `${t("Difference map")}. ${words}`);
      here(".cmp-most").textContent = t("{n} of {all}", { n: found.largest, all: 255 });
    }
    here('[value="difference"]').disabled = !same;
    arrange();
  }

  function showNumbers() {
    const rows = [
      [t("Model"), (cell) => cell.model],
      [t("Time"), ({ seconds }) => t("{n} s", { n: number(seconds, seconds < 10 ? 2 : 0) })],
      [t("Evaluations"), ({ evaluations, passes }) => (passes === evaluations ? evaluations : t("{evaluations}, in two branches: {passes} passes", { evaluations, passes }))],
      [t("Its weights in memory"), (cell) => `${number(cell.megabytes)}\u00a0MB`],
    ];
    const body = here(".cmp-numbers tbody");
    body.replaceChildren(
      ...rows.map(([name, value]) => {
        const row = make("tr");
        const head = make("th", "", name);
        head.scope = "row";
        row.append(head, ...["a", "b"].map((side) => make("td", "", sides[side].id ? value(sides[side]) : t("not known"))));
        return row;
      }),
    );
  }

  // How it is looked at

  function choose(chosen) {
    mode = chosen;
    here(`[value="${mode}"]`).checked = true;
    arrange();
  }

  function arrange() {
    stage.dataset.mode = mode;
    stage.dataset.front = front;
    stage.style.setProperty("--cut", `${cut.value}%`);
    cut.closest("label").hidden = mode !== "slider";
    cut.setAttribute("aria-valuetext", t("A on the left {percent}%, B on the rest", { percent: cut.value }));
    here(".cmp-flicker").hidden = mode !== "flicker";
    here(".cmp-scale").hidden = mode !== "difference" || map.hidden;
    here(".cmp-turn").textContent = still.matches ? t("Show the other") : paused ? t("Go on") : t("Pause");
    here(".cmp-front").textContent = shownNow();
    here(".cmp-still").hidden = !still.matches;
    clearInterval(timer);
    if (mode === "flicker" && !paused && !still.matches) timer = setInterval(turn, FLICKER);
  }

  const shownNow = () => t("{side} is shown.", { side: front.toUpperCase() });

  function turn() {
    if (!root.checkVisibility() || document.hidden) return;
    front = front === "a" ? "b" : "a";
    stage.dataset.front = front;
    here(".cmp-front").textContent = shownNow();
  }

  // F, or the button: begin, stop and go on; where nothing may move, from one to the other.
  function press() {
    if (mode !== "flicker") {
      paused = false;
      return choose("flicker");
    }
    if (still.matches) {
      turn();
      announce(shownNow());
    } else {
      paused = !paused;
    }
    arrange();
  }

  here(".cmp-ways").addEventListener("input", ({ target }) => choose(target.value));
  cut.addEventListener("input", arrange);
  here(".cmp-turn").onclick = press;
  still.addEventListener("change", arrange);
  root.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "f" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!sides.a || !sides.b) return;
    event.preventDefault();
    press();
  });
  const drag = ({ clientX, buttons }) => {
    if (mode !== "slider" || !buttons) return;
    const { left, width } = stage.getBoundingClientRect();
    cut.value = clamp(Math.round((100 * (clientX - left)) / width), 0, 100);
    arrange();
  };
  stage.addEventListener("pointerdown", (event) => {
    if (event.isPrimary) stage.setPointerCapture(event.pointerId);
    drag(event);
  });
  stage.addEventListener("pointermove", drag);

  // Files are read here: they never leave the page.
  for (const side of ["a", "b"]) {
    here(`[name="file-${side}"]`).addEventListener("change", async ({ target }) => {
      const file = target.files[0];
      target.value = ""; // the same file may be chosen again
      if (!file) return;
      complain(null);
      try {
        await check(file);
        await show(side, { caption: file.name, url: URL.createObjectURL(file) });
      } catch (error) {
        complain(error);
      }
    });
  }

  return { show, sides, compare };
}

async function check(file) {
  if (file.size > LARGEST) throw new Error(t("{file} is too large: at most 15 MB.", { file: file.name }));
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(t("{file} is no picture that this browser reads. Choose a PNG or WebP.", { file: file.name }));
  });
  const { width, height } = bitmap;
  bitmap.close();
  if (Math.max(width, height) > SIDE) {
    throw new Error(t("{file} is too large: {size} pixels. Choose one of at most {most} a side.", { file: file.name, size: `${width} × ${height}`, most: SIDE }));
  }
}

function pixels(image) {
  const canvas = make("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  const pen = canvas.getContext("2d", { willReadFrequently: true, colorSpace: "srgb" });
  pen.drawImage(image, 0, 0);
  return pen.getImageData(0, 0, canvas.width, canvas.height).data;
}

// Whether the two began as the same noise.
export function ofNoise(a, b) {
  if (!a.id || !b.id) return t("At least one is a file, whose noise is not known here.");
  if (a.noise === b.noise) return t("Both from the same noise, of seed {seed}.", { seed: a.seed });
  if (a.seed === b.seed) return t("Of the same seed {seed}, but of different sizes, so from different noise.", { seed: a.seed });
  return t("From different noise: seeds {a} and {b}.", { a: a.seed, b: b.seed });
}
