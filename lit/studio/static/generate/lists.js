// What waits to be drawn, and what has been drawn.

import { address } from "../asking.js";
import { find, make } from "../ui.js";

// cancel(job): called with the id of the one to end.
export function queue(place, cancel) {
  const list = find("ol", place);
  let jobs = [];

  function line(job) {
    const { title } = job;
    const item = make("li");
    item.dataset.job = job.id;
    const button = Object.assign(make("button", "lit-button", "Cancel"), { type: "button" });
    button.setAttribute("aria-label", `Cancel “${title}”`);
    button.addEventListener("click", () => cancel(job.id));
    item.append(make("strong", "", title), make("span", "lit-beside"), button);
    return item;
  }

  return {
    first: () => (jobs.find((job) => job.state === "running") ?? jobs[0])?.id,
    // A line stays where it is, with the focus that it may have.
    show(now) {
      jobs = now;
      place.hidden = jobs.length < 2;
      const lines = new Map([...list.children].map((one) => [one.dataset.job, one]));
      for (const job of jobs) {
        const item = lines.get(job.id) ?? line(job);
        lines.delete(job.id);
        find("span", item).textContent = job.said;
        if (!item.isConnected) list.append(item);
      }
      for (const gone of lines.values()) gone.remove();
    },
  };
}

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
