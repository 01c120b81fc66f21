import assert from "node:assert/strict";
import test from "node:test";

import { arrived, arriving } from "../../../lit/studio/static/arriving.js";

test("a picture waits for its tab, which has been opened, and is taken once", () => {
  const opened = [];
  const tab = { textContent: " Compare ", click: () => opened.push("Compare") };
  globalThis.document = { querySelectorAll: () => [{ textContent: "Library", click: () => opened.push("Library") }, tab] };
  const place = new EventTarget();
  arriving("lit-compare", "Compare", place);
  assert.equal(arrived("lit-compare"), null);
  place.dispatchEvent(Object.assign(new Event("lit-compare"), { detail: { picture: { id: "ab/1.png" } } }));
  assert.deepEqual(opened, ["Compare"]);
  assert.deepEqual(arrived("lit-compare"), { id: "ab/1.png" });
  assert.equal(arrived("lit-compare"), null);
});
