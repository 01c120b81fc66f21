// Following a comparison.

import assert from "node:assert/strict";
import { test } from "node:test";

import { follow, post } from "../../../../lit/studio/static/compare/asking.js";
import { GONE } from "../../../../lit/studio/static/asking.js";

globalThis.document = { baseURI: "https://studio.example/below/" };

function studio(...answers) {
  const asked = [];
  globalThis.fetch = async (url) => {
    asked.push(url);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return new Response(JSON.stringify(answer.body ?? answer), { status: answer.status ?? 200 });
  };
  return asked;
}

test("it is followed to its end, from an address below the page's, and told when it has changed", async () => {
  const [first, same, last] = [{ version: 1, active: true }, { version: 1, active: true }, { version: 4, active: false }];
  const asked = studio(first, same, last);
  const told = [];
  assert.deepEqual(await follow("f00", (state) => told.push(state.version)), last);
  assert.deepEqual(told, [1, 4]);
  assert.equal(asked[0], "https://studio.example/below/compare/drawn/f00?seen=-1");
  assert.match(asked[2], /seen=1$/);
});

test("a refusal is a sentence with its field; no answer is a sentence too", async () => {
  studio({ status: 422, body: { error: "Steps: got 0.", field: "x" } }, new TypeError("no network"));
  await assert.rejects(post("begin"), { message: "Steps: got 0.", field: "x" });
  await assert.rejects(post("begin"), { message: GONE });
});
