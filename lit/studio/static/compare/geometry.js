// Where everything stands on the labelled grid that is saved as one picture. Lengths are pixels.

export const GAP = 12; // between pictures, and round the whole
export const LINE = 24; // height of a line of text
const NARROW = 160; // a place for a picture is no narrower, so that its label can be read
const SIDE = 220; // of the labels of rows, at most

// size: [width, height] of the largest picture.  columns, rows: numbers of them.  aside: the width that the rows' labels
// would like, 0 for none.  lines: of text above the columns' labels and below the grid.
// Returns the whole's width and height, the width of the rows' labels, and place(column, row): [x, y, width, height].
export function sheet({ size: [width, height], columns, rows, aside, lines }) {
  const side = Math.min(aside, SIDE);
  const room = Math.max(width, NARROW);
  const left = GAP + (side && side + GAP);
  const top = GAP + lines.above * LINE + LINE; // the columns' labels are a line of their own
  const place = (column, row) => [left + column * (room + GAP), top + row * (height + GAP), room, height];
  return {
    width: left + columns * (room + GAP),
    height: top + rows * (height + GAP) + lines.below * LINE,
    side,
    top,
    place,
  };
}

// The largest [x, y, width, height] of a picture inside a place, in its middle, never larger than it is.
export function inside([x, y, width, height], [wide, high]) {
  const scale = Math.min(1, width / wide, height / high);
  const [w, h] = [wide * scale, high * scale];
  return [x + (width - w) / 2, y + (height - h) / 2, w, h];
}

// Text cut so that measure(text) is no more than the room, with an ellipsis.
export function fitted(text, room, measure) {
  if (measure(text) <= room) return text;
  const letters = [...text];
  while (letters.length && measure(`${letters.join("")}\u2026`) > room) letters.pop();
  return `${letters.join("").trimEnd()}\u2026`;
}
