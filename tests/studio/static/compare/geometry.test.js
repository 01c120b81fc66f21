// Where everything stands on the grid that is saved.

import assert from "node:assert/strict";
import { test } from "node:test";

import { GAP, fitted, inside, sheet } from "../../../../lit/studio/static/compare/geometry.js";

const SHEET = { size: [256, 128], columns: 3, rows: 2, aside: 80, lines: { above: 1, below: 1 } };

test("places lie inside the sheet and do not overlap", () => {
  const { width, height, place } = sheet(SHEET);
  const places = [0, 1].flatMap((row) => [0, 1, 2].map((column) => place(column, row)));
  for (const [x, y, w, h] of places) assert.ok(x >= 80 + GAP && y > 0 && x + w <= width && y + h <= height);
  places.forEach(([x, y, w, h], at) => {
    for (const [left, top] of places.slice(at + 1)) assert.ok(left >= x + w || left + w <= x || top >= y + h);
  });
});

test("without labels of rows no room is kept for them, and long ones do not take all", () => {
  assert.ok(sheet({ ...SHEET, aside: 0 }).width < sheet(SHEET).width - 80);
  assert.equal(sheet({ ...SHEET, aside: 9000 }).width, sheet({ ...SHEET, aside: 3000 }).width);
});

test("a smaller picture stands in the middle of its place, a larger one is shrunk in proportion", () => {
  assert.deepEqual(inside([10, 20, 100, 100], [50, 20]), [35, 60, 50, 20]);
  assert.deepEqual(inside([0, 0, 100, 100], [400, 200]), [0, 25, 100, 50]);
});

test("text is cut to its room, whole characters at a time", () => {
  const measure = (text) => [...text].length;
  assert.equal(fitted("a fox", 5, measure), "a fox");
  assert.equal(fitted("a fox 🦊🦊🦊", 8, measure), "a fox 🦊…");
  assert.equal(fitted("a foxes", 3, measure), "a…");
});
