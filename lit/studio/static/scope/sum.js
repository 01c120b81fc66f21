// The sum as words, as bars that follow each other, and as a table.

import { t } from "../languages.js";
import { make, signed } from "../ui.js";

export const SHORT = 4; // decimals in the chart
const LONG = 6; // decimals in the table
const kinds = () => ({ input: t("noise"), picture: t("picture"), word: t("word"), bias: t("bias") });

// "at 120, 96", or "in 16 × 8 pixels at 120, 96".
export function spotName([left, top, right, bottom]) {
  const [width, height] = [right - left, bottom - top];
  if (width * height === 1) return t("at {x}, {y}", { x: left, y: top });
  return t("in {width} × {height} pixels at {x}, {y}", { width, height, x: left, y: top });
}

// "Step 3 of 20: time 900, where 1000 is all noise".
export const stepName = ({ steps }, index) => 
  `${t("Step {step} of {all}", { step: index + 1, all: steps.length })}: ${steps[index].said}`;

// The answer's parts as bars that follow each other: {kind, name, value, from, to, word}, the whole last.
// Biases are one bar, unless asked for by layer.
export function chartRows({ parts, total }, byLayer) {
  const biases = parts.filter((part) => part.kind === "bias");
  const others = parts.filter((part) => part.kind !== "bias");
  const together = biases.reduce((sum, part) => sum + part.value, 0);
  const name = biases.length === 1 ? t("Bias") : t("Biases of {n} parts", { n: biases.length });
  const shown = [...others, ...(byLayer ? biases : [{ kind: "bias", name, value: together }])];
  let end = 0;
  let words = 0;
  const rows = shown.map((part) => {
    const from = end;
    end += part.value;
    return { ...part, from, to: end, word: part.kind === "word" ? words++ : null };
  });
  return [...rows, { kind: "total", name: t("What is there"), value: total, from: 0, to: total, word: null }];
}

// Where a value of these rows stands between the least and the most of them, zero among them: 0 to 1.
export function chartScale(rows) {
  const ends = [0, ...rows.flatMap((row) => [row.from, row.to])];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  return (value) => (value - low) / (high - low || 1);
}

// Each bar begins where the last one ended; the last row is the whole, from zero.
// light(word): the hand is on the bar of a word, or of none (null).
export function showChart(chart, answer, byLayer, light) {
  const rows = chartRows(answer, byLayer);
  const scale = chartScale(rows);
  const share = (value) => `${100 * scale(value)}%`;
  chart.style.setProperty("--zero", share(0));
  chart.replaceChildren(
    ...rows.map((row) => {
      const line = make("div", "sc-row");
      line.dataset.kind = row.kind;
      const bar = make("div", "sc-bar");
      const [from, to] = [share(Math.min(row.from, row.to)), share(Math.max(row.from, row.to))];
      [bar.style.left, bar.style.width] = [from, `calc(${to} - ${from})`];
      const track = make("div", "sc-track");
      track.append(bar);
      const name = make("div", "sc-name", row.name);
      name.title = row.name;
      line.append(name, track, make("div", "sc-value", signed(row.value, SHORT)));
      if (row.kind === "word") {
        line.dataset.word = row.word;
        line.onmouseenter = () => light(row.word);
        line.onmouseleave = () => light(null);
      }
      return line;
    }),
  );
}

export function showTable(place, { parts, total }) {
  const table = make("table");
  const row = (section, tag, ...cells) => {
    const line = section.insertRow();
    cells.forEach((text, number) => {
      const cell = make(number === 0 ? "th" : tag, "", text);
      if (cell.tagName === "TH") cell.scope = tag === "th" ? "col" : "row";
      line.append(cell);
    });
  };
  row(table.createTHead(), "th", t("Part"), t("Kind"), t("Value"));
  const body = table.createTBody();
  for (const part of parts) row(body, "td", part.name, kinds()[part.kind], signed(part.value, LONG));
  row(table.createTFoot(), "td", t("What is there"), t("sum"), signed(total, LONG));
  place.replaceChildren(table);
}
