// Earlier words, as they were typed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { distinct } from "../../../../lit/studio/static/generate/earlier.js";

test("each earlier prompt comes once, without the one that stands there", () => {
  const found = distinct(["an owl", "ein roter Hund", "a {red|blue} cat", "a {red|blue} cat", "a red dog"], "an owl");
  assert.deepEqual(found, ["ein roter Hund", "a {red|blue} cat", "a red dog"]);
});
