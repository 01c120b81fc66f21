// How two pictures differ.

import assert from "node:assert/strict";
import { test } from "node:test";

import { difference, said } from "../../../../lit/studio/static/compare/difference.js";

const pixels = (...each) => new Uint8ClampedArray(each.flat());
const RED = [255, 0, 0, 255];
const NOTHING = [0, 0, 0, 0];

test("a picture does not differ from itself", () => {
  const found = difference(pixels(RED, NOTHING), pixels(RED, NOTHING));
  assert.deepEqual([found.psnr, found.largest, found.share], [Infinity, 0, 0]);
  assert.ok(found.map.every((byte) => byte === 0));
  assert.equal(said(found), "The two are the same to the bit.");
});

test("PSNR is that of all four numbers of all pixels", () => {
  const found = difference(pixels([10, 20, 30, 255], RED), pixels([13, 20, 30, 255], RED));
  assert.ok(Math.abs(found.psnr - 10 * Math.log10((255 * 255) / (9 / 8))) < 1e-9);
  assert.deepEqual([found.largest, found.share], [3, 0.5]);
});

test("what is transparent has no colour that could differ", () => {
  assert.equal(difference(pixels([200, 10, 10, 0]), pixels([0, 0, 255, 0])).largest, 0);
});

test("the map is opaque where the difference is largest, and in proportion elsewhere", () => {
  const { map, largest } = difference(pixels([0, 0, 0, 255], [0, 0, 0, 255], RED), pixels([0, 100, 0, 255], [50, 0, 0, 255], RED));
  assert.equal(largest, 100);
  assert.deepEqual([map[3], map[7], map[11]], [255, 128, 0]);
});

test("the sentence says PSNR, how many pixels and the scale", () => {
  assert.equal(said({ psnr: 21.34, largest: 187, share: 0.1234 }), "PSNR 21.3 dB. 12.3% of the pixels differ, by 187 of 255 at most.");
  assert.match(said({ psnr: 60, largest: 1, share: 0.0001 }), /Fewer than 0.1%/);
});
