// Words in groups.

import assert from "node:assert/strict";
import { test } from "node:test";

import { grouped } from "../../../../lit/studio/static/scope/words.js";

test("each word is in its group, in its order, and groups without words are not there", () => {
  const words = ["marks", "yours", "yours", "marks"].map((group) => ({ group }));
  assert.deepEqual(
    grouped(words).map(({ name, numbers }) => [name, numbers]),
    [["yours", [1, 2]], ["marks", [0, 3]]],
  );
  assert.deepEqual(grouped([]), []);
});
