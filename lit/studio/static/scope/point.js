// How a place on the picture is chosen: with a hand, or with the keyboard.

import { t } from "../languages.js";
import { afterKey, boxAt, onGrid, pixelAt, spanned, toShares } from "./geometry.js";
import { spotName } from "./sum.js";

const SLIP = 4; // screen pixels that a hand may move in a click

// size, square: of the picture and of the squares it is asked by, in pixels.  drag(box): a box is on its way, in
// pixels; null for none any more.  choose(shares): it is meant, and no longer on its way.  hover(shares): the hand is over this square.
// announce(text): for those who do not see it.
export function listen(canvas, { size, square, drag, choose, hover, announce }) {
  let keyed = { corner: onGrid([size[0] >> 1, size[1] >> 1], square), side: square }; // the keyboard's box

  // Pointer: a click is a square, with Shift a pixel; a drag is a box.
  const under = (event) => pixelAt(canvas.getBoundingClientRect(), [event.clientX, event.clientY], size);
  let pressed = null; // {at: the pixel, x, y: on the screen}
  const held = (event) => {
    if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > SLIP) pressed.moved = true;
    if (pressed.moved) return spanned(pressed.at, under(event));
    return event.shiftKey ? boxAt(pressed.at, 1, size) : boxAt(onGrid(pressed.at, square), square, size);
  };
  canvas.onpointerdown = (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    pressed = { at: under(event), x: event.clientX, y: event.clientY };
    drag(held(event));
  };
  canvas.onpointermove = (event) => {
    if (pressed) drag(held(event));
    else hover(toShares(boxAt(onGrid(under(event), square), square, size), size));
  };
  canvas.onpointerup = (event) => {
    if (!pressed) return;
    const box = held(event);
    keyed = { corner: box.slice(0, 2), side: pressed.moved || !event.shiftKey ? square : 1 };
    pressed = null;
    choose(toShares(box, size));
  };
  canvas.onpointercancel = () => {
    pressed = null;
    drag(null);
  };

  // Keyboard: what `afterKey` knows; Enter looks.
  canvas.onkeydown = (event) => {
    const changed = afterKey(keyed, event, size);
    if (changed) {
      keyed = changed;
      const box = boxAt(keyed.corner, keyed.side, size);
      drag(box);
      announce(t("{spot}. Enter looks.", { spot: spotName(box) }));
    } else if (event.key === "Enter" || event.key === " ") {
      choose(toShares(boxAt(keyed.corner, keyed.side, size), size));
    } else {
      if (event.key === "Escape") drag(null);
      return;
    }
    event.preventDefault();
  };
  canvas.onblur = () => drag(null);
}
