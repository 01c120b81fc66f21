// What the page makes of the studio's answers about live pictures.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { GONE } from "../../../../lit/studio/static/asking.js";
import { asPng, drawing, speed } from "../../../../lit/studio/static/live/asking.js";

let asked;
beforeEach(() => {
  asked = [];
  globalThis.document = { baseURI: "https://studio.example/below/" };
});

function studio(...answers) {
  globalThis.fetch = async (url, how = {}) => {
    asked.push({ url: String(url), body: how.body && JSON.parse(how.body) });
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return answer;
  };
}

const answer = (status, body = null, headers = {}) => new Response(body, { status, headers });
const drawn = () => answer(200, "picture", { "Lit-Picture": "f00", "Lit-Caption": encodeURIComponent("a fox · Noto"), "Lit-Settled": "no" });

test("a picture comes with its caption, from an address below the page's", async () => {
  studio(drawn(), drawn());
  const draw = drawing();
  const picture = await draw("ann", { prompt: "a fox" }, false);
  assert.deepEqual([picture.id, picture.caption, picture.settled, await picture.blob.text()], ["f00", "a fox · Noto", false, "picture"]);
  await draw("ann", { prompt: "an owl" }, true);
  assert.equal(asked[0].url, "https://studio.example/below/live/draw");
  assert.deepEqual(asked[0].body.values, { prompt: "a fox" });
  assert.equal(asked[0].body.page, asked[1].body.page);
  assert.ok(asked[0].body.number < asked[1].body.number);
  assert.deepEqual(asked.map(({ body }) => body.settled), [false, true]);
});

test("two pages have names of their own", async () => {
  studio(drawn(), drawn());
  for (const draw of [drawing(), drawing()]) await draw("ann", {}, false);
  assert.notEqual(asked[0].body.page, asked[1].body.page);
});

test("who waits is asked for again under the same number; what is outdated is nothing", async () => {
  studio(answer(202), answer(202), answer(204));
  assert.equal(await drawing()("ann", {}, false), null);
  assert.deepEqual(asked.map(({ body }) => body.number), [1, 1, 1]);
});

test("a refusal is a sentence with its setting; no answer is a sentence too", async () => {
  studio(answer(422, JSON.stringify({ error: "Seed: got -5.", field: "seed" })), new TypeError("no network"), answer(502, "<html>"), answer(404, JSON.stringify({ error: "Gone." })));
  await assert.rejects(drawing()("ann", {}, false), { message: "Seed: got -5.", field: "seed" });
  await assert.rejects(drawing()("ann", {}, false), { message: GONE, field: "" });
  await assert.rejects(drawing()("ann", {}, false), { message: GONE });
  await assert.rejects(asPng("f00"), { message: "Gone." });
});

test("the speed is asked for until it is known", async () => {
  studio(answer(200, JSON.stringify({ ready: false })), answer(200, JSON.stringify({ ready: true, on: true })));
  assert.equal((await speed()).on, true);
  assert.equal(asked.length, 2);
  const waits = [];
  studio(new TypeError("no network"), answer(502, "<html>"), answer(200, '{"ready": true, "on": false}'));
  assert.equal((await speed(async (milliseconds) => waits.push(milliseconds))).on, false);
  assert.equal(waits.length, 2);
});
