// What has been drawn.

import { address } from "../asking.js";
import { find, make } from "../ui.js";

// open(picture): called for the one that is clicked.
export function history(place, open) {
  const list = find("ul", place);
  let marked = "";

  function thumb(picture) {
    const item = make("li");
    const button = Object.assign(make("button", "lit-thumb"), { type: "button" });
    const image = Object.assign(make("img"), { src: address(`pictures/${picture.id}`), alt: picture.said, loading: "lazy" });
    button.dataset.picture = picture.id;
    button.append(image);
    button.addEventListener("click", () => open(picture));
    item.append(button);
    return item;
  }

  function mark() {
    for (const one of list.querySelectorAll("button")) {
      one.setAttribute("aria-current", one.dataset.picture === marked);
    }
  }

  return {
    show(pictures) {
      place.hidden = !pictures.length;
      const thumbs = new Map([...list.children].map((one) => [find("button", one).dataset.picture, one]));
      const wanted = pictures.map((picture) => thumbs.get(picture.id) ?? thumb(picture));
      if (wanted.some((one, index) => list.children[index] !== one) || list.children.length !== wanted.length) {
        const held = document.activeElement;
        list.replaceChildren(...wanted);
        if (list.contains(held)) held.focus({ preventScroll: true });
      }
      mark();
    },
    mark(picture) {
      marked = picture.id;
      mark();
    },
  };
}
