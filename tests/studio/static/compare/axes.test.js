// What is typed as the values of a setting.

import assert from "node:assert/strict";
import { test } from "node:test";

import { asked, split, suggested } from "../../../../lit/studio/static/compare/axes.js";
import { titled } from "../../../../lit/studio/static/compare/grid.js";
import { ofNoise } from "../../../../lit/studio/static/compare/viewer.js";

test("numbers are split at commas and spaces, words at lines alone", () => {
  assert.deepEqual(split(" 2, 4;8  16\n", "number"), ["2", "4", "8", "16"]);
  assert.deepEqual(split("a fox, red\n\n an owl \n", "words"), ["a fox, red", "an owl"]);
  assert.deepEqual(split(" , ", "number"), []);
});

test("an axis begins with values of its own setting", () => {
  const model = { name: "model", kind: "choice", options: [["own", "LiT"], ["teacher", "Teacher"], ["third", "Third"]] };
  assert.deepEqual(suggested(model), ["own", "teacher"]);
  assert.deepEqual(suggested({ name: "prompt", kind: "words" }, "a cat"), ["a cat", "a red fox"]);
  assert.ok(suggested({ name: "seed", kind: "number" }, 5).length > 1);
});

test("without a name nothing is asked", () => {
  assert.equal(asked("", ["1"]), null);
  assert.deepEqual(asked("seed", ["1"]), { name: "seed", values: ["1"] });
});

test("a grid is called by what it varies", () => {
  assert.equal(titled({ x: "Steps", y: "Seed" }), "Steps across, seed down");
  assert.equal(titled({ x: "Model", y: "" }), "Model across");
});

test("whether two began as the same noise is said", () => {
  const cell = (seed, side) => ({ id: "x", seed, noise: `${seed} ${side}` });
  assert.match(ofNoise(cell(3, 256), cell(3, 256)), /same noise, of seed 3/);
  assert.match(ofNoise(cell(3, 256), cell(3, 128)), /different sizes/);
  assert.match(ofNoise(cell(3, 256), cell(4, 256)), /seeds 3 and 4/);
  assert.match(ofNoise(cell(3, 256), { caption: "a.png" }), /not known/);
});
