// When live pictures are asked for, by a clock that the test moves.

import assert from "node:assert/strict";
import { test } from "node:test";

import { PAUSE, QUIET, pacing } from "../../../../lit/studio/static/live/pace.js";

// A page whose pictures come when the test says so.
function page() {
  let time = 0;
  let timers = [];
  const asked = [];
  const shown = [];
  const failed = [];
  const clock = {
    now: () => time,
    wait: (call, milliseconds) => {
      timers.push({ call, at: time + milliseconds });
      return timers.at(-1);
    },
    drop: (timer) => (timers = timers.filter((other) => other !== timer)),
  };
  const draw = (values, settled, signal) => new Promise((come, fail) => asked.push({ values, settled, signal, come, fail }));
  const pace = pacing({ draw, show: (picture) => shown.push(picture), fail: (error) => failed.push(error.message), clock });
  async function pass(milliseconds) {
    for (const end = time + milliseconds; time < end; time++) {
      const due = timers.filter(({ at }) => at <= time + 1);
      timers = timers.filter((timer) => !due.includes(timer));
      if (due.length) [time, await Promise.resolve()];
      due.forEach(({ call }) => call());
    }
    await settled();
  }
  const settled = () => new Promise((done) => setImmediate(done));
  const come = async (index, picture) => {
    asked[index].come(picture);
    await settled();
  };
  return { pace, pass, asked, shown, failed, come, settled };
}

const type = (words) => ({ prompt: words });

test("letters that follow each other quickly are one picture", async () => {
  const { pace, pass, asked } = page();
  for (const words of ["a", "a r", "a re", "a red"]) {
    pace.changed(type(words));
    await pass(PAUSE - 10);
  }
  assert.equal(asked.length, 0);
  await pass(20);
  assert.deepEqual(asked.map(({ values, settled }) => [values.prompt, settled]), [["a red", false]]);
});

test("newer words end what is under way, and only their picture is shown", async () => {
  const { pace, pass, asked, shown, come } = page();
  pace.changed(type("a"));
  await pass(PAUSE);
  pace.changed(type("a fox"));
  assert.equal(asked[0].signal.aborted, false); // it may still be ready before the pause
  await pass(PAUSE);
  assert.equal(asked[0].signal.aborted, true);
  await come(0, { of: "a", settled: false });
  assert.deepEqual(shown, []);
  await come(1, { of: "a fox", settled: false });
  assert.deepEqual(shown.map(({ of }) => of), ["a fox"]);
});

test("once it is quiet it is drawn again with more steps, once", async () => {
  const { pace, pass, asked, come } = page();
  pace.changed(type("a fox"));
  await pass(PAUSE);
  await come(0, { settled: false });
  await pass(QUIET - PAUSE - 10);
  assert.equal(asked.length, 1);
  await pass(20);
  assert.deepEqual([asked.length, asked[1].settled], [2, true]);
  await come(1, { settled: true });
  await pass(10 * QUIET);
  assert.equal(asked.length, 2);
});

test("a slow picture is not ended by the quiet that it takes", async () => {
  const { pace, pass, asked, come } = page();
  pace.changed(type("a fox"));
  await pass(5 * QUIET);
  assert.deepEqual([asked.length, asked[0].signal.aborted], [1, false]);
  await come(0, { settled: false });
  await pass(1);
  assert.equal(asked[1].settled, true);
});

test("words that are as they were are not drawn again, nor is their picture ended", async () => {
  const { pace, pass, asked, come } = page();
  pace.changed(type("a fox"));
  await pass(PAUSE);
  pace.changed(type("a fo"));
  await pass(10);
  pace.changed(type("a fox"));
  await pass(PAUSE);
  assert.deepEqual([asked.length, asked[0].signal.aborted], [1, false]);
  await come(0, { settled: true });
  pace.changed(type("a fox"));
  await pass(10 * QUIET);
  assert.equal(asked.length, 1);
});

test("where the first picture is as good as it gets there is no second", async () => {
  const { pace, pass, asked, come } = page();
  pace.changed(type("a fox"));
  await pass(PAUSE);
  await come(0, { settled: true });
  await pass(10 * QUIET);
  assert.equal(asked.length, 1);
});

test("what goes wrong is said, and the next words are drawn", async () => {
  const { pace, pass, asked, failed, settled } = page();
  pace.changed(type("a fox"));
  await pass(PAUSE);
  asked[0].fail(new Error("Seed: got -5."));
  await settled();
  assert.deepEqual(failed, ["Seed: got -5."]);
  pace.changed(type("a fox"));
  await pass(PAUSE);
  assert.equal(asked.length, 2);
});

test("stopped, it asks for nothing, shows nothing and says nothing", async () => {
  const { pace, pass, asked, shown, failed, settled } = page();
  pace.changed(type("a fox"));
  await pass(PAUSE);
  pace.changed(type("a fox and"));
  pace.stop();
  assert.equal(asked[0].signal.aborted, true);
  asked[0].fail(Object.assign(new Error("aborted"), { name: "AbortError" }));
  await settled();
  await pass(10 * QUIET);
  assert.deepEqual([asked.length, shown, failed], [1, [], []]);
});

test("a picture that something newer has replaced elsewhere is not shown", async () => {
  const { pace, pass, shown, come } = page();
  pace.changed(type("a fox"));
  await pass(PAUSE);
  await come(0, null);
  await pass(10 * QUIET);
  assert.deepEqual(shown, []);
});
