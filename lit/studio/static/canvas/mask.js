// Where a picture is to be drawn anew: a number from 0 to 255 a pixel, and what paints them.

export const blank = (width, height) => ({ width, height, data: new Uint8ClampedArray(width * height) });

// A brush's way from one place to another, { x, y } in pixels.  radius: to where it reaches.
// soft: share of the radius over which it fades out, 0 to 1.  erase: it takes away instead.
export function stroke(mask, from, to, { radius, soft, erase }) {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const length = dx * dx + dy * dy;
  const fade = radius * soft;
  const [left, right] = [Math.min(from.x, to.x) - radius, Math.max(from.x, to.x) + radius];
  const [top, bottom] = [Math.min(from.y, to.y) - radius, Math.max(from.y, to.y) + radius];
  each(mask, left, top, right, bottom, erase, (x, y) => {
    const along = length ? Math.min(1, Math.max(0, ((x - from.x) * dx + (y - from.y) * dy) / length)) : 0;
    const inside = radius - Math.hypot(x - from.x - along * dx, y - from.y - along * dy);
    return inside < 0 ? 0 : fade ? Math.min(1, inside / fade) : 1;
  });
}

// What a closed line runs around.  points: its corners.  soft: pixels over which it fades out, inwards and outwards.
export function lasso(mask, points, { soft, erase }) {
  if (points.length < 3) return;
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  const edge = Math.ceil(soft);
  const box = [Math.min(...xs) - edge, Math.min(...ys) - edge, Math.max(...xs) + edge, Math.max(...ys) + edge].map(Math.floor);
  const [width, height] = [box[2] - box[0] + 1, box[3] - box[1] + 1];
  let filled = new Float32Array(width * height);
  for (let row = 0; row < height; row++) {
    const y = box[1] + row + 0.5;
    const cuts = points.flatMap((a, index) => {
      const b = points[(index + 1) % points.length];
      return a.y <= y === b.y <= y ? [] : [a.x + ((y - a.y) / (b.y - a.y)) * (b.x - a.x)];
    });
    cuts.sort((a, b) => a - b);
    for (let cut = 0; cut + 1 < cuts.length; cut += 2) {
      const [first, last] = [Math.ceil(cuts[cut] - 0.5), Math.ceil(cuts[cut + 1] - 0.5)];
      filled.fill(1, row * width + first - box[0], row * width + last - box[0]);
    }
  }
  if (edge) filled = softened(softened(filled, width, height, Math.ceil(edge / 2)), width, height, Math.floor(edge / 2));
  each(mask, ...box, erase, (x, y) => filled[Math.floor(y - box[1]) * width + Math.floor(x - box[0])]);
}

export const everything = (mask) => mask.data.fill(255);

export const nothing = (mask) => mask.data.fill(0);

export const invert = (mask) => mask.data.forEach((value, index) => (mask.data[index] = 255 - value));

// How much of it is painted, 0 to 1.
export const share = ({ data }) => data.reduce((sum, value) => sum + value, 0) / (255 * data.length);

// The same on a page of another size, moved to the right and down by so many pixels.
export function moved(mask, width, height, right, down) {
  const found = blank(width, height);
  for (let y = Math.max(0, -down); y < Math.min(mask.height, height - down); y++) {
    const from = Math.max(0, -right);
    const row = mask.data.subarray(y * mask.width + from, y * mask.width + Math.min(mask.width, width - right));
    found.data.set(row, (y + down) * width + from + right);
  }
  return found;
}

// What can be undone.  most: so many states are kept.
export function undoing(first, most = 40) {
  let [past, future] = [[first], []];
  return {
    did: (state) => ([past, future] = [[...past, state].slice(-most), []]),
    undo: () => (past.length > 1 ? (future.push(past.pop()), past.at(-1)) : null),
    redo: () => (future.length ? (past.push(future.pop()), past.at(-1)) : null),
    can: () => ({ undo: past.length > 1, redo: future.length > 0 }),
  };
}

// share(x, y): how much of the pixel with this middle is meant.
function each({ width, height, data }, left, top, right, bottom, erase, share) {
  for (let y = Math.max(0, Math.floor(top)); y <= Math.min(height - 1, Math.floor(bottom)); y++) {
    for (let x = Math.max(0, Math.floor(left)); x <= Math.min(width - 1, Math.floor(right)); x++) {
      const [place, value] = [y * width + x, 255 * share(x + 0.5, y + 0.5)];
      data[place] = erase ? Math.min(data[place], 255 - value) : Math.max(data[place], value);
    }
  }
}

// Means over 2 reach + 1 pixels, along rows and then along columns.
function softened(values, width, height, reach) {
  if (!reach) return values;
  const along = (from, count, step, lines, apart) => {
    const found = new Float32Array(from.length);
    for (let line = 0; line < lines; line++) {
      let sum = 0;
      for (let at = -reach; at < count; at++) {
        if (at + reach < count) sum += from[line * apart + (at + reach) * step];
        if (at - reach - 1 >= 0) sum -= from[line * apart + (at - reach - 1) * step];
        if (at >= 0) found[line * apart + at * step] = sum / (2 * reach + 1);
      }
    }
    return found;
  };
  return along(along(values, width, 1, height, width), height, width, width, 1);
}
