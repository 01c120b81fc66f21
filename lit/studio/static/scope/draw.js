// The picture on its canvas, with what is laid over it.

import { enlarged, frameOf } from "./geometry.js";

// Draw the picture over the whole canvas; where a part is lit, the picture fades behind it.
// size: the picture's sides in its own pixels.  box: in them, or null.
export function paint(canvas, { picture, part, box, size }) {
  const sides = enlarged(size);
  const { width, height } = sides;
  if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, width, height);
  const put = (image, strength) => {
    if (!image || !image.complete || !image.naturalWidth) return;
    pen.globalAlpha = strength;
    pen.drawImage(image, 0, 0, width, height);
    pen.globalAlpha = 1;
  };
  put(picture, part ? 0.18 : 1);
  put(part, 1);
  if (!box) return;
  const frame = frameOf(box, sides);
  // A white line inside a dark one is seen on every ground.
  for (const [ink, thickness] of [["#1b1826", 7], ["#ffffff", 3]]) {
    pen.strokeStyle = ink;
    pen.lineWidth = (thickness * width) / 768;
    pen.strokeRect(frame.x, frame.y, frame.width, frame.height);
  }
}
