// What the controls say, kept in the browser.

import assert from "node:assert/strict";
import { test } from "node:test";

import { drafting } from "../../../../lit/studio/static/generate/drafting.js";

const FIRST = { prompt: "a butterfly", style: "any", seed: 0, image: "" };
const KEPT = ["prompt", "style", "seed"];

// A browser whose pages come and go.
function browser() {
  let kept = null;
  const storage = { getItem: () => kept, setItem: (_, text) => (kept = text) };
  return {
    put: (text) => (kept = text),
    kept: () => JSON.parse(kept),
    page() {
      let [due, leave] = [null, null];
      const clock = { wait: (call) => (due = call), drop: () => (due = null), leaving: (call) => (leave = call) };
      return { drafts: drafting(KEPT, storage, clock), pause: () => due?.(), leave: () => leave() };
    },
  };
}

test("words that nobody has sent are there after a reload, without a pause in typing", () => {
  const { page } = browser();
  const first = page();
  assert.equal(first.drafts.begin({ visitor: "ann", values: FIRST }), null);
  first.drafts.note({ visitor: "ann", values: { ...FIRST, prompt: "a half-written", seed: 7, image: "f00" } });
  first.leave();
  const draft = page().drafts.begin({ visitor: "ann", values: FIRST });
  assert.deepEqual(draft, { prompt: "a half-written", style: "any", seed: 7 });
});

test("they are of one visitor", () => {
  const { page } = browser();
  const first = page();
  first.drafts.begin({ visitor: "ann", values: FIRST });
  first.drafts.note({ visitor: "ann", values: { ...FIRST, seed: 7 } });
  first.pause();
  assert.equal(page().drafts.begin({ visitor: "bob", values: FIRST }), null);
});

test("only what is another than at first is kept, so that a newer studio's own values are taken over", () => {
  const { page, kept } = browser();
  const first = page();
  first.drafts.begin({ visitor: "ann", values: FIRST });
  first.drafts.note({ visitor: "ann", values: { ...FIRST, prompt: "" } });
  first.pause();
  assert.deepEqual(kept().values, { prompt: "" });
  assert.deepEqual(page().drafts.begin({ visitor: "ann", values: { ...FIRST, seed: 3 } }), { prompt: "", style: "any", seed: 3 });
});

test("what is kept and makes no sense is left out", () => {
  const { page, put } = browser();
  for (const text of ["no JSON", "null", "3", '{"visitor": "ann"}']) {
    put(text);
    assert.equal(page().drafts.begin({ visitor: "ann", values: FIRST }), null);
  }
  put('{"visitor": "ann", "values": {"seed": "many", "depth": 3, "style": "noto"}}');
  assert.deepEqual(page().drafts.begin({ visitor: "ann", values: FIRST }), { prompt: "a butterfly", style: "noto", seed: 0 });
});
