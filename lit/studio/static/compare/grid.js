// The pictures of a comparison as a table with labels: each appears when it is drawn, and says what may be done with it.

import { language, number, t } from "../languages.js";
import { find, make } from "../ui.js";
import { address } from "./asking.js";

// choose(side, cell): show it as "a" or "b".  keep(cell, button).
export function makeGrid(table, { choose, keep }) {
  let places = [];

  // layout: { x, y, columns, rows } titles and labels.
  function lay(layout) {
    table.replaceChildren();
    find(".cmp-grid-title", table.parentElement.parentElement).textContent = titled(layout);
    const head = table.createTHead().insertRow();
    if (layout.y) head.append(make("td"));
    for (const label of layout.columns) head.append(header(label, "col"));
    const body = table.createTBody();
    places = layout.rows.flatMap((label) => {
      const row = body.insertRow();
      if (layout.y) row.append(header(label, "row"));
      return layout.columns.map(() => row.insertCell());
    });
  }

  function header(label, scope) {
    const cell = make("th", "", label);
    cell.scope = scope;
    return cell;
  }

  // Only what has changed is made anew: a button that has the focus keeps it.
  function show({ cells }) {
    cells.forEach((cell, number) => {
      const place = places[number];
      const now = cell.id || `${cell.state} ${cell.step}`;
      if (!place || place.dataset.now === now) return;
      place.dataset.now = now;
      place.replaceChildren(cell.id ? picture(cell) : waiting(cell));
    });
  }

  function waiting({ state, step, steps, message }) {
    const said = { waiting: t("Waiting"), stopped: t("Not drawn"), failed: message }[state];
    return make("p", `cmp-waiting cmp-${state}`, said ?? (steps ? t("Step {step} of {all}", { step, all: steps }) : t("Starting")));
  }

  function picture(cell) {
    const figure = make("figure");
    const image = make("img");
    image.src = address(`pictures/${cell.id}.webp`);
    image.alt = cell.caption;
    const tools = make("div", "cmp-tools");
    const button = (text, said, press) => {
      const made = make("button", "cmp-small", text);
      made.type = "button";
      made.setAttribute("aria-label", `${said}: ${cell.caption}`);
      made.onclick = () => press(made);
      tools.append(made);
      return made;
    };
    for (const side of ["a", "b"]) {
      const made = button(side.toUpperCase(), t("Show as {side}", { side: side.toUpperCase() }), () => choose(side, cell));
      made.dataset.side = side;
      made.dataset.id = cell.id;
      made.setAttribute("aria-pressed", "false");
    }
    button(t("Keep"), t("Keep"), (made) => keep(cell, made));
    const file = make("a", "cmp-small", "PNG");
    file.href = address(`pictures/${cell.id}.png`);
    file.download = "";
    file.setAttribute("aria-label", `${t("Download")}: ${cell.caption}`);
    tools.append(file);
    figure.append(image, tools, make("figcaption", "", t("{n} s", { n: number(cell.seconds, cell.seconds < 10 ? 2 : 0) })));
    return figure;
  }

  // sides: { a, b }, cells or null.
  function mark(sides) {
    for (const button of table.querySelectorAll("[data-side]")) {
      button.setAttribute("aria-pressed", String(sides[button.dataset.side]?.id === button.dataset.id));
    }
  }

  // The pictures, in their order; null for what is not drawn.
  const images = () => places.map((place) => find("img", place));

  return { lay, show, mark, images };
}

// "Steps across, seeds down" as the words above a grid.
export const titled = ({ x, y }) => {
  if (!x) return t("One picture");
  return y ? t("{x} across, {y} down", { x, y: lowered(y) }) : t("{x} across", { x });
};

// In the middle of a sentence, where nouns have no capital there.
const lowered = (name) => (language() === "de" ? name : name.toLowerCase());
