// Places on a picture. A pixel is [x, y]; a box is [left, top, right, bottom], in pixels or as shares of the sides;
// a size is [width, height] in pixels.

import { clamp } from "../ui.js";

// The pixel under a point of the screen. area: the canvas's bounding rectangle.
export const pixelAt = ({ left, top, width, height }, [x, y], size) => [
  clamp(Math.floor(((x - left) / width) * size[0]), 0, size[0] - 1),
  clamp(Math.floor(((y - top) / height) * size[1]), 0, size[1] - 1),
];

// The upper left of the square of `side` pixels in which a pixel lies.
export const onGrid = (pixel, side) => pixel.map((at) => Math.floor(at / side) * side);

// The box of `side` pixels with this upper left, cut where the picture ends.
export const boxAt = ([x, y], side, [width, height]) => [x, y, Math.min(x + side, width), Math.min(y + side, height)];

// The smallest box around two pixels.
export const spanned = ([x, y], [u, v]) => [Math.min(x, u), Math.min(y, v), Math.max(x, u) + 1, Math.max(y, v) + 1];

// A box in pixels as shares of the sides, so that it means the same place in pictures of unlike size.
export const toShares = ([left, top, right, bottom], [width, height]) => [
  left / width, top / height, right / width, bottom / height,
];

// And back: at least one pixel. What lies outside is for the server to say.
export function toPixels(shares, [width, height]) {
  const [left, top] = [Math.floor(shares[0] * width + 1e-6), Math.floor(shares[1] * height + 1e-6)];
  const [right, bottom] = [Math.round(shares[2] * width), Math.round(shares[3] * height)];
  return [left, top, Math.max(left + 1, right), Math.max(top + 1, bottom)];
}

// What somebody wrote into "Pixel": two numbers are a pixel, four a box; null for anything else.
export function boxOf(text) {
  const numbers = (text.match(/-?\d+/g) || []).map(Number);
  if (numbers.length !== 2 && numbers.length !== 4) return null;
  const [left, top, right = left + 1, bottom = top + 1] = numbers;
  return [left, top, right, bottom];
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// The keyboard's box after a key, {corner, side}; null for a key that does not change it. The arrows move it by its
// own side, with Shift by a pixel; plus doubles it, minus halves it.
export function afterKey({ corner, side }, { key, shiftKey }, size) {
  const arrow = ARROWS[key];
  if (arrow) {
    const far = shiftKey ? 1 : side;
    return { corner: corner.map((at, axis) => clamp(at + far * arrow[axis], 0, size[axis] - 1)), side };
  }
  if (key !== "+" && key !== "-") return null;
  const changed = clamp(key === "+" ? 2 * side : side >> 1, 1, Math.max(...size));
  return { corner: key === "+" ? onGrid(corner, changed) : corner, side: changed };
}

// The canvas that shows a picture: enough pixels for sharp lines on dense screens.
export function enlarged([width, height]) {
  const zoom = Math.max(1, Math.round(768 / width));
  return { zoom, width: width * zoom, height: height * zoom };
}

// The frame of a box on such a canvas, {x, y, width, height}: a single pixel gets a ring around it.
export function frameOf([left, top, right, bottom], { zoom, width }) {
  const margin = Math.max(0, 9 * (width / 768) - ((right - left) * zoom) / 2);
  const side = (from, to) => (to - from) * zoom + 2 * margin;
  return { x: left * zoom - margin, y: top * zoom - margin, width: side(left, right), height: side(top, bottom) };
}
