// The graph of a dream: a place for each symbol with the picture in its middle, arrows as thick as they are probable.
// One stop of the Tab key, arrows inside.

import { number, t } from "../languages.js";
import { find } from "../ui.js";
import { picture } from "./asking.js";
import { SIDE, arrow, arrows, letter, places, walked } from "./layout.js";

const SVG = "http://www.w3.org/2000/svg";
const THICKEST = 7;

export const percent = (share) => `${number(100 * share, share < 0.095 ? 1 : 0)} %`;

// What a place or an arrow says.
export function named({ from, to }, { visits, stays, probabilities }) {
  if (to !== undefined) return t("From {a} to {b}: {share} of what leaves", { a: letter(from), b: letter(to), share: percent(probabilities[from][to]) });
  const share = visits[from] / visits.reduce((sum, one) => sum + one, 0);
  return t("{a}: {share} of the frames, {n} in a row", { a: letter(from), share: percent(share), n: number(stays[from], 1) });
}

// choose({ from } or { from, to }): it is pressed.
export function makeGraph(svg, { choose }) {
  let shown = null; // { id, graph }
  let at = { from: 0 };
  const key = ({ from, to }) => (to === undefined ? `${from}` : `${from}-${to}`);
  const drawn = (one) => find(`[data-at="${key(one)}"]`, svg);

  function show(id, graph) {
    const held = svg.contains(document.activeElement);
    shown = { id, graph };
    if (at.from >= graph.visits.length) at = { from: 0 };
    const laid = places(graph.visits);
    const ways = arrows(graph.probabilities);
    svg.replaceChildren(
      tip(),
      ...ways.map((one) => way(one, arrow(laid[one.from], laid[one.to]))),
      ...laid.map((place, from) => node(place, from)),
    );
    if (at.to !== undefined && !drawn(at)) at = { from: at.from };
    rove();
    if (held) drawn(at)?.focus({ preventScroll: true });
  }

  function tip() {
    const made = element("defs");
    const marker = element("marker", { id: "drm-tip", viewBox: "0 0 8 8", refX: 2, refY: 4, markerWidth: 18, markerHeight: 18, markerUnits: "userSpaceOnUse", orient: "auto" });
    marker.append(element("path", { d: "M0 0 8 4 0 8Z", class: "drm-tip" }));
    made.append(marker);
    return made;
  }

  function way({ from, to, probability }, d) {
    const made = pressable("drm-arrow", { from, to });
    const width = Math.max(1.2, THICKEST * probability);
    made.append(
      element("path", { d, class: "drm-reach" }),
      element("path", { d, class: "drm-line", "stroke-width": width.toFixed(1), "marker-end": "url(#drm-tip)" }),
    );
    return made;
  }

  function node({ x, y, radius, share }, from) {
    const made = pressable("drm-node", { from });
    const clip = `drm-clip-${from}`;
    const shape = element("clipPath", { id: clip });
    shape.append(element("circle", { cx: x, cy: y, r: radius - 2 }));
    const image = { href: picture(`${shown.id}/${shown.graph.medoids[from]}`), x: x - radius, y: y - radius, width: 2 * radius, height: 2 * radius };
    const outside = y > SIDE / 2 + 1 ? radius + 22 : -radius - 12;
    made.append(
      shape,
      element("circle", { class: "drm-disc", cx: x, cy: y, r: radius }),
      element("image", { ...image, "clip-path": `url(#${clip})` }),
      element("circle", { class: "drm-rim", cx: x, cy: y, r: radius }),
      element("text", { x, y: y + outside, "text-anchor": "middle" }, `${letter(from)} ${percent(share)}`),
    );
    return made;
  }

  function pressable(name, one) {
    const made = element("g", { class: name, "data-at": key(one), role: "button", "aria-pressed": false, "aria-label": named(one, shown.graph), tabindex: -1 });
    made.append(element("title", {}, named(one, shown.graph)));
    made.addEventListener("click", () => press(one));
    return made;
  }

  function press(one) {
    at = one;
    rove();
    drawn(one)?.focus({ preventScroll: true });
    choose(one);
  }

  function rove() {
    for (const one of svg.querySelectorAll("[data-at]")) one.setAttribute("tabindex", one.dataset.at === key(at) ? 0 : -1);
  }

  svg.addEventListener("keydown", (event) => {
    if (!shown || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      return choose(at);
    }
    const next = walked(event.key, at, shown.graph.probabilities);
    if (!next) return;
    event.preventDefault();
    at = next;
    rove();
    drawn(at)?.focus({ preventScroll: true });
  });

  // The place that the picture is in now.
  function light(symbol) {
    for (const one of svg.querySelectorAll(".drm-node")) one.classList.toggle("drm-now", one.dataset.at === String(symbol));
  }

  // What is chosen, null for nothing.
  function mark(one) {
    for (const part of svg.querySelectorAll("[data-at]")) part.setAttribute("aria-pressed", one !== null && part.dataset.at === key(one));
  }

  return { show, light, mark, clear: () => svg.replaceChildren() };
}

export function element(name, attributes = {}, text) {
  const made = document.createElementNS(SVG, name);
  for (const [one, value] of Object.entries(attributes)) made.setAttribute(one, value);
  if (text !== undefined) made.textContent = text;
  return made;
}
