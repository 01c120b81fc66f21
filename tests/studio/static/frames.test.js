// Clocks of Gradio's progress displays end with the last display; what else asks for frames gets each of them.

import assert from "node:assert/strict";
import { test } from "node:test";

import { endingClocks } from "../../../lit/studio/static/shell/frames.mjs";

function page() {
  const waiting = [];
  const here = { displays: 1, counted: 0, frame: () => waiting.splice(0).forEach((callback) => callback(7)) };
  here.ask = endingClocks((callback) => waiting.push(callback), () => here.displays > 0);
  here.waits = () => waiting.length;
  return here;
}

test("a clock runs while a display is to be seen, and ends with the last", () => {
  const here = page();
  const started = performance.now();
  const count = () => here.ask(() => { here.seconds = (performance.now()-started)/1e3; here.counted += 1; count(); });
  count();
  here.frame();
  here.frame();
  assert.equal(here.counted, 2);
  here.displays = 0;
  here.frame();
  assert.equal(here.waits(), 0);
  assert.equal(here.counted, 2);
});

test("what is no clock goes on without a display, and is told the time", () => {
  const here = page();
  here.displays = 0;
  const seen = [];
  const moving = (now) => here.ask(moving, seen.push(now));
  assert.equal(here.ask(moving), 1); // what asking answers, by which a frame is called off
  here.frame();
  here.frame();
  assert.deepEqual(seen, [7, 7]);
});
