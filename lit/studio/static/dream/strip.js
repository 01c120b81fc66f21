// The filmstrip: all frames of a dream, or some of them. One stop of the Tab key, arrows inside.

import { t } from "../languages.js";
import { find, make } from "../ui.js";
import { picture } from "./asking.js";

// go(frame): one is chosen.
export function makeStrip(place, { go }) {
  let id = "";
  let frames = []; // numbers
  let now = null;
  const button = (frame) => find(`[data-frame="${frame}"]`, place);

  // Frames of a dream; those that are there stay.
  function show(dream, wanted) {
    const same = dream === id && frames.every((frame, at) => frame === wanted[at]);
    if (!same) place.replaceChildren();
    const fresh = same ? wanted.slice(frames.length) : wanted;
    [id, frames] = [dream, wanted];
    place.append(...fresh.map(one));
    mark(frames.includes(now) ? now : frames[0]);
  }

  function one(frame) {
    const made = Object.assign(make("button", "drm-frame"), { type: "button", tabIndex: -1 });
    made.dataset.frame = frame;
    made.setAttribute("aria-label", t("Frame {n}", { n: frame + 1 }));
    made.append(Object.assign(make("img"), { src: picture(`${id}/${frame}`), alt: "", loading: "lazy", width: 64, height: 64 }));
    return made;
  }

  // The frame that is shown.
  function mark(frame) {
    const before = now === null ? null : button(now);
    before?.removeAttribute("aria-current");
    if (before) before.tabIndex = -1;
    now = frame ?? null;
    const made = now === null ? null : button(now);
    if (!made) return;
    made.setAttribute("aria-current", "true");
    made.tabIndex = 0;
    place.scrollLeft = made.offsetLeft - (place.clientWidth - made.clientWidth) / 2; // and never the page
  }

  place.addEventListener("click", ({ target }) => {
    const made = target.closest("[data-frame]");
    if (made) go(Number(made.dataset.frame));
  });
  place.addEventListener("keydown", (event) => {
    const at = frames.indexOf(now);
    const to = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: frames.length - 1 }[event.key];
    if (to === undefined || event.altKey) return;
    event.preventDefault();
    const frame = frames[Math.min(frames.length - 1, Math.max(0, to))];
    go(frame);
    button(frame)?.focus({ preventScroll: true });
  });

  return { show, mark };
}
