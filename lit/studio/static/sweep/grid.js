// A sweep's pictures as a table with labelled axes: each appears when it is drawn. One stop of the Tab key, arrows inside.

import { t } from "../languages.js";
import { find, make } from "../ui.js";
import { picture } from "./asking.js";
import { walked } from "./walking.js";

// open(cell): it is pressed.  about(cell or null): it is looked at.  layered(layer): another layer is wanted.
export function makeGrid(table, { open, about, layered }) {
  let size = { rows: 0, columns: 0, layers: 1 };
  let cells = new Map(); // by "row column layer"
  let at = { row: 0, column: 0, layer: 0 }; // where the Tab key stops
  const key = ({ row, column, layer }) => `${row} ${column} ${layer}`;
  const button = ({ row, column }) => find(`[data-at="${row} ${column}"]`, table);

  // axes: { label, values: labels } each, the first along the columns; at most two are seen at once.
  function lay([x, y, z]) {
    const held = table.contains(document.activeElement);
    size = { rows: y?.values.length ?? 1, columns: x.values.length, layers: z?.values.length ?? 1 };
    // An adaptive sweep begins without a picture: no columns yet, and yet a place to stop at when they come.
    const within = (place, count) => Math.max(0, Math.min(place, count - 1));
    at = { row: within(at.row, size.rows), column: within(at.column, size.columns), layer: within(at.layer, size.layers) };
    table.replaceChildren();
    table.style.setProperty("--columns", size.columns);
    const head = table.createTHead();
    const names = head.insertRow();
    const labels = head.insertRow();
    if (y) {
      names.append(make("td"));
      labels.append(header(y.label, "col", "swp-name"));
    }
    const over = header(x.label, "colgroup", "swp-name");
    over.colSpan = size.columns;
    names.append(over);
    for (const label of x.values) labels.append(header(label, "col"));
    const body = table.createTBody();
    for (let row = 0; row < size.rows; row++) {
      const line = body.insertRow();
      if (y) line.append(header(y.values[row], "row"));
      for (let column = 0; column < size.columns; column++) {
        const place = make("button", "swp-cell");
        place.type = "button";
        place.dataset.at = `${row} ${column}`;
        line.insertCell().append(place);
      }
    }
    draw();
    if (held) button(at)?.focus({ preventScroll: true });
  }

  function header(label, scope, className = "") {
    const cell = make("th", className, label);
    cell.scope = scope;
    return cell;
  }

  // more: cells as the studio answers, each with `at`: [column, row, layer].
  function show(more) {
    for (const cell of more) cells.set(key({ column: cell.at[0], row: cell.at[1] ?? 0, layer: cell.at[2] ?? 0 }), cell);
    draw();
  }

  const forget = () => (cells = new Map());

  // Only what has changed is made anew: a picture that is there stays.
  function draw() {
    for (const place of table.querySelectorAll(".swp-cell")) {
      const [row, column] = place.dataset.at.split(" ").map(Number);
      const cell = cells.get(key({ row, column, layer: at.layer }));
      place.tabIndex = row === at.row && column === at.column ? 0 : -1;
      const now = cell ? cell.id || `${cell.state} ${cell.step}` : "";
      if (place.dataset.now === now) continue;
      place.dataset.now = now;
      fill(place, cell);
    }
  }

  function fill(place, cell) {
    place.setAttribute("aria-disabled", String(!cell?.id));
    place.classList.toggle("swp-failed", cell?.state === "failed");
    if (!cell) return place.replaceChildren();
    if (cell.id) {
      const image = Object.assign(make("img"), { src: picture(cell.id), alt: "", loading: "lazy", decoding: "async", draggable: false });
      place.replaceChildren(image);
      place.setAttribute("aria-label", cell.said);
      return;
    }
    const told = said(cell);
    place.replaceChildren(make("span", "", told));
    place.setAttribute("aria-label", `${cell.said}: ${told}`);
  }

  const cellOf = (target) => {
    const place = target.closest?.(".swp-cell");
    if (!place) return null;
    const [row, column] = place.dataset.at.split(" ").map(Number);
    return cells.get(key({ row, column, layer: at.layer })) ?? null;
  };

  table.addEventListener("click", ({ target }) => {
    const cell = cellOf(target);
    if (!cell) return;
    [at.column, at.row] = [cell.at[0], cell.at[1] ?? 0];
    draw();
    if (cell.id) open(cell);
  });
  for (const event of ["focusin", "pointerover"]) table.addEventListener(event, ({ target }) => about(cellOf(target)));
  table.addEventListener("pointerleave", () => about(cellOf(document.activeElement)));
  table.addEventListener("keydown", (event) => {
    if (!event.target.closest(".swp-cell") || event.altKey) return;
    const to = walked(event.key, at, size, event.ctrlKey || event.metaKey);
    if (!to) return;
    event.preventDefault();
    const other = to.layer !== at.layer;
    at = to;
    if (other) layered(at.layer);
    draw();
    button(at).focus();
    about(cellOf(button(at)));
  });

  return {
    lay,
    show,
    forget,
    // Another of the third axis's values.
    layer(number) {
      at.layer = number;
      draw();
    },
    // The picture's place, with the focus; its layer is shown.
    focus(cell) {
      at = { column: cell.at[0], row: cell.at[1] ?? 0, layer: cell.at[2] ?? 0 };
      layered(at.layer);
      draw();
      button(at)?.focus({ preventScroll: true });
    },
    cells: () => [...cells.values()],
  };
}

// What stands where a picture is still to come.
export function said({ state, step, steps, message }) {
  if (state === "waiting") return t("Waiting");
  if (state === "stopped") return t("Not drawn");
  if (state === "failed") return message;
  return steps ? t("Step {step} of {all}", { step, all: steps }) : t("Starting");
}
