// What is painted: where, how softly, and back again.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as mask from "../../../../lit/studio/static/canvas/mask.js";

const hard = { radius: 5, soft: 0, erase: false };
const at = ({ width, data }, x, y) => data[y * width + x];
const square = [{ x: 10, y: 10 }, { x: 30, y: 10 }, { x: 30, y: 20 }, { x: 10, y: 20 }];

test("a stroke reaches its radius around its way and no further, softly where it is soft", () => {
  for (const soft of [0, 1]) {
    const painted = mask.blank(40, 30);
    mask.stroke(painted, { x: 10, y: 15 }, { x: 30, y: 15 }, { ...hard, soft });
    for (let y = 0; y < 30; y++) {
      for (let x = 0; x < 40; x++) {
        const apart = Math.hypot(x + 0.5 - Math.min(30, Math.max(10, x + 0.5)), y + 0.5 - 15);
        const wanted = apart > 5 ? 0 : soft ? Math.round(255 * ((5 - apart) / 5)) : 255;
        assert.ok(Math.abs(at(painted, x, y) - wanted) <= 1, `${x} ${y}`);
      }
    }
  }
});

test("the eraser takes away what the same stroke has painted", () => {
  for (const soft of [0, 0.5]) {
    const painted = mask.blank(40, 30);
    const way = [{ x: 3, y: 4 }, { x: 38, y: 29 }];
    mask.stroke(painted, ...way, { ...hard, soft });
    mask.stroke(painted, ...way, { radius: 11, soft: 0, erase: true });
    assert.equal(mask.share(painted), 0);
  }
});

test("a lasso fills what it runs around, whichever way round, and a line nothing", () => {
  for (const points of [square, [...square].reverse()]) {
    const painted = mask.blank(40, 30);
    mask.lasso(painted, points, { soft: 0 });
    assert.equal(painted.data.reduce((sum, value) => sum + value, 0), 255 * 20 * 10);
    assert.equal(at(painted, 10, 10), 255);
    assert.equal(at(painted, 30, 20), 0);
    mask.lasso(painted, points, { soft: 0, erase: true });
    assert.equal(mask.share(painted), 0);
  }
  const line = mask.blank(9, 9);
  mask.lasso(line, square.slice(0, 2), { soft: 0 });
  assert.equal(mask.share(line), 0);
});

test("a soft lasso fades over so many pixels on both sides, also at the picture's edge", () => {
  const painted = mask.blank(40, 30);
  mask.lasso(painted, [{ x: -20, y: 10 }, { x: 60, y: 10 }, { x: 60, y: 60 }, { x: -20, y: 60 }], { soft: 4 });
  assert.deepEqual([5, 15, 29].map((y) => at(painted, 20, y)), [0, 255, 255]);
  assert.ok(at(painted, 20, 9) > 0 && at(painted, 20, 10) < 255);
});

test("inverting twice is nothing, everything inverted is blank", () => {
  const painted = mask.blank(40, 30);
  mask.stroke(painted, { x: 8, y: 8 }, { x: 8, y: 8 }, { ...hard, soft: 0.7 });
  const before = painted.data.slice();
  mask.invert(painted);
  mask.invert(painted);
  assert.deepEqual(painted.data, before);
  mask.everything(painted);
  assert.equal(mask.share(painted), 1);
  mask.invert(painted);
  assert.equal(mask.share(painted), 0);
});

test("what is painted moves with its picture, and comes back whole where it was not cut off", () => {
  const painted = mask.blank(40, 30);
  mask.lasso(painted, square, { soft: 0 });
  const page = mask.moved(painted, 72, 46, 32, 16);
  assert.deepEqual([at(page, 42, 26), at(page, 41, 26), at(page, 61, 35), at(page, 62, 36)], [255, 0, 255, 0]);
  assert.deepEqual(mask.moved(page, 40, 30, -32, -16).data, painted.data);
  assert.deepEqual(mask.moved(page, 40, 30, -32, -16).width, 40);
});

test("what was undone is done again, until something else is done", () => {
  const steps = mask.undoing("a", 3);
  assert.deepEqual([steps.undo(), steps.redo()], [null, null]);
  for (const state of ["b", "c", "d"]) steps.did(state);
  assert.deepEqual([steps.undo(), steps.undo(), steps.undo(), steps.redo()], ["c", "b", null, "c"]);
  assert.deepEqual(steps.can(), { undo: true, redo: true });
  steps.did("e");
  assert.deepEqual([steps.redo(), steps.undo()], [null, "c"]);
});
