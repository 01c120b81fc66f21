// Painting where a picture is to be drawn anew: by mouse, finger, pen or keys.

import { t } from "../languages.js";
import { clamp, find, make } from "../ui.js";
import { blank, everything, invert, lasso, moved, nothing, share, stroke, undoing } from "./mask.js";

const INK = [226, 51, 112];
const NUDGE = 1.25; // of the size, by a key

// changed(): something else is painted.
export function painting(root, { changed }) {
  const part = (name) => find(`.cnv-${name}`, root);
  const [canvas, ring, page] = [part("paint"), part("ring"), part("page")];
  const pen = canvas.getContext("2d");
  const number = (name) => Number(find(`[name="cnv-${name}"]`, root).value);
  const tool = () => find('[name="cnv-tool"]:checked', root).value;
  let place = { width: 1, height: 1, left: 0, top: 0 }; // the page, and where the picture lies on it
  let mask = blank(1, 1);
  let steps = undoing(state());
  let way = null; // of the stroke under way: places
  let cursor = null; // of the keys
  let asked = false;

  function state() {
    return { mask: { ...mask, data: mask.data.slice() }, left: place.left, top: place.top };
  }

  function onPage({ mask: kept, left, top }) {
    return moved(kept, place.width, place.height, place.left - left, place.top - top);
  }

  function told() {
    const can = steps.can();
    part("undo").disabled = !can.undo;
    part("redo").disabled = !can.redo;
    const painted = share(mask);
    part("share").textContent = !painted
      ? t("Nothing painted")
      : painted < 0.01 ? t("Less than 1 % painted") : t("{n} % painted", { n: Math.round(100 * painted) });
    draw();
  }

  function did() {
    steps.did(state());
    told();
    changed();
  }

  function step(found) {
    if (!found) return;
    mask = onPage(found);
    told();
    changed();
  }

  function draw() {
    if (asked) return;
    asked = true;
    requestAnimationFrame(() => {
      asked = false;
      pen.putImageData(inked(mask, INK), 0, 0);
      if (!way || tool() !== "lasso") return;
      pen.beginPath();
      for (const { x, y } of way) pen.lineTo(x, y);
      pen.lineWidth = canvas.width / canvas.clientWidth;
      for (const [style, dash] of [["#fff", []], ["#000", [4, 4]]]) {
        pen.strokeStyle = style;
        pen.setLineDash(dash.map((one) => one * pen.lineWidth));
        pen.stroke();
      }
    });
  }

  const within = ({ clientX, clientY }) => {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    return { x: ((clientX - left) * mask.width) / width, y: ((clientY - top) * mask.height) / height };
  };

  // event: the pointer's, if there is one; a pen may be turned over.
  function dab(from, to, event = {}) {
    const erase = tool() === "eraser" || Boolean(event.buttons & 32);
    stroke(mask, from, to, { radius: number("radius") * pressed(event), soft: number("soft"), erase });
    draw();
  }

  function showRing(at) {
    ring.hidden = !at || !("paints" in page.dataset) || tool() === "lasso";
    if (ring.hidden) return;
    const size = (2 * number("radius") * canvas.clientWidth) / mask.width;
    Object.assign(ring.style, { left: `${(100 * at.x) / mask.width}%`, top: `${(100 * at.y) / mask.height}%`, width: `${size}px`, height: `${size}px` });
  }

  canvas.addEventListener("pointerdown", (event) => {
    if (!event.isPrimary || ![0, 5].includes(event.button)) return;
    canvas.setPointerCapture(event.pointerId);
    way = [within(event)];
    cursor = null;
    if (tool() !== "lasso") dab(way[0], way[0], event);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (!event.isPrimary) return;
    showRing(event.pointerType === "touch" ? null : within(event));
    if (!way) return;
    const events = event.getCoalescedEvents?.() ?? [];
    for (const one of events.length ? events : [event]) {
      const to = within(one);
      if (tool() !== "lasso") dab(way.at(-1), to, one);
      way.push(to);
    }
    draw();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, (event) => {
      if (!way || !event.isPrimary) return;
      const points = way;
      way = null;
      if (tool() === "lasso") lasso(mask, points, { soft: number("radius") * number("soft") });
      did();
    });
  }
  canvas.addEventListener("pointerleave", () => showRing(null));
  canvas.addEventListener("blur", () => showRing(null));

  const all = (change) => () => {
    change(mask);
    did();
  };
  part("everything").onclick = all(everything);
  part("invert").onclick = all(invert);
  part("clear").onclick = all(nothing);
  part("undo").onclick = () => step(steps.undo());
  part("redo").onclick = () => step(steps.redo());

  function resize(by) {
    const control = find('[name="cnv-radius"]', root);
    const now = Number(control.value);
    control.value = by > 1 ? Math.max(now + 1, Math.round(now * by)) : Math.min(now - 1, Math.round(now * by));
    showRing(cursor);
  }

  root.addEventListener("keydown", (event) => {
    if (!("paints" in page.dataset) || event.target.closest("textarea, select, input:not([type=range], [type=radio])")) return;
    const { key, shiftKey } = event;
    const command = event.ctrlKey || event.metaKey;
    const arrow = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[key];
    if (key === "[" || key === "]") resize(key === "]" ? NUDGE : 1 / NUDGE);
    else if (command && key.toLowerCase() === "z") step(shiftKey ? steps.redo() : steps.undo());
    else if (command && key.toLowerCase() === "y") step(steps.redo());
    else if (event.target !== canvas || command) return;
    else if (arrow) {
      const far = shiftKey ? 1 : Math.max(2, number("radius") / 2);
      const { x, y } = cursor ?? { x: mask.width / 2, y: mask.height / 2 };
      cursor = { x: clamp(x + arrow[0] * far, 0, mask.width), y: clamp(y + arrow[1] * far, 0, mask.height) };
      showRing(cursor);
    } else if (key === " ") {
      cursor ??= { x: mask.width / 2, y: mask.height / 2 };
      dab(cursor, cursor);
      did();
      showRing(cursor);
    } else return;
    event.preventDefault();
  });

  return {
    // The page is of this size, and the picture lies there on it: { width, height, left, top }. Without `fresh` what
    // is painted stays where it is on the picture.
    fit(now, fresh = false) {
      const before = state();
      place = now;
      [canvas.width, canvas.height] = [now.width, now.height];
      mask = fresh ? blank(now.width, now.height) : onPage(before);
      if (fresh) steps = undoing(state());
      cursor = null;
      told();
    },
    // A mask of the page's size, a PNG in base64: what of it is white, or painted on what is transparent.
    async take(png) {
      const image = Object.assign(new Image(), { src: `data:image/png;base64,${png}` });
      await image.decode();
      pen.clearRect(0, 0, mask.width, mask.height);
      pen.drawImage(image, 0, 0);
      const { data } = pen.getImageData(0, 0, mask.width, mask.height);
      for (let index = 0; index < mask.data.length; index++) mask.data[index] = (data[4 * index] * data[4 * index + 3]) / 255;
      did();
    },
    // It as a PNG in base64, white on what is transparent; "" where nothing is painted.
    png() {
      if (!share(mask)) return "";
      const paper = Object.assign(make("canvas"), { width: mask.width, height: mask.height });
      paper.getContext("2d").putImageData(inked(mask, [255, 255, 255]), 0, 0);
      return paper.toDataURL("image/png").split(",")[1];
    },
  };
}

function inked({ width, height, data }, [red, green, blue]) {
  const image = new ImageData(width, height);
  for (let index = 0; index < data.length; index++) {
    [image.data[4 * index], image.data[4 * index + 1], image.data[4 * index + 2]] = [red, green, blue];
    image.data[4 * index + 3] = data[index];
  }
  return image;
}

// A pen paints as broad as it is pressed.
const pressed = ({ pointerType, pressure }) => (pointerType === "pen" && pressure ? 0.3 + 0.7 * pressure : 1);
