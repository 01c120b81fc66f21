// Shares, emoji by name, and when what moves is drawn.

import assert from "node:assert/strict";
import { test } from "node:test";

import { moved, searching } from "../../../../lit/studio/static/mix/emoji.js";
import { steadily } from "../../../../lit/studio/static/mix/pace.js";
import { percent, shared } from "../../../../lit/studio/static/mix/shares.js";

test("shares are parts of one, whatever they are set to", () => {
  for (const shares of [[3, 7], [1, 0], [0.1, 0.1, 0.1, 0.7], [0, 0, 0]]) {
    const parts = shared(shares);
    assert.ok(Math.abs(parts.reduce((all, one) => all + one) - 1) < 1e-9);
  }
  assert.deepEqual(shared([3, 1]).map(percent), ["75 %", "25 %"]);
  assert.deepEqual(shared([0, 0]), [0.5, 0.5]);
});

const EMOJI = [["🐱", "cat face", "animal pet"], ["🐈", "cat", "animal pet"], ["🦋", "Schmetterling", "schön insekt butterfly"], ["😸", "grinning cat with smiling eyes", "face"]];

test("emoji are found by the beginnings of their words, accents or none, names first", () => {
  const search = searching(EMOJI);
  const found = (words) => search(words).map(([glyph]) => glyph).join("");
  assert.equal(found("cat"), "🐈🐱😸");
  assert.equal(found("CAT fa"), "🐱😸");
  assert.equal(found("schon"), "🦋");
  assert.equal(found("butter"), "🦋");
  assert.equal(found("atface"), "");
  assert.equal(found("🦋"), "🦋");
  assert.equal(search(" "), EMOJI);
});

test("arrows lead through rows and out at the top", () => {
  const from = (key, at) => moved(key, at, 10, 4);
  assert.deepEqual(["ArrowRight", "ArrowLeft", "ArrowDown", "ArrowUp", "Home", "End"].map((key) => from(key, 5)), [6, 4, 9, 1, 0, 9]);
  assert.deepEqual([from("ArrowUp", 2), from("ArrowDown", 8), from("ArrowLeft", 0), from("ArrowRight", 9), from("x", 0)], [-1, 9, 0, 9, undefined]);
});

// A machine whose pictures are answered by hand, and a clock that only notes.
function machine() {
  const [asked, shown, failed, timers] = [[], [], [], []];
  const draw = (values, settled, signal) => new Promise((done, refused) => asked.push({ values, settled, signal, done, refused }));
  const clock = { wait: (call, milliseconds, ...more) => timers.push(() => call(...more)), drop: () => timers.splice(0) };
  const pace = steadily({ draw, show: (picture) => shown.push(picture), fail: (error) => failed.push(error.message), clock });
  const tick = () => new Promise((done) => setImmediate(done));
  return { asked, shown, failed, timers, tick, ...pace };
}

test("while it moves one picture is drawn at a time, and the newest follows", async () => {
  const { asked, shown, timers, tick, changed } = machine();
  for (const x of [1, 2, 3]) changed(x);
  assert.deepEqual(asked.map(({ values }) => values), [1]);
  asked[0].done({ of: 1, settled: false });
  await tick();
  assert.deepEqual(asked.map(({ values }) => values), [1, 3]);
  asked[1].done({ of: 3, settled: false });
  await tick();
  assert.deepEqual(shown.map(({ of }) => of), [1, 3]);
  timers.pop()();
  assert.deepEqual([asked[2].values, asked[2].settled], [3, true]);
  changed(4);
  assert.ok(asked[2].signal.aborted);
  assert.deepEqual([asked[3].values, asked[3].settled], [4, false]);
});

test("a whole picture is not asked for again, a refusal is said once and of the newest", async () => {
  const { asked, failed, timers, tick, changed, stop } = machine();
  changed(1);
  asked[0].done({ settled: true });
  await tick();
  changed(1);
  assert.equal(asked.length, 1);
  changed(2);
  changed(3);
  asked[1].refused(new Error("two"));
  await tick();
  asked[2].refused(new Error("three"));
  await tick();
  assert.deepEqual(failed, ["three"]);
  changed(5, 100);
  stop();
  assert.equal(timers.length, 0);
});
