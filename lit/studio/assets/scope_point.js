// How a place on the picture is chosen: with a hand, or with the keyboard.

// panel.dragged is the box on its way, in pixels; `choose` gets it as shares of the sides once it is meant.
function listen(panel, canvas) {
  const { width, height } = panel.drawing;
  const shares = ([left, top, right, bottom]) => [left / width, top / height, right / width, bottom / height];
  let cursor = [width >> 1, height >> 1]; // the keyboard's point
  let reach = 0; // and how many pixels its box has on each side

  // Pointer: a click is a pixel, a drag a box.
  function pixelAt(event) {
    const area = canvas.getBoundingClientRect();
    return [
      clamp(Math.floor(((event.clientX - area.left) / area.width) * width), 0, width - 1),
      clamp(Math.floor(((event.clientY - area.top) / area.height) * height), 0, height - 1),
    ];
  }
  const spanned = ([x, y], [u, v]) => [Math.min(x, u), Math.min(y, v), Math.max(x, u) + 1, Math.max(y, v) + 1];
  let pressed = null;
  canvas.onpointerdown = (event) => {
    if (event.button) return;
    canvas.setPointerCapture(event.pointerId);
    pressed = pixelAt(event);
    panel.dragged = spanned(pressed, pressed);
    panel.redraw();
  };
  canvas.onpointermove = (event) => {
    if (!pressed) return;
    panel.dragged = spanned(pressed, pixelAt(event));
    panel.redraw();
  };
  canvas.onpointerup = () => {
    if (!pressed) return;
    const box = panel.dragged;
    [cursor, reach] = [pressed, 0];
    pressed = panel.dragged = null;
    choose(shares(box));
  };
  canvas.onpointercancel = () => {
    pressed = panel.dragged = null;
    panel.redraw();
  };

  // Keyboard: the same with arrows, plus and minus, and Enter.
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const boxAround = () => [
    clamp(cursor[0] - reach, 0, width - 1),
    clamp(cursor[1] - reach, 0, height - 1),
    clamp(cursor[0] + reach + 1, 1, width),
    clamp(cursor[1] + reach + 1, 1, height),
  ];
  canvas.onkeydown = (event) => {
    const arrow = ARROWS[event.key];
    if (arrow) {
      const far = event.shiftKey ? 8 : 1;
      cursor = cursor.map((at, axis) => clamp(at + far * arrow[axis], 0, [width, height][axis] - 1));
    } else if (event.key === "+" || event.key === "-") {
      reach = clamp(reach + (event.key === "+" ? 1 : -1), 0, width >> 1);
    } else if (event.key === "Enter" || event.key === " ") {
      const box = boxAround();
      panel.dragged = null;
      event.preventDefault();
      return void choose(shares(box));
    } else if (event.key === "Escape") {
      panel.dragged = null;
      return void panel.redraw();
    } else {
      return;
    }
    event.preventDefault();
    panel.dragged = boxAround();
    panel.redraw();
    announce(`${spotName(panel.dragged)}. Enter looks.`);
  };
  canvas.onblur = () => {
    panel.dragged = null;
    panel.redraw();
  };
}
