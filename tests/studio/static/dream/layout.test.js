// The graph of a dream: where it lies, what crosses, and where a key leads.

import assert from "node:assert/strict";
import { test } from "node:test";

import { SIDE, arrow, arrows, crossings, framesOf, letter, places, walked } from "../../../../lit/studio/static/dream/layout.js";

const TABLE = [[0, 0.9, 0.1], [1, 0, 0], [0.004, 0.996, 0]];

test("places lie on a circle inside of the drawing, none on another, the largest where most frames are", () => {
  for (let count = 1; count <= 8; count++) {
    const laid = places(Array.from({ length: count }, (_, at) => 5 + at));
    assert.equal(Math.max(...laid.map(({ radius }) => radius)), laid.at(-1).radius);
    assert(Math.abs(laid.reduce((sum, { share }) => sum + share, 0) - 1) < 1e-9);
    laid.forEach((one, at) => {
      assert(one.x - one.radius >= 0 && one.x + one.radius <= SIDE && one.y - one.radius >= 0 && one.y + one.radius <= SIDE);
      for (const other of laid.slice(at + 1)) assert(Math.hypot(one.x - other.x, one.y - other.y) > one.radius + other.radius);
    });
  }
});

test("arrows leave out what hardly ever happens, and the way back is another line", () => {
  assert.deepEqual(arrows(TABLE).map(({ from, to }) => `${from}${to}`), ["01", "02", "10", "21"]);
  assert.deepEqual(arrows([[1]]), []);
  const [one, other] = places([1, 1]);
  assert.notEqual(arrow(one, other), arrow(other, one));
});

test("a place has its frames, an arrow those on both of its sides", () => {
  const symbols = [0, 0, 1, 1, 0, 1];
  assert.deepEqual(framesOf(symbols, 1), [2, 3, 5]);
  assert.deepEqual(crossings(symbols, 0, 1), [1, 2, 4, 5]);
  assert.deepEqual(crossings(symbols, 1, 1), [2, 3]);
  assert.equal(letter(2), "C");
});

test("keys go round the places and through the arrows of each", () => {
  assert.deepEqual(walked("ArrowRight", { from: 2 }, TABLE), { from: 0 });
  assert.deepEqual(walked("ArrowLeft", { from: 0, to: 1 }, TABLE), { from: 2 });
  let at = { from: 0 };
  const seen = [];
  for (let i = 0; i < 3; i++) seen.push((at = walked("ArrowDown", at, TABLE)));
  assert.deepEqual(seen, [{ from: 0, to: 1 }, { from: 0, to: 2 }, { from: 0 }]);
  assert.deepEqual(walked("ArrowUp", { from: 0 }, TABLE), { from: 0, to: 2 });
  assert.deepEqual([walked("End", at, TABLE), walked("x", at, TABLE)], [{ from: 2 }, null]);
});
