// How a place on the picture is chosen: with a hand, or with the keyboard.

const SLIP = 4; // screen pixels that a hand may move in a click

// panel.dragged is the box on its way, in pixels; `choose` gets it as shares of the sides once it is meant.
function listen(panel, canvas) {
  const { width, height, square } = panel.drawing;
  const shares = ([left, top, right, bottom]) => [left / width, top / height, right / width, bottom / height];
  const boxAt = ([x, y], side) => [x, y, Math.min(x + side, width), Math.min(y + side, height)];
  const onGrid = (pixel, side) => pixel.map((at) => Math.floor(at / side) * side);
  let side = square; // of the keyboard's box
  let corner = onGrid([width >> 1, height >> 1], side); // and its upper left

  // Pointer: a click is a square, with Shift a pixel; a drag is a box.
  function pixelAt(event) {
    const area = canvas.getBoundingClientRect();
    return [
      clamp(Math.floor(((event.clientX - area.left) / area.width) * width), 0, width - 1),
      clamp(Math.floor(((event.clientY - area.top) / area.height) * height), 0, height - 1),
    ];
  }
  const spanned = ([x, y], [u, v]) => [Math.min(x, u), Math.min(y, v), Math.max(x, u) + 1, Math.max(y, v) + 1];
  let pressed = null; // {at: the pixel, x, y: on the screen}
  const held = (event) => {
    if (Math.hypot(event.clientX - pressed.x, event.clientY - pressed.y) > SLIP) pressed.moved = true;
    if (pressed.moved) return spanned(pressed.at, pixelAt(event));
    return boxAt(event.shiftKey ? pressed.at : onGrid(pressed.at, square), event.shiftKey ? 1 : square);
  };
  canvas.onpointerdown = (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    pressed = { at: pixelAt(event), x: event.clientX, y: event.clientY };
    panel.dragged = held(event);
    panel.redraw();
  };
  canvas.onpointermove = (event) => {
    if (!pressed) return hover(shares(boxAt(onGrid(pixelAt(event), square), square)));
    panel.dragged = held(event);
    panel.redraw();
  };
  canvas.onpointerup = (event) => {
    if (!pressed) return;
    const box = held(event);
    [corner, side] = [box.slice(0, 2), pressed.moved || !event.shiftKey ? square : 1];
    pressed = panel.dragged = null;
    choose(shares(box));
  };
  canvas.onpointercancel = () => {
    pressed = panel.dragged = null;
    panel.redraw();
  };

  // Keyboard: the arrows move a box by its own side, with Shift by a pixel; plus and minus change it; Enter looks.
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  canvas.onkeydown = (event) => {
    const arrow = ARROWS[event.key];
    if (arrow) {
      const far = event.shiftKey ? 1 : side;
      corner = corner.map((at, axis) => clamp(at + far * arrow[axis], 0, [width, height][axis] - 1));
    } else if (event.key === "+" || event.key === "-") {
      side = clamp(event.key === "+" ? 2 * side : side >> 1, 1, Math.max(width, height));
      if (event.key === "+") corner = onGrid(corner, side);
    } else if (event.key === "Enter" || event.key === " ") {
      panel.dragged = null;
      event.preventDefault();
      return void choose(shares(boxAt(corner, side)));
    } else if (event.key === "Escape") {
      panel.dragged = null;
      return void panel.redraw();
    } else {
      return;
    }
    event.preventDefault();
    panel.dragged = boxAt(corner, side);
    panel.redraw();
    announce(`${spotName(panel.dragged)}. Enter looks.`);
  };
  canvas.onblur = () => {
    panel.dragged = null;
    panel.redraw();
  };
}
