// The way from one drawing to another: a strip of pictures, and the loop there and back.

import { follow, post as ofComparison } from "../compare/asking.js";
import { address, post } from "../asking.js";
import { plural, t } from "../languages.js";
import { find, make } from "../ui.js";

const PAUSE = 250; // milliseconds without a change before it is asked how long it would take

// asked(): what the page says of the sides.  pace: milliseconds of a frame.  visitor().  kept(way): remembers its id.
// named(): a name for its files.
export function makeWay(root, { asked, pace, visitor, kept, named }) {
  const part = (name) => find(`.mix-way-${name}`, root);
  const [count, press, stop, bar, strip, canvas] = ["count", "draw", "stop", "progress", "strip", "loop"].map(part);
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const pen = canvas.getContext("2d");
  let images = []; // of what is drawn, in order
  let pictures = []; // their ids
  let drawing = null;
  let at = 0;
  let playing = false;
  let inSight = false;
  let timer;

  function complain(error) {
    part("notice").textContent = error?.message ?? "";
    part("notice").hidden = !error;
  }

  // Before the press
  let asking = 0;
  function planned() {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const mine = ++asking;
      try {
        const { said } = await post("mix/plan", { ...asked(), frames: count.valueAsNumber });
        if (mine === asking) part("plan").textContent = said;
        if (mine === asking && part("notice").dataset.about === "plan") complain(null);
      } catch (error) {
        if (mine !== asking) return;
        part("plan").textContent = "";
        if (error.field !== "frames") return; // said beside its side when it is drawn
        part("notice").dataset.about = "plan";
        complain(error);
      }
    }, PAUSE);
  }
  count.addEventListener("input", planned);

  // Drawing
  function busy(is) {
    press.setAttribute("aria-disabled", is); // one that is disabled loses the focus
    stop.setAttribute("aria-disabled", !is);
    bar.parentElement.hidden = !is;
  }

  async function begin() {
    if (press.getAttribute("aria-disabled") === "true") return;
    busy(true);
    complain(null);
    delete part("notice").dataset.about;
    try {
      const { id } = await post("mix/way", { visitor: visitor(), ...asked(), frames: count.valueAsNumber });
      const way = { id, name: named() };
      kept(way);
      await watch(way);
    } catch (error) {
      complain(error);
    } finally {
      busy(false);
    }
  }

  async function watch(way) {
    drawing = way.id;
    end();
    strip.replaceChildren();
    [images, pictures] = [[], []];
    part("drawn").hidden = false;
    part("files").hidden = true;
    const state = await follow(way.id, show);
    drawing = null;
    const failed = state.cells.find((cell) => cell.state === "failed");
    const whole = state.cells.every((cell) => cell.id);
    part("said").textContent = whole
      ? plural(state.cells.length, "Done: {n} picture.", "Done: {n} pictures.")
      : t("Ended: {n} of {all} drawn.", { n: pictures.length, all: state.cells.length });
    if (failed) throw new Error(`${t("Not drawn")}: ${failed.message}`);
    part("files").hidden = !whole;
    for (const [suffix, link] of [...part("files").querySelectorAll("a")].map((one) => [one.dataset.suffix, one])) {
      Object.assign(link, { href: address(`mix/loops/${way.id}.${suffix}`), download: `${way.name}.${suffix}` });
    }
    const mine = images; // which take their time, and the next way need not wait for them
    Promise.allSettled(mine.map((image) => image.decode())).then(() => mine === images && play(!still.matches));
  }

  function show({ cells }) {
    const there = cells.filter((cell) => cell.id);
    const begun = cells.reduce((sum, { state, step, steps }) => sum + (state === "drawing" && steps ? step / steps : 0), 0);
    [bar.max, bar.value] = [cells.length, there.length + begun];
    part("steps").textContent = t("{n} of {all} drawn", { n: there.length, all: cells.length });
    for (const cell of there.slice(pictures.length)) {
      pictures.push(cell.id);
      strip.append(frame(cell, pictures.length - 1));
    }
    if (there.length && !playing) paint(there.length - 1);
  }

  function frame(cell, number) {
    const [item, button] = [make("li"), make("button", "lit-thumb")];
    button.type = "button";
    const image = Object.assign(make("img"), { src: address(`compare/pictures/${cell.id}.webp`), alt: `${t("Frame {n}", { n: number + 1 })}: ${cell.caption}` });
    images.push(image);
    image.addEventListener("load", () => at === number && paint(number));
    button.append(image);
    button.addEventListener("click", () => {
      play(false);
      paint(number);
    });
    item.append(button);
    return item;
  }

  // Playing: there and back
  function paint(number) {
    at = number;
    const image = images[number];
    for (const [index, item] of [...strip.children].entries()) find("button", item).setAttribute("aria-current", index === number);
    part("keep").hidden = !pictures[number];
    canvas.setAttribute("aria-label", t("Frame {n} of {all}", { n: number + 1, all: images.length }));
    if (!image?.complete || !image.naturalWidth) return;
    if (canvas.width !== image.naturalWidth) [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
    pen.clearRect(0, 0, canvas.width, canvas.height);
    pen.drawImage(image, 0, 0);
  }

  let beat;
  let by = 1;
  function play(is) {
    playing = is;
    part("play").textContent = is ? t("Pause") : t("Play");
    part("keep").hidden = is || !pictures.length;
    canvas.setAttribute("aria-label", is ? t("The loop, there and back") : t("Frame {n} of {all}", { n: at + 1, all: images.length }));
    if (is) for (const one of strip.querySelectorAll("[aria-current]")) one.removeAttribute("aria-current");
    clearInterval(beat);
    if (is && inSight) beat = setInterval(next, pace);
  }
  function next() {
    if (document.hidden || images.length < 2) return;
    if (at + by < 0 || at + by >= images.length) by = -by;
    const image = images[(at += by)];
    pen.clearRect(0, 0, canvas.width, canvas.height);
    if (image.complete) pen.drawImage(image, 0, 0);
  }
  function end() {
    play(false);
    [at, by] = [0, 1];
    pen.clearRect(0, 0, canvas.width, canvas.height);
  }
  new IntersectionObserver(([entry]) => {
    inSight = entry.isIntersecting;
    play(playing);
  }).observe(canvas);

  press.addEventListener("click", begin);
  stop.addEventListener("click", () => {
    if (stop.getAttribute("aria-disabled") !== "true" && drawing) ofComparison(`drawn/${drawing}/stop`).catch(complain);
  });
  part("play").addEventListener("click", () => {
    play(!playing);
    if (!playing) paint(at);
  });
  part("keep").addEventListener("click", async () => {
    try {
      await ofComparison(`pictures/${pictures[at]}/keep`, { visitor: visitor() });
      part("said").textContent = t("Frame {n} is kept: it is among the recent pictures.", { n: at + 1 });
      document.dispatchEvent(new Event("lit-kept"));
    } catch (error) {
      complain(error);
    }
  });
  busy(false);

  return {
    planned,
    // What this browser had before a reload: { id, name }; nothing is said of what is gone.
    async again(way) {
      busy(true);
      try {
        await watch(way);
      } catch {
        kept(null);
        part("drawn").hidden = true;
      } finally {
        busy(false);
      }
    },
  };
}
