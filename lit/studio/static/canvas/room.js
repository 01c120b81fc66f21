// Room around the picture: by handles or numbers.

import { clamp, find } from "../ui.js";

const STEP = 16; // pixels: a side that can be drawn is a multiple of it
const LEARNED = 256; // pixels: what is larger is drawn at half the size
const MOST = 1024; // pixels of a side
const SIDES = ["left", "top", "right", "bottom"];

// own(): the picture's size.  changed(): there is another room.
export function rooms(root, { own, changed }) {
  const control = (side) => find(`[name="cnv-${side}"]`, root);
  const page = find(".cnv-page", root);
  // As they are typed: what is no number is said by the studio.
  const typed = () => SIDES.map((side) => (Number.isInteger(Number(control(side).value || 0)) ? Number(control(side).value || 0) : control(side).value));
  const drawn = () => typed().map((pixels) => (typeof pixels === "number" ? clamp(pixels, 0, MOST) : 0));

  for (const side of SIDES) {
    control(side).addEventListener("input", changed);
    const handle = find(`.cnv-handle[data-side="${side}"]`, page);
    const [across, outwards] = [side === "left" || side === "right", side === "left" || side === "top" ? -1 : 1];
    let from = null;
    handle.addEventListener("pointerdown", (event) => {
      if (!event.isPrimary || event.button) return;
      handle.setPointerCapture(event.pointerId);
      const { width, height } = own();
      const [left, top, right, bottom] = drawn();
      // The page shrinks as its room grows: a pixel stays as large as it was when the handle was taken.
      const scale = across ? (width + left + right) / page.clientWidth : (height + top + bottom) / page.clientHeight;
      from = { at: across ? event.clientX : event.clientY, pixels: drawn()[SIDES.indexOf(side)], scale };
    });
    handle.addEventListener("pointermove", (event) => {
      if (!from || !event.isPrimary) return;
      const far = ((across ? event.clientX : event.clientY) - from.at) * from.scale * outwards;
      const others = drawn()[SIDES.indexOf({ left: "right", right: "left", top: "bottom", bottom: "top" }[side])];
      const most = MOST - others - (across ? own().width : own().height);
      const step = Math.max(own().width, own().height) > LEARNED ? 2 * STEP : STEP;
      const pixels = step * Math.round(clamp(from.pixels + far, 0, most) / step);
      if (Number(control(side).value) === pixels) return;
      control(side).value = pixels;
      changed();
    });
    for (const end of ["pointerup", "pointercancel"]) handle.addEventListener(end, () => (from = null));
  }

  return {
    // [left, top, right, bottom] as the studio is asked for them, and as they are shown.
    typed,
    drawn,
    set: (room) => SIDES.forEach((side, index) => (control(side).value = room[index])),
  };
}
