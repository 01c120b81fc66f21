// The sum as words and as bars.

import assert from "node:assert/strict";
import { test } from "node:test";

import { chartRows, chartScale, spotName, stepName } from "../../../../lit/studio/static/scope/sum.js";

const PARTS = [
  { kind: "input", name: "The noisy picture", value: 0.5 },
  { kind: "word", name: "red", value: -0.75 },
  { kind: "word", name: "fox", value: 0.25 },
  { kind: "bias", name: "Block 1", value: 0.125 },
  { kind: "bias", name: "Block 2", value: 0.25 },
];
const ANSWER = { parts: PARTS, total: 0.375 };

test("a pixel is named by its place, a box by its size too", () => {
  assert.equal(spotName([120, 96, 121, 97]), "at 120, 96");
  assert.equal(spotName([16, 0, 32, 8]), "in 16 \u00d7 8 pixels at 16, 0");
});

test("a step is counted from one", () => {
  assert.equal(stepName({ steps: [{ said: "time 1000" }, { said: "time 500" }] }, 1), "Step 2 of 2: time 500");
});

for (const byLayer of [false, true]) {
  test(`each bar begins where the last one ended, and the last ends at the whole (by layer: ${byLayer})`, () => {
    const rows = chartRows(ANSWER, byLayer);
    const whole = rows.pop();
    rows.forEach((row, number) => assert.equal(row.from, number ? rows[number - 1].to : 0));
    rows.forEach((row) => assert.equal(row.to - row.from, row.value));
    assert.equal(rows.at(-1).to, ANSWER.total);
    assert.deepEqual([whole.kind, whole.from, whole.to], ["total", 0, ANSWER.total]);
    assert.equal(rows.length, byLayer ? 5 : 4);
    assert.deepEqual(rows.map((row) => row.word), byLayer ? [null, 0, 1, null, null] : [null, 0, 1, null]);
  });
}

test("biases together say of how many parts, one alone is only a bias", () => {
  assert.equal(chartRows(ANSWER, false).at(-2).name, "Biases of 2 parts");
  assert.equal(chartRows({ parts: PARTS.slice(0, 4), total: 0.125 }, false).at(-2).name, "Bias");
});

test("the chart spans all its bars and zero, and is not empty where all is nothing", () => {
  const rows = chartRows(ANSWER, true);
  const scale = chartScale(rows);
  const ends = rows.flatMap((row) => [scale(row.from), scale(row.to)]);
  assert.equal(Math.min(...ends), 0);
  assert.equal(Math.max(...ends), 1);
  assert.equal(scale(0), 1 / 3); // from -0.25 to 0.5
  assert.equal(chartScale([{ from: 0, to: 0 }])(0), 0);
  assert.equal(chartScale([{ from: 0.5, to: 1 }])(0), 0); // zero belongs to it
});
