// What is typed as the values of an axis, and what stands there to begin with.

import assert from "node:assert/strict";
import { test } from "node:test";

import { joined, range, split, suggested } from "../../../../lit/studio/static/sweep/values.js";

test("words have commas of their own: slashes stand between them", () => {
  assert.deepEqual(split("a fox, sitting / a cat /  / an owl "), ["a fox, sitting", "a cat", "an owl"]);
  assert.deepEqual(split(joined(["a fox", "an owl"])), ["a fox", "an owl"]);
});

test("each kind begins with values that differ, from what is set", () => {
  const number = { kind: "number", low: 0, high: 1 };
  assert.equal(suggested({ ...number, name: "variation_strength" }), "0, 0.5, 1");
  assert.equal(suggested({ ...number, name: "seed" }, 7), "7, 8, 9, 10");
  assert.deepEqual(suggested({ name: "style", kind: "choice", options: [["any", "Any"], ["noto", "Noto"]] }), ["any", "noto"]);
  assert.equal(suggested({ name: "prompt", kind: "words" }, "a cat", "a cat"), "a cat / an owl");
  assert.equal(suggested({ name: "part", kind: "part" }, undefined, "a red owl"), "owl / cat");
});

test("a range is what the page offers of a setting", () => {
  assert.deepEqual(range({ low: 1, high: 20, shown: [1, 8] }), [1, 8]);
  assert.deepEqual(range({ low: 0, high: 1, shown: null }), [0, 1]);
});
