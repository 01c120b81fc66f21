// What does not depend on who asks: numbers and places as words, the rows of the sum, the picture with its box.

const SHORT = 4; // decimals in the chart
const LONG = 6; // decimals in the table
const REST = 200; // milliseconds that the timeline's hand rests before its step is computed
const STAY = 80; // milliseconds that a hand stays over a square before its answer is found
const MAPS = ["reads", "spreads"];
const KINDS = { input: "noise", word: "word", bias: "bias" };

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));
const signed = (value, decimals) => (value < 0 ? "\u2212" : "") + Math.abs(value).toFixed(decimals);
const colour = (name) => getComputedStyle(root).getPropertyValue(`--lit-${name}`).trim();

// "at 120, 96", or "in 16 × 8 pixels at 120, 96".
function spotName([left, top, right, bottom]) {
  const at = `at ${left}, ${top}`;
  const [width, height] = [right - left, bottom - top];
  return width * height === 1 ? at : `in ${width} \u00d7 ${height} pixels ${at}`;
}

// "Step 3 of 20: time 900, where 1000 is all noise".
const stepName = ({ steps }, index) => `Step ${index + 1} of ${steps.length}: ${steps[index].said}`;

// The answer's parts as bars that follow each other: {kind, name, value, from, to, word}, the whole last.
// Biases are one bar, unless asked for by layer.
function chartRows({ parts, total }, byLayer) {
  const biases = parts.filter((part) => part.kind === "bias");
  const others = parts.filter((part) => part.kind !== "bias");
  const together = biases.reduce((sum, part) => sum + part.value, 0);
  const name = biases.length === 1 ? "Bias" : `Biases of ${biases.length} parts`;
  const shown = [...others, ...(byLayer ? biases : [{ kind: "bias", name, value: together }])];
  let end = 0;
  let words = 0;
  const rows = shown.map((part) => {
    const from = end;
    end += part.value;
    return { ...part, from, to: end, word: part.kind === "word" ? words++ : null };
  });
  return [...rows, { kind: "total", name: "What is there", value: total, from: 0, to: total, word: null }];
}

// Draw the picture over the whole canvas; where a part is lit, the picture fades behind it.
// size: the picture's sides in its own pixels.  box: [left, top, right, bottom] in them, or null.
function paint(canvas, { picture, part, box, size }) {
  const zoom = Math.max(1, Math.round(768 / size[0])); // enough for sharp lines on dense screens
  const [width, height] = [size[0] * zoom, size[1] * zoom];
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
  // A white line inside a dark one is seen on every ground; a single pixel gets a ring around it.
  const margin = Math.max(0, 9 * (width / 768) - ((box[2] - box[0]) * zoom) / 2);
  const frame = [
    box[0] * zoom - margin,
    box[1] * zoom - margin,
    (box[2] - box[0]) * zoom + 2 * margin,
    (box[3] - box[1]) * zoom + 2 * margin,
  ];
  for (const [ink, thickness] of [["#1b1826", 7], ["#ffffff", 3]]) {
    pen.strokeStyle = ink;
    pen.lineWidth = (thickness * width) / 768;
    pen.strokeRect(...frame);
  }
}
