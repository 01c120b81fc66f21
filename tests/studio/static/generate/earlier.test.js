// Earlier words, as they were typed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { distinct } from "../../../../lit/studio/static/generate/earlier.js";

test("each earlier prompt comes once, as it was typed, without the one that stands there", () => {
  const typed = new Map([["3", "ein roter Hund"], ["2", "a {red|blue} cat"], ["1", "a {red|blue} cat"]]);
  const drawings = [["4", "an owl"], ["3", "a red dog"], ["2", "a red cat"], ["1", "a blue cat"], ["0", "a red dog"]];
  const found = distinct(drawings.map(([job, prompt]) => ({ job, prompt })), { of: (job) => typed.get(job) }, "an owl");
  assert.deepEqual(found, ["ein roter Hund", "a {red|blue} cat", "a red dog"]);
});
