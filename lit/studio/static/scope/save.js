// What is on the page as one file: HTML that needs nothing else, or a PNG.

import { t } from "../languages.js";
import { download, find, make, signed } from "../ui.js";
import { chartRows, chartScale, SHORT } from "./sum.js";

const GONE = ".sc-tools, .sc-find, .sc-wait, .sc-peek, .sc-notice, .sc-hint, .sc-words-said, [hidden]"; // what a saved page cannot do

// "A red fox · any style · seed 5" as "linearscope-a-red-fox.png".
export function fileName(caption, extension) {
  const words = caption.split("\u00b7")[0].trim().toLowerCase();
  const name = words.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 40);
  return `linearscope-${name.replace(/^-|-$/g, "")}.${extension}`;
}

// The whole of a page that needs nothing else. css, main: as text.  lang: of the page that it is saved from.
export const savedPage = (css, main, lang) => `<!doctype html>
<html lang="${lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>LinearScope</title><style>${css}</style></head><body>${main}</body></html>`;

// Whether all that is shown belongs together; after a change of step the numbers come a moment later.
function readyToSave({ panels, complain }) {
  const current = panels.every((panel) => panel.current());
  complain(current ? null : new Error(t("The numbers shown are not of this step and place yet. Save when they are there.")));
  return current;
}

// A copy of the panels without what needs the studio; the table is open, for the numbers are the point.
export function saveHtml(tab, css) {
  if (!readyToSave(tab)) return;
  const main = make("main", "sc");
  const panels = make("div", "sc-panels");
  panels.dataset.count = tab.panels.length;
  panels.append(...tab.panels.map(lasting));
  main.append(make("h1", "", "LinearScope"), panels);
  const page = new Blob([savedPage(css, main.outerHTML, document.documentElement.lang)], { type: "text/html" });
  download(page, fileName(tab.panels[0].drawing.caption, "html"));
}

function lasting(panel) {
  const copy = panel.element.cloneNode(true);
  const picture = make("img");
  const canvas = find("canvas", panel.element);
  picture.src = canvas.toDataURL("image/png");
  picture.alt = canvas.getAttribute("aria-label");
  find("canvas", copy).replaceWith(picture);
  find("header", copy).after(make("p", "sc-soft", panel.step()));
  find(".sc-numbers", copy).hidden = find(".sc-chart", copy).hidden = false;
  for (const map of copy.querySelectorAll(".sc-map")) {
    const figure = map.closest("figure");
    if (!map.lastElementChild.getAttribute("src") || figure.matches(".sc-old")) figure.remove(); // not there yet
  }
  if (!panel.modes.length) find(".sc-modes-area", copy).remove();
  if (!panel.answer) find(".sc-right", copy).remove();
  else if (!panel.words.length) find(".sc-words-area", copy).remove(); // a heading over nothing
  for (const gone of copy.querySelectorAll(GONE)) gone.remove();
  for (const button of copy.querySelectorAll(".sc-words button")) {
    const figure = make("div");
    figure.append(...button.childNodes);
    button.replaceWith(figure);
  }
  return copy;
}

const [WIDTH, GAP, LINE] = [720, 32, 30]; // of a column of the PNG, between things, of a row of text: in pixels
const INNER = WIDTH - 2 * GAP;
const MAP = (WIDTH - 3 * GAP) / 2; // the width of a map

// The PNG's size for these columns, {rows, aspect: height by width} each: the tallest decides.
export function pngSize(columns) {
  const tall = columns.map(({ rows, aspect }) => INNER * aspect + (rows && MAP * aspect + (rows + 4) * LINE));
  return [WIDTH * columns.length, Math.max(...tall) + 4 * GAP + 2 * LINE];
}

// The picture, its maps and the sum, one column a panel.
export function savePng(tab) {
  if (!readyToSave(tab)) return;
  const columns = tab.panels.map((panel) => ({
    panel,
    rows: panel.answer ? chartRows(panel.answer, panel.layered) : [],
    aspect: panel.drawing.height / panel.drawing.width,
  }));
  const canvas = make("canvas");
  [canvas.width, canvas.height] = pngSize(columns.map(({ rows, aspect }) => ({ rows: rows.length, aspect })));
  const style = getComputedStyle(tab.root);
  const colour = (name) => style.getPropertyValue(`--lit-${name}`).trim();
  const pen = canvas.getContext("2d");
  pen.fillStyle = colour("card");
  pen.fillRect(0, 0, canvas.width, canvas.height);
  columns.forEach((column, number) => drawColumn(pen, number * WIDTH + GAP, column, colour));
  canvas.toBlob((blob) => download(blob, fileName(tab.panels[0].drawing.caption, "png")), "image/png");
}

function drawColumn(pen, left, { panel, rows, aspect }, colour) {
  const write = (text, x, y, align = "left", weight = 400, room = INNER) => {
    pen.font = `${weight} 19px system-ui, sans-serif`;
    pen.textAlign = align;
    pen.fillStyle = colour("ink");
    pen.fillText(text, x, y, room);
  };
  write(panel.drawing.caption, left, GAP + 14, "left", 700);
  write(panel.step(), left, GAP + 14 + LINE);
  let y = GAP + 2 * LINE;
  pen.drawImage(find("canvas", panel.element), left, y, INNER, INNER * aspect);
  if (!rows.length) return;
  y += INNER * aspect + GAP;
  [["reads", t("Where it reads")], ["spreads", t("Where it spreads")]].forEach(([name, title], at) => {
    const map = find(`.sc-${name}`, panel.element);
    if (map.closest(".sc-old")) return;
    const x = left + at * (MAP + GAP);
    for (const image of map.parentElement.children) {
      pen.imageSmoothingEnabled = name === "spreads";
      pen.globalAlpha = image.className === "sc-under" ? 0.3 : 1;
      if (image.src) pen.drawImage(image, x, y, MAP, MAP * aspect);
      pen.globalAlpha = 1;
    }
    write(title, x, y + MAP * aspect + 24, "left", 600);
  });
  y += MAP * aspect + 2 * LINE;
  write(find(".sc-sum h3", panel.element).textContent, left, y + LINE / 2, "left", 700);
  const scale = chartScale(rows);
  const across = (value) => left + 190 + (INNER - 290) * scale(value);
  const inks = { input: colour("sky"), picture: colour("sky-soft"), word: colour("sun"), bias: colour("soft-ink"), total: colour("ink") };
  for (const row of rows) {
    y += LINE;
    write(row.name, left, y + 14, "left", row.kind === "total" ? 700 : 400, 180);
    write(signed(row.value, SHORT), left + INNER, y + 14, "right", row.kind === "total" ? 700 : 400);
    pen.fillStyle = inks[row.kind];
    const start = across(Math.min(row.from, row.to));
    const bar = [start, y, Math.max(2, across(Math.max(row.from, row.to)) - start), 18];
    pen.fillRect(...bar);
    pen.strokeStyle = colour("sky");
    if (row.kind === "picture") pen.strokeRect(...bar);
  }
}
