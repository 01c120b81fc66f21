// A picture handed from one tab to another.

import assert from "node:assert/strict";
import { test } from "node:test";

import { hand, taken } from "../../../lit/studio/static/handing.js";

test("the last picture that was handed over is taken, once", () => {
  assert.equal(taken(), null);
  hand("a fox");
  hand("an owl");
  assert.equal(taken(), "an owl");
  assert.equal(taken(), null);
});
