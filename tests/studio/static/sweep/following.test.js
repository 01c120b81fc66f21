// Following a sweep, also over a restart of the studio; and its curve.

import assert from "node:assert/strict";
import { test } from "node:test";

import { follow } from "../../../../lit/studio/static/sweep/asking.js";
import { steps } from "../../../../lit/studio/static/sweep/change.js";

globalThis.document = { baseURI: "https://studio.example/below/", hidden: false };

function studio(...answers) {
  const asked = [];
  globalThis.fetch = async (url, { body }) => {
    asked.push([String(url), JSON.parse(body)]);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return new Response(JSON.stringify(answer.body ?? answer), { status: answer.status ?? 200 });
  };
  return asked;
}

const following = (more = {}) => {
  const [told, gone] = [[], []];
  const ended = follow(() => ({ sweep: "f00" }), {
    changed: (state) => told.push(state.version),
    wanted: () => true,
    gone: (error) => gone.push(Boolean(error)),
    pause: async () => {},
    ...more,
  });
  return { told, gone, ended };
};

test("it is told when something has changed, and asks for what it has not seen", async () => {
  const asked = studio({ version: 5, active: true }, { version: 5, active: true }, { version: 9, active: false });
  const { told, ended } = following();
  assert.deepEqual(await ended, { version: 9, active: false });
  assert.deepEqual(told, [5, 9]);
  assert.equal(asked[0][0], "https://studio.example/below/sweeps/ask/look");
  assert.deepEqual(asked.map(([, { seen }]) => seen), [-1, 5, 5]);
});

test("while the studio is gone it asks again, for all of it", async () => {
  const asked = studio({ version: 5, active: true }, new TypeError("no network"), { version: 6, active: false });
  const { told, gone, ended } = following();
  await ended;
  assert.deepEqual(told, [5, 6]);
  assert.deepEqual(gone, [false, true, false]);
  assert.equal(asked[2][1].seen, -1);
});

test("a refusal ends it, and so does another sweep that is looked at instead", async () => {
  studio({ status: 409, body: { error: "This sweep is no longer there." } });
  await assert.rejects(following().ended, { message: "This sweep is no longer there." });
  studio({ version: 5, active: true });
  const { told, ended } = following({ wanted: () => false });
  assert.equal(await ended, null);
  assert.deepEqual(told, []);
});

test("a curve goes from piece to piece inside its room", () => {
  const room = { width: 100, height: 50, left: 10, right: 10, top: 5, bottom: 5 };
  const { line, area } = steps([[0, 0.5, 0], [0.5, 1, 1]], room);
  assert.equal(line, "M10 45H50L50 5H90");
  assert.ok(area.startsWith(line) && area.endsWith("V45H10Z"));
  assert.equal(steps([], room).area, "");
});
