import assert from "node:assert/strict";
import { test } from "node:test";

import { remembering } from "../../../../lit/studio/static/export/remembering.js";

function storage(text = null) {
  const kept = { text };
  return { getItem: () => kept.text, setItem: (_, value) => (kept.text = value), kept };
}
const USUAL = { targets: ["whatsapp"], loop: "", advised: true, border: 8 };

test("what was chosen is there again", () => {
  const place = storage();
  const { choice, keep } = remembering(USUAL, place);
  choice.targets = ["slack", "line"];
  choice.border = 3;
  keep();
  assert.deepEqual(remembering(USUAL, place).choice, { ...USUAL, targets: ["slack", "line"], border: 3 });
});

test("what somebody else has written is left out", () => {
  for (const text of ["{", "null", "[]", '{"targets": "slack", "border": "8", "advised": 1, "other": 3}']) {
    assert.deepEqual(remembering(USUAL, storage(text)).choice, USUAL);
  }
});
