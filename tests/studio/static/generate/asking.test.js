// What the page asks for by itself: how its drawings stand, and what the next would take. Nothing while nobody sees it.

import assert from "node:assert/strict";
import { test } from "node:test";

import { estimating } from "../../../../lit/studio/static/generate/estimating.js";
import { following } from "../../../../lit/studio/static/generate/following.js";

// A page whose time passes when the test says so.
function page() {
  let [due, hidden, seen] = [null, false, null];
  const clock = {
    wait: (call, milliseconds) => (due = { call, milliseconds }),
    drop: () => (due = null),
    hidden: () => hidden,
    seen: (call) => (seen = call),
  };
  const settled = () => new Promise((done) => setImmediate(done));
  return {
    clock,
    waits: () => due?.milliseconds ?? null,
    async pass() {
      const now = due;
      due = null;
      now?.call();
      await settled();
    },
    async show(is) {
      hidden = !is;
      if (is) seen();
      await settled();
    },
    settled,
  };
}

const idle = { model: "ready", active: [], ended: [], queue: null };

test("a hidden page does not ask how its drawings stand, and asks at once when it is seen", async () => {
  const { clock, waits, pass, show, settled } = page();
  let asked = 0;
  const follow = following({ ask: async () => (asked++, idle), news() {}, gone() {}, clock });
  follow.now();
  await settled();
  assert.equal(asked, 1);
  await show(false);
  await pass();
  assert.deepEqual([asked, waits()], [1, null]);
  await show(true);
  assert.equal(asked, 2);
});

test("what a pause holds is looked at seldom, what is drawn often", async () => {
  const { clock, waits, pass } = page();
  const job = { id: "a", previews: [], held: true };
  const follow = following({ ask: async () => ({ ...idle, active: [job] }), news() {}, gone() {}, clock });
  follow.also("a");
  await pass();
  const held = waits();
  job.held = false;
  await pass();
  assert.ok(held > 4 * waits());
});

test("the estimate is asked for once it is quiet, for settings alone, and again when the queue is another", async () => {
  const { clock, waits, pass, show } = page();
  const [asked, shown] = [[], []];
  const ask = async (values) => (asked.push(values.steps), `about ${values.steps} s`);
  const estimate = estimating({ ask, show: (said) => shown.push(said), clock });
  estimate.again(); // nothing is known yet
  assert.equal(waits(), null);
  for (const steps of [1, 2, 3]) estimate.changed({ steps });
  assert.equal(asked.length, 0);
  await pass();
  estimate.changed({ steps: 3 }); // words alone
  assert.equal(waits(), null);
  estimate.again();
  await pass();
  assert.deepEqual([asked, shown], [[3, 3], ["about 3 s", "about 3 s"]]);
  await show(false);
  estimate.changed({ steps: 4 });
  assert.equal(waits(), null);
  await show(true);
  await pass();
  assert.deepEqual(asked, [3, 3, 4]);
});

test("a late or failed answer shows nothing old", async () => {
  const { clock, pass, settled } = page();
  const [answers, shown] = [[], []];
  const ask = () => new Promise((come, fail) => answers.push({ come, fail }));
  const estimate = estimating({ ask, show: (said) => shown.push(said), clock });
  estimate.changed({ steps: 1 });
  await pass();
  estimate.changed({ steps: 2 });
  await pass();
  answers[0].come("of before");
  await settled();
  answers[1].fail(new Error("Steps cannot be 0."));
  await settled();
  assert.deepEqual(shown, [""]);
});
