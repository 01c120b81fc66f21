// The graph as an SVG that needs nothing beside it: its pictures are inside, its colours those of the light page.

import { base64 } from "../ui.js";
import { SIDE } from "./layout.js";

const STYLE = `text{font:600 15px system-ui,sans-serif;fill:#1d2130;stroke:#fff;stroke-width:5px;paint-order:stroke}.drm-disc{fill:#fff}.drm-rim{fill:none;stroke:#8a90a3;stroke-width:2}
.drm-line{fill:none;stroke:#5b6275}.drm-tip{fill:#5b6275}.drm-reach{fill:none;stroke:none}`;

// svg: as it is drawn.  title: what it is called.
export async function saved(svg, title) {
  const copy = svg.cloneNode(true);
  const made = (name, text) => Object.assign(document.createElementNS(copy.namespaceURI, name), { textContent: text });
  copy.prepend(made("title", title), made("style", STYLE));
  for (const name of [...copy.attributes].map((one) => one.name)) if (name !== "viewBox") copy.removeAttribute(name);
  copy.setAttribute("xmlns", copy.namespaceURI);
  copy.setAttribute("width", SIDE);
  copy.setAttribute("height", SIDE);
  for (const part of copy.querySelectorAll("[role]")) for (const name of ["role", "tabindex", "aria-pressed", "data-at"]) part.removeAttribute(name);
  for (const image of copy.querySelectorAll("image")) {
    const answer = await fetch(image.getAttribute("href"));
    const blob = await answer.blob();
    image.setAttribute("href", `data:${blob.type};base64,${await base64(blob)}`);
  }
  return new Blob([new XMLSerializer().serializeToString(copy)], { type: "image/svg+xml" });
}
