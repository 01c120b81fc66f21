// What the tabs' scripts share.

import assert from "node:assert/strict";
import { test } from "node:test";

import { asking, clamp, follow, signed } from "../../../lit/studio/static/ui.js";

test("a number has the wide minus and its decimals, and no minus where it is nothing", () => {
  assert.equal(signed(0.12345, 4), "0.1235");
  assert.equal(signed(-0.5, 2), "\u22120.50");
  assert.equal(signed(-0, 1), "0.0");
  for (const value of [-3.25, 0, 1e-9, 7.5]) assert.equal(Number(signed(value, 6).replace("\u2212", "-")), Number(value.toFixed(6)));
});

test("a number outside is brought to the nearest bound", () => {
  assert.deepEqual([-1, 0, 3, 9].map((value) => clamp(value, 0, 5)), [0, 0, 3, 5]);
});

test("an answer arrives as it is; a refusal and a silence are errors in words", async () => {
  const ask = asking({ look: async (request) => ({ got: request }), open: async () => ({ error: "Seed: got x." }), stop: async () => null });
  assert.deepEqual(await ask("look", { step: 1 }), { got: { step: 1, language: "en" } });
  assert.deepEqual(await ask("look"), { got: { language: "en" } });
  await assert.rejects(ask("open"), { message: "Seed: got x." });
  await assert.rejects(ask("stop"), /does not answer/);
});

// As much of a page as following needs: a progress, a text, a Stop button.
function waitingPlace() {
  const parts = { progress: { removeAttribute() {} }, span: {}, button: { setAttribute() {}, removeAttribute() {} } };
  return { hidden: true, contains: () => false, querySelector: (name) => parts[name], parts };
}

function studio(progress) {
  const asked = [];
  globalThis.document = { activeElement: null };
  const ask = async (name, request) => {
    asked.push(name);
    if (name === "progress") return progress.shift();
    return name === "stop" ? { stopping: true } : { task: "f00" };
  };
  return { ask, asked, place: waitingPlace() };
}

test("long work is followed until its result, and what is shown meanwhile goes", async () => {
  const { ask, asked, place } = studio([{ done: 1, of: 4, said: "Step 1 of 4" }, { result: { words: [] } }]);
  const following = follow(ask, "words", {}, { place, complain: assert.fail });
  assert.equal(place.hidden, false);
  assert.deepEqual(await following, { words: [] });
  assert.deepEqual(asked, ["words", "progress", "progress"]);
  assert.deepEqual([place.parts.progress.max, place.parts.progress.value, place.parts.span.textContent], [4, 1, "Step 1 of 4"]);
  assert.equal(place.hidden, true);
});

test("what is no longer wanted is stopped, once", async () => {
  const { ask, asked, place } = studio([{ said: "" }, { said: "" }, { result: { stopped: true } }]);
  const how = { place, complain: assert.fail, wanted: () => false };
  assert.deepEqual(await follow(ask, "words", {}, how), { stopped: true });
  assert.equal(asked.filter((name) => name === "stop").length, 1);
});

test("a page that nobody sees asks nothing, and the work goes on", async () => {
  const { ask, place } = studio([{ said: "" }, { result: { words: [] } }]);
  let shown;
  globalThis.document = { hidden: true, addEventListener: (_, call) => (shown = call), removeEventListener() {} };
  const asked = [];
  const following = follow((name, request) => (asked.push([name, request]), ask(name, request)), "words", {}, { place, complain: assert.fail });
  await new Promise((done) => setImmediate(done));
  assert.deepEqual(asked.slice(1), [["progress", { task: "f00", away: true }]]);
  document.hidden = false;
  shown();
  assert.deepEqual(await following, { words: [] });
  assert.equal(asked.length, 3);
});

test("work that cannot begin leaves nothing on the page", async () => {
  const place = waitingPlace();
  globalThis.document = { activeElement: null };
  const refuse = async () => {
    throw new Error("Too many people look at once.");
  };
  await assert.rejects(follow(refuse, "open", {}, { place, complain: assert.fail }), /Too many/);
  assert.equal(place.hidden, true);
});
