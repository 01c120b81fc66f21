// Where the graph of a dream has its places and arrows, and what follows what in its symbols: numbers alone.

export const SIDE = 480;
const RING = 160; // of the circle on which places lie
const LARGEST = 46; // of a place's radius; its area is the time spent there
const SMALLEST = 20;
const GAP = 16; // between a place and the tip of an arrow
export const SEEN = 0.005; // of the probability of an arrow that is drawn

export const letter = (symbol) => String.fromCharCode(65 + symbol);

// visits: frames of each symbol. [{ x, y, radius, share }], on a circle, the first at its top.
export function places(visits) {
  const [all, most] = [visits.reduce((sum, one) => sum + one, 0), Math.max(...visits)];
  const ring = visits.length > 1 ? RING : 0;
  return visits.map((count, at) => {
    const turn = (2 * Math.PI * at) / visits.length;
    return {
      x: SIDE / 2 + ring * Math.sin(turn),
      y: SIDE / 2 - ring * Math.cos(turn),
      radius: Math.max(SMALLEST, LARGEST * Math.sqrt(count / most)),
      share: count / all,
    };
  });
}

// Those that are left: [{ from, to, probability }] of a table by rows.
export const arrows = (probabilities) =>
  probabilities.flatMap((row, from) =>
    row.map((probability, to) => ({ from, to, probability })).filter((one) => one.to !== from && one.probability > SEEN));

// From the rim of one place to that of another, bent, so that the way back has a line of its own.
export function arrow(begin, end) {
  const [dx, dy] = [end.x - begin.x, end.y - begin.y];
  const middle = { x: (begin.x + end.x) / 2 + 0.16 * dy, y: (begin.y + end.y) / 2 - 0.16 * dx };
  const towards = ({ x, y }, size) => {
    const away = Math.hypot(middle.x - x, middle.y - y);
    return { x: x + ((middle.x - x) * size) / away, y: y + ((middle.y - y) * size) / away };
  };
  const [a, b] = [towards(begin, begin.radius), towards(end, end.radius + GAP)];
  const said = [a, middle, b].map(({ x, y }) => `${x.toFixed(1)} ${y.toFixed(1)}`);
  return `M${said[0]}Q${said[1]} ${said[2]}`;
}

// The frames of a symbol.
export const framesOf = (symbols, symbol) => symbols.flatMap((one, frame) => (one === symbol ? [frame] : []));

// The frames on both sides of each step from one symbol to another.
export const crossings = (symbols, from, to) =>
  symbols.flatMap((one, frame) => (one === from && symbols[frame + 1] === to ? [frame, frame + 1] : []));

// Where a key leads in the graph, from a place { from } or one of its arrows { from, to }; null for nowhere. Left and
// right go from place to place, up and down through the arrows that leave one.
export function walked(key, at, probabilities) {
  const last = probabilities.length - 1;
  if (key === "Home") return { from: 0 };
  if (key === "End") return { from: last };
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const next = at.from + (key === "ArrowRight" ? 1 : -1);
    return { from: (next + last + 1) % (last + 1) };
  }
  if (key !== "ArrowUp" && key !== "ArrowDown") return null;
  const ways = [{ from: at.from }, ...arrows(probabilities).filter(({ from }) => from === at.from).map(({ from, to }) => ({ from, to }))];
  const now = ways.findIndex(({ to }) => to === at.to);
  return ways[(now + (key === "ArrowDown" ? 1 : -1) + ways.length) % ways.length];
}
