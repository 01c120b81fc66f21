// How a picture will look at a place: the very bytes that it will get, on a light and a dark ground.

import { marked, t } from "../languages.js";
import { find, make } from "../ui.js";

const PAUSE = 200; // milliseconds without a change before it is made
const GROUNDS = { light: marked("on light"), dark: marked("on dark") };

// ask(name, request): the studio.  order(): of one picture for one place, null where there is nothing to preview.
export function previewing(place, ask, order) {
  const [looks, said] = [find(".ex-looks", place), find(".ex-said", place)];
  let asked = 0;
  let pause;

  async function look() {
    const mine = ++asked;
    const now = order();
    if (!now) return tell([], t("Choose a place to see how it will look there."));
    looks.toggleAttribute("data-busy", true);
    try {
      const { pictures, said: lines } = await ask("preview", now.request);
      if (mine !== asked) return;
      if (pictures.length) tell(pictures, lines.join("\n"), now.said);
      else soon(); // another page of this visitor has asked since
    } catch (error) {
      if (mine === asked) tell([], error.message);
    }
  }

  function tell(pictures, words, alt = "") {
    looks.toggleAttribute("data-busy", false);
    said.textContent = words;
    const grounds = pictures.length ? Object.entries(GROUNDS) : [];
    looks.replaceChildren(...grounds.map(([ground, how]) => {
      const box = make("div", "ex-look");
      box.dataset.ground = ground;
      box.append(...pictures.map((src, other) => looking(src, other ? "" : `${alt}, ${t(how)}`)));
      return box;
    }));
  }

  function looking(src, alt) {
    if (!src.startsWith("data:video")) return Object.assign(make("img"), { src, alt });
    const video = Object.assign(make("video"), { src, autoplay: true, loop: true, muted: true, playsInline: true });
    video.setAttribute("role", "img");
    video.setAttribute("aria-label", alt);
    return video;
  }

  function soon() {
    clearTimeout(pause);
    pause = setTimeout(look, PAUSE);
  }

  return {
    soon,
    clear() {
      clearTimeout(pause);
      asked += 1;
      tell([], "");
    },
  };
}
