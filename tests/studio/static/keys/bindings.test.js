// Which key does what.

import assert from "node:assert/strict";
import { test } from "node:test";

import { ACTIONS, bindings, pressed, shown, single, whileTyping } from "../../../../lit/studio/static/keys/bindings.js";

const storage = (kept = null) => ({ getItem: () => kept, setItem: (_, text) => (kept = text) });
const press = (key, more = {}) => pressed({ key, code: "", ...more });

test("a key has one name, whatever the keyboard", () => {
  assert.equal(press("Enter", { ctrlKey: true }), "Ctrl+Enter");
  assert.equal(press("Enter", { metaKey: true }), "Ctrl+Enter");
  assert.equal(press("R", { shiftKey: true }), "r");
  assert.equal(press("?", { shiftKey: true }), "?");
  assert.equal(press("к", { code: "KeyR" }), "r");
  assert.equal(press("/", { ctrlKey: true, altKey: true, getModifierState: () => true }), "/");
  assert.equal(press("Tab", { shiftKey: true }), "Shift+Tab");
  for (const none of ["Shift", "Dead", ""]) assert.equal(press(none), "");
  assert.equal(press("r", { isComposing: true }), "");
  assert.equal(press("r", { ctrlKey: true }), "Ctrl+r"); // which is no key of the page: it reloads
});

test("while one types only what writes nothing is meant", () => {
  assert.deepEqual(["Ctrl+Enter", "Escape", "r", "?", "Insert", "Shift+Insert"].map(whileTyping), [true, true, false, false, false, false]);
  assert.deepEqual(["r", "?", "Escape", "Ctrl+Enter"].map(single), [true, true, false, false]);
});

test("each action has a key, and all can be others that are kept", () => {
  const place = storage();
  const keys = bindings(place);
  for (const [action, [key]] of Object.entries(ACTIONS)) {
    assert.equal(keys.of(action), key);
    assert.equal(keys.action(key), action);
  }
  Object.keys(ACTIONS).forEach((action, index) => assert.equal(keys.assign(action, "123456789"[index]), ""));
  const again = bindings(place);
  for (const [index, action] of Object.keys(ACTIONS).entries()) assert.equal(again.action("123456789"[index]), action);
  assert.equal(again.action("r"), undefined);
  again.reset();
  assert.equal(bindings(place).of("another"), "r");
});

test("a conflict, and what the browser or typing needs, is said and not taken", () => {
  const keys = bindings(storage());
  assert.equal(keys.assign("another", "c"), "C is the key of “Copy the picture”. Choose another.");
  for (const key of ["Tab", "Enter", " ", "ArrowLeft", "Ctrl+c", "Alt+f", "F5", "Ctrl+F4"]) {
    assert.match(keys.assign("another", key), /need(s|ed) .*Choose another\.$/, key);
  }
  assert.equal(keys.of("another"), "r");
  assert.equal(keys.assign("another", "r"), "");
});

test("keys of one sign can be turned off, the others stay", () => {
  const place = storage();
  bindings(place).turn(false);
  const keys = bindings(place);
  assert.deepEqual(["r", "/", "?", "Escape", "Ctrl+Enter"].map(keys.action), [undefined, undefined, undefined, "stop", "draw"]);
});

test("what is kept and makes no sense is as at first", () => {
  for (const kept of ["no JSON", "3", '{"keys": {"another": "c"}}', '{"keys": {"another": "Tab"}}', '{"keys": {"another": 3, "depth": "x"}}']) {
    assert.equal(bindings(storage(kept)).of("another"), "r", kept);
  }
});

test("keys are shown as they are written on them", () => {
  assert.deepEqual(["Ctrl+Enter", "Escape", "r", "+"].map(shown), ["Ctrl + Enter", "Esc", "R", "+"]);
});
