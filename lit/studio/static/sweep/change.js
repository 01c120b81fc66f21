// Where the picture changes, drawn: a curve along one setting, or a map of two, with the flips marked.

import { find } from "../ui.js";
import { picture } from "./asking.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDE = 720;
const CURVE = { width: WIDE, height: 250, left: 12, right: 12, top: 36, bottom: 70 };
const MAP = { width: WIDE, height: WIDE, left: 84, right: 30, top: 30, bottom: 90 };
const SIDE = 46; // of a picture on the map

// open(cell): a picture on the map is pressed.  about(cell): it is looked at.
export function makeChange(place, { open, about }) {
  let shown = "";

  function show({ change }, cells) {
    place.hidden = !change;
    const now = JSON.stringify([change, cells.map(({ id }) => id)]);
    if (!change || now === shown) return;
    shown = now;
    find("figcaption", place).textContent = change.said;
    const svg = change.map ? map(change, cells) : curve(change);
    svg.setAttribute("role", "img");
    svg.setAttribute("aria-label", change.said);
    find(".swp-plot", place).replaceChildren(svg);
  }

  function curve({ curve, labels, ends, flips, points }) {
    const svg = canvas(CURVE);
    const { line, area, x, y } = steps(curve, CURVE);
    svg.append(
      element("path", { class: "swp-under", d: area }),
      element("path", { class: "swp-curve", d: line }),
      element("path", { class: "swp-axis-line", d: `M${x(0)} ${y(0)}H${x(1)}` }),
      ...points.map(([[at]]) => element("circle", { class: "swp-point", cx: x(at), cy: y(0), r: 3.5 })),
      ...flips.flatMap(({ at: [at], said }) => flip(x(at), said, y)),
      ...named(labels[0], ends[0], CURVE),
    );
    return svg;
  }

  // The words go to whichever side of the mark has room.
  function flip(x, said, y) {
    const right = x < WIDE / 2;
    return [
      element("path", { class: "swp-flip", d: `M${x} ${y(1) - 8}V${y(0)}` }),
      element("text", { class: "swp-flip-said", x: x + (right ? 6 : -6), y: y(1) - 10, "text-anchor": right ? "start" : "end" }, said),
    ];
  }

  function map({ map, labels, ends, flips, points }, cells) {
    const svg = canvas(MAP);
    const [x, y] = scales(MAP);
    const [across, down] = [(x(1) - x(0)) / map[0].length, (y(0) - y(1)) / map.length];
    const shades = element("g", { class: "swp-shades" });
    map.forEach((row, j) => row.forEach((rate, i) => {
      if (rate > 0.02) shades.append(element("rect", { x: x(0) + i * across, y: y(1) + j * down, width: across, height: down, opacity: rate }));
    }));
    svg.append(shades, element("rect", { class: "swp-axis-line", x: x(0), y: y(1), width: x(1) - x(0), height: y(0) - y(1) }));
    for (const [[u, v], number] of points) {
      const cell = cells.find(({ place }) => place === number);
      if (!cell?.id) continue;
      const image = element("image", { class: "swp-pin", href: picture(cell.id), x: x(u) - SIDE / 2, y: y(1 - v) - SIDE / 2, width: SIDE, height: SIDE });
      image.addEventListener("click", () => open(cell));
      image.addEventListener("pointerenter", () => about(cell));
      svg.append(image);
    }
    for (const { at: [u, v] } of flips) svg.append(element("circle", { class: "swp-flip", cx: x(u), cy: y(1 - v), r: 16, fill: "none" }));
    svg.append(...named(labels[0], ends[0], MAP), ...upright(labels[1], ends[1]));
    return svg;
  }

  function upright(label, [low, high]) {
    const [, y] = scales(MAP);
    const at = { x: MAP.left - 28, "text-anchor": "end" };
    const middle = (y(0) + y(1)) / 2;
    return [
      element("text", { ...at, y: y(1) + 10 }, low),
      element("text", { ...at, y: y(0) }, high),
      element("text", { x: 20, y: middle, "text-anchor": "middle", transform: `rotate(-90 20 ${middle})` }, label),
    ];
  }

  const forget = () => {
    shown = "";
    place.hidden = true;
  };
  return { show, forget };
}

function named(label, [low, high], { width, height, left, right }) {
  const y = height - 40;
  return [
    element("text", { x: left, y }, low),
    element("text", { x: width - right, y, "text-anchor": "end" }, high),
    element("text", { x: width / 2, y: height - 10, "text-anchor": "middle" }, label),
  ];
}

// From shares of a room's axes to places in it; upwards is more.
export const scales = ({ width, height, left, right, top, bottom }) => [
  (share) => left + share * (width - left - right),
  (share) => height - bottom - share * (height - top - bottom),
];

// Pieces [from, to, rate] as paths: a line of steps, and the area under it.
export function steps(pieces, room) {
  const [x, y] = scales(room);
  const line = pieces.map(([from, to, rate], i) => `${i ? "L" : "M"}${x(from)} ${y(rate)}H${x(to)}`).join("");
  return { line, area: pieces.length ? `${line}V${y(0)}H${x(pieces[0][0])}Z` : "", x, y };
}

const canvas = ({ width, height }) => element("svg", { viewBox: `0 0 ${width} ${height}` });

function element(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}
