import assert from "node:assert/strict";
import test from "node:test";

import { fromLink, toLink } from "../../../../lit/studio/static/library/link.js";
import { between, dayName, moved, remaining } from "../../../../lit/studio/static/library/selecting.js";

const NAMES = ["a", "b", "c", "d", "e"];
const DEFAULTS = { prompt: null, style: "any", negative_prompt: "", seed: 0, guidance_scale: 4 };

test("a link says again what it was made of, whatever is in the words", () => {
  for (const prompt of ["a fox", 'a "quoted" & #50% +1=2', "青い蝶 🐱", "ein grüner Bär?p=x"]) {
    const values = { ...DEFAULTS, prompt, style: "noto", seed: 7 };
    const link = new URL(toLink(values, DEFAULTS, "http://localhost:7860/studio/#old"));
    assert.equal(link.pathname, "/studio/");
    assert.deepEqual(fromLink(link.hash, DEFAULTS), values);
  }
  assert.equal(new URL(toLink({ ...DEFAULTS, prompt: "a fox" }, DEFAULTS, "http://x/")).hash, "#p=a%20fox");
});

test("a link without words, or with a number that is none, carries nothing; what is unknown is left out", () => {
  for (const hash of ["", "#", "#p=", "#seed=3", "#p=a&seed=many"]) assert.equal(fromLink(hash, DEFAULTS), null);
  assert.deepEqual(fromLink("#p=a&nonsense=1&prompt=b", DEFAULTS), { ...DEFAULTS, prompt: "a" });
});

test("arrows stay among the pictures, and lead back", () => {
  assert.equal(moved(NAMES, "b", "ArrowRight", 2), "c");
  assert.equal(moved(NAMES, "b", "ArrowDown", 2), "d");
  assert.equal(moved(NAMES, "a", "ArrowUp", 2), "a");
  assert.equal(moved(NAMES, "d", "ArrowDown", 2), "e");
  assert.equal(moved(NAMES, "c", "Home", 2), "a");
  assert.equal(moved(NAMES, "c", "End", 2), "e");
});

test("a range is the same from both ends", () => {
  assert.deepEqual(between(NAMES, "b", "d"), ["b", "c", "d"]);
  assert.deepEqual(between(NAMES, "d", "b"), ["b", "c", "d"]);
  assert.deepEqual(between(NAMES, "gone", "b"), ["b"]);
});

test("the focus goes to the next that stays, else to the last before, else nowhere", () => {
  assert.equal(remaining(NAMES, new Set(["b", "c"]), "b"), "d");
  assert.equal(remaining(NAMES, new Set(["d", "e"]), "d"), "c");
  assert.equal(remaining(NAMES, new Set(NAMES), "a"), null);
});

test("days near to now have names", () => {
  assert.equal(dayName("2026-11-28", "2026-11-28", "en"), "Today");
  assert.equal(dayName("2026-11-30", "2026-12-01", "en"), "Yesterday");
  assert.match(dayName("2026-03-01", "2026-11-28", "en"), /Sunday.*March.*2026|March 1, 2026/);
});
