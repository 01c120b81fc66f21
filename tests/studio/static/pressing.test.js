// What waits until nothing on the page is pressed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { releasing } from "../../../lit/studio/static/pressing.js";

test("nothing waits while nothing is pressed", async () => {
  await releasing(new EventTarget())();
});

test("a page is listened to once, however many ask", () => {
  const page = new EventTarget();
  assert.equal(releasing(page), releasing(page));
});

for (const end of ["pointerup", "pointercancel"]) {
  test(`all that wait go on after ${end}, behind the click that it brings`, async () => {
    const page = new EventTarget();
    const released = releasing(page);
    const seen = [];
    page.dispatchEvent(new Event("pointerdown"));
    const waiting = [1, 2].map((number) => released().then(() => seen.push(number)));
    await new Promise((done) => setTimeout(done));
    assert.deepEqual(seen, []);

    page.dispatchEvent(new Event(end));
    await Promise.resolve();
    seen.push("click"); // which a browser dispatches behind the release, in the same task
    await Promise.all(waiting);
    assert.deepEqual(seen, ["click", 1, 2]);
  });
}
