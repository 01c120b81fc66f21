// The whole grid as one PNG with its labels.

import { t } from "../languages.js";
import { download, make } from "../ui.js";
import { GAP, LINE, fitted, inside, sheet } from "./geometry.js";
import { titled } from "./grid.js";

// layout: titles and labels.  images: loaded, row by row, null for what is not drawn.  words: what all have in common.
export function saveSheet(layout, images, words, colour) {
  const canvas = make("canvas");
  const pen = canvas.getContext("2d");
  const font = (weight) => (pen.font = `${weight} 16px system-ui, sans-serif`);
  const measure = (text) => pen.measureText(text).width;
  font(600);
  const { columns, rows } = layout;
  const there = images.filter(Boolean);
  const size = ["naturalWidth", "naturalHeight"].map((side) => Math.max(...there.map((image) => image[side])));
  const found = sheet({
    size,
    columns: columns.length,
    rows: rows.length,
    aside: layout.y ? Math.max(...rows.map(measure)) : 0,
    lines: { above: 1, below: 1 },
  });
  [canvas.width, canvas.height] = [found.width, found.height];
  pen.fillStyle = colour("card");
  pen.fillRect(0, 0, found.width, found.height);
  const write = (text, x, y, room, weight, align) => {
    font(weight);
    [pen.fillStyle, pen.textAlign] = [colour("ink"), align];
    pen.fillText(fitted(text, room, measure), x, y);
  };
  const whole = found.width - 2 * GAP;
  write(titled(layout), GAP, GAP + 16, whole, 700, "left");
  columns.forEach((label, column) => {
    const [x, y, width] = found.place(column, 0);
    write(label, x + width / 2, y - 8, width, 600, "center");
  });
  rows.forEach((label, row) => {
    const [, y, , height] = found.place(0, row);
    if (layout.y) write(label, GAP, y + height / 2 + 6, found.side, 600, "left");
    columns.forEach((_, column) => {
      const place = found.place(column, row);
      pen.fillStyle = colour("check");
      pen.fillRect(...place);
      const image = images[row * columns.length + column];
      if (image) pen.drawImage(image, ...inside(place, [image.naturalWidth, image.naturalHeight]));
      else write(t("Not drawn"), place[0] + place[2] / 2, place[1] + place[3] / 2, place[2], 400, "center");
    });
  });
  write(words, GAP, found.height - LINE / 2, whole, 400, "left");
  canvas.toBlob((blob) => download(blob, "comparison.png"), "image/png");
}
