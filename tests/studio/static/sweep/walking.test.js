// Where keys lead in a sweep's pictures, and which pictures are beside one.

import assert from "node:assert/strict";
import { test } from "node:test";

import { near } from "../../../../lit/studio/static/sweep/picture.js";
import { walked } from "../../../../lit/studio/static/sweep/walking.js";

const SIZE = { rows: 2, columns: 3, layers: 2 };
const from = (row, column, layer = 0) => ({ row, column, layer });

test("arrows go one on and stay inside", () => {
  assert.deepEqual(walked("ArrowRight", from(0, 0), SIZE), from(0, 1));
  assert.deepEqual(walked("ArrowDown", from(0, 2), SIZE), from(1, 2));
  for (const [key, at] of [["ArrowLeft", from(1, 0)], ["ArrowRight", from(1, 2)], ["ArrowUp", from(0, 1)], ["ArrowDown", from(1, 1)]]) {
    assert.deepEqual(walked(key, at, SIZE), at);
  }
});

test("Home and End go along the row, with Control over all; Page Up and Down through the layers, if there are some", () => {
  assert.deepEqual(walked("End", from(0, 1), SIZE), from(0, 2));
  assert.deepEqual(walked("End", from(0, 1), SIZE, true), from(1, 2));
  assert.deepEqual(walked("Home", from(1, 1), SIZE, true), from(0, 0));
  assert.deepEqual(walked("PageDown", from(1, 1), SIZE), from(1, 1, 1));
  assert.deepEqual(walked("PageDown", from(1, 1, 1), SIZE), from(1, 1, 1));
  assert.equal(walked("PageUp", from(0, 0), { ...SIZE, layers: 1 }), null);
  assert.equal(walked("a", from(0, 0), SIZE), null);
});

test("beside a picture are those that are drawn, in their order", () => {
  const [one, none, other] = [{ id: "s/0" }, { id: "" }, { id: "s/2" }];
  assert.equal(near([one, none, other], one, 1), other);
  assert.equal(near([one, none, other], other, -1), one);
  assert.equal(near([one, none, other], other, 1), null);
  assert.equal(near([one], one, -1), null);
});
