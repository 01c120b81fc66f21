// The large picture: a frame at a time, by itself or by hand.

import { t } from "../languages.js";
import { find } from "../ui.js";
import { picture } from "./asking.js";

// shown(frame): another one is.  Nothing moves by itself where somebody asked their system for that.
export function makePlayer(root, { shown }) {
  const [image, slider, press, speed] = [".drm-large img", ".drm-at", ".drm-play", ".drm-speed"].map((one) => find(one, root));
  let id = "";
  let frames = []; // those that are played, numbers in their order
  let [count, at] = [0, 0];
  let live = false; // more are coming: it waits for them at its end
  let playing = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  let timer;
  let asked = 0;

  // Frames of a dream of `all`; stays where it is, of the same dream.
  function take(dream, wanted, all, more) {
    const another = dream !== id;
    const frame = frames[at];
    [id, frames, count, live] = [dream, wanted, all, more];
    at = another ? 0 : Math.max(0, frames.indexOf(frame));
    slider.max = Math.max(0, frames.length - 1);
    if (another || frames[at] !== frame) show();
    else say();
    tick();
  }

  // The picture is there before it is shown, so that nothing flickers.
  async function show() {
    const mine = ++asked;
    const frame = frames[at];
    if (frame === undefined) return;
    const next = Object.assign(new Image(), { src: picture(`${id}/${frame}`) });
    await next.decode().catch(() => {});
    if (mine !== asked) return;
    image.src = next.src;
    say();
    shown(frame);
  }

  function say() {
    image.alt = t("Frame {n} of {all}", { n: frames[at] + 1, all: count });
    slider.value = at;
    slider.setAttribute("aria-valuetext", image.alt);
    find(".drm-where", root).textContent = image.alt;
  }

  function tick() {
    clearTimeout(timer);
    press.textContent = playing ? t("Pause") : t("Play");
    if (playing && frames.length > 1) timer = setTimeout(onwards, 1000 / Number(speed.value));
  }

  async function onwards() {
    const last = at === frames.length - 1;
    if (root.checkVisibility() && !document.hidden && !(live && last)) {
      at = last ? 0 : at + 1;
      await show();
    }
    tick();
  }

  function pause() {
    playing = false;
    tick();
  }

  function go(frame) {
    pause();
    at = Math.max(0, frames.indexOf(frame));
    show();
  }

  press.onclick = () => {
    playing = !playing;
    tick();
  };
  slider.oninput = () => go(frames[Number(slider.value)]);
  speed.onchange = tick;
  return { take, go, milliseconds: () => Math.round(1000 / Number(speed.value)) };
}
