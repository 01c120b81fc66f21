import assert from "node:assert/strict";
import test from "node:test";

import { moved } from "../../../lit/studio/static/menu.js";

const TEXTS = ["Large", "Draw over", " Look inside ", "Delete"];

test("arrows go round, Home and End to the ends", () => {
  assert.equal(moved("ArrowDown", 3, TEXTS), 0);
  assert.equal(moved("ArrowUp", 0, TEXTS), 3);
  assert.equal(moved("Home", 2, TEXTS), 0);
  assert.equal(moved("End", 0, TEXTS), 3);
});

test("a letter goes to the next item that begins with it, and round", () => {
  assert.equal(moved("l", 0, TEXTS), 2);
  assert.equal(moved("L", 2, TEXTS), 0);
  assert.equal(moved("d", 1, TEXTS), 3);
  assert.equal(moved("z", 1, TEXTS), null);
});

test("other keys lead nowhere", () => {
  for (const key of ["Tab", "Escape", "Enter", " ", "F1"]) assert.equal(moved(key, 0, TEXTS), null);
});
