// The line under the words: how they are read, while somebody types. It never stands in anybody's way.

import { post } from "../asking.js";
import { releasing } from "../pressing.js";
import { find, make } from "../ui.js";
import { completing } from "./completing.js";
import { earlier } from "./earlier.js";
import { templating } from "./templates.js";

const PAUSE = 120; // milliseconds without a change before it is asked
const QUIET = 900; // and before something is said of the word that is being typed
const UNFINISHED = ["unknown", "syntax"]; // what may only be that somebody is still typing
const TAIL = 40; // characters that are repeated of what is read, and twice as many of what is not

// Called with what Gradio gives the line's component.  prompt: elem_id of the words' control.
export function start({ element, prompt }) {
  const changed = line(find("#reading", element), templating());
  earlier(prompt); // its arrow down comes first
  completing(prompt);
  document.addEventListener("input", ({ target }) => target.closest(`#${prompt}`) && changed(target.value));
  for (const event of ["lit-settings", "lit-generate"]) {
    document.addEventListener(event, ({ detail }) => changed(String(detail.values[0] ?? "")));
  }
}

// A line of its own in `place`; a function that is told of every change of the words.
// more(reading): an element that stands below it, or null.
export function line(place, more = () => null) {
  const released = releasing();
  let words = "";
  let asked = 0;
  let shown = "";
  let timers = [];

  async function ask(quiet) {
    const mine = ++asked;
    try {
      const reading = words.trim() ? await post("readings", { prompt: words }) : { notes: [], cut: "" };
      await released(); // a line that comes or goes moves Generate
      if (mine === asked) show(reading, quiet);
    } catch {
      // Whoever draws is told.
    }
  }

  function show(reading, quiet) {
    const { notes, read, cut, template } = reading;
    const said = notes.filter((note) => !UNFINISHED.includes(note.kind) || quiet || !note.last);
    const key = JSON.stringify([said, cut, template]);
    if (key === shown) return;
    shown = key;
    const lines = said.filter((note) => note.kind !== "emoji").map((note) => {
      const line = make("p", `lit-reading-${note.kind}`, note.sentence);
      if (note.kind === "cut") line.append(" ", repeated(read, cut));
      return line;
    });
    const emoji = said.filter((note) => note.kind === "emoji");
    if (emoji.length) {
      const chips = make("p", "lit-chips");
      chips.append(...emoji.map((note) => make("span", "lit-chip", `${note.words.join("")} ${note.english}`)));
      lines.unshift(chips);
    }
    place.replaceChildren(...[...lines, more(reading)].filter(Boolean));
  }

  function repeated(read, cut) {
    const line = make("span", "lit-repeated", read.length > TAIL ? `…${read.slice(-TAIL)}` : read);
    line.append(make("s", "", cut.length > 2 * TAIL ? `${cut.slice(0, 2 * TAIL)}…` : cut));
    return line;
  }

  function changed(now) {
    if (now === words) return;
    words = now;
    timers.forEach(clearTimeout);
    timers = [setTimeout(ask, PAUSE, false), setTimeout(ask, QUIET, true)];
  }

  return changed;
}
