// The graph of a dream as a table: each symbol with its share, its stay, and where one goes from it.

import { number, t } from "../languages.js";
import { find, make } from "../ui.js";
import { picture } from "./asking.js";
import { named, percent } from "./graph.js";
import { arrows, letter } from "./layout.js";

// choose({ from } or { from, to }): it is pressed.
export function makeTable(table, { choose }) {
  const body = find("tbody", table);
  let former = "";

  function show(id, graph) {
    const now = JSON.stringify([id, graph]);
    if (now === former) return;
    former = now;
    const held = body.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
    const all = graph.visits.reduce((sum, one) => sum + one, 0);
    const ways = arrows(graph.probabilities);
    body.replaceChildren(...graph.visits.map((count, from) => {
      const row = make("tr");
      const head = make("th");
      head.scope = "row";
      const image = Object.assign(make("img"), { src: picture(`${id}/${graph.medoids[from]}`), alt: "", loading: "lazy" });
      head.append(button({ from }, graph, image, letter(from)));
      const then = make("td");
      then.append(...ways.filter((one) => one.from === from).map((one) =>
        button({ from, to: one.to }, graph, `${letter(one.to)} ${percent(one.probability)}`)));
      row.append(head, make("td", "", percent(count / all)), make("td", "", number(graph.stays[from], 1)), then);
      return row;
    }));
    const again = held && [...body.querySelectorAll("button")].find((one) => one.getAttribute("aria-label") === held);
    again?.focus({ preventScroll: true });
  }

  function button(one, graph, ...inside) {
    const made = Object.assign(make("button", "drm-button drm-small"), { type: "button" });
    made.setAttribute("aria-label", named(one, graph));
    made.append(...inside);
    made.addEventListener("click", () => choose(one));
    return made;
  }

  return { show };
}
