// Places on a picture: from the hand to pixels, and between pictures of unlike size.

import assert from "node:assert/strict";
import { test } from "node:test";

import {
  afterKey, boxAt, boxOf, enlarged, frameOf, onGrid, pixelAt, spanned, toPixels, toShares,
} from "../../../../lit/studio/static/scope/geometry.js";

const SIZES = [[64, 64], [256, 128], [48, 80], [1024, 1024]];

test("every pixel is found under its own middle, and the edges catch what is outside", () => {
  const area = { left: 10, top: 20, width: 300, height: 150 };
  for (const [width, height] of SIZES) {
    for (const [x, y] of [[0, 0], [width - 1, height - 1], [5, 7]]) {
      const middle = [10 + ((x + 0.5) * 300) / width, 20 + ((y + 0.5) * 150) / height];
      assert.deepEqual(pixelAt(area, middle, [width, height]), [x, y]);
    }
    assert.deepEqual(pixelAt(area, [-5, 999], [width, height]), [0, height - 1]);
    assert.deepEqual(pixelAt(area, [310, 170], [width, height]), [width - 1, height - 1]);
  }
});

test("squares tile the picture: each pixel lies in the one that is found for it", () => {
  for (let x = 0; x < 48; x++) {
    const [left, top, right, bottom] = boxAt(onGrid([x, 79 - x], 16), 16, [48, 80]);
    assert.ok(left <= x && x < right && top <= 79 - x && 79 - x < bottom);
    assert.ok(left % 16 === 0 && right - left === 16);
  }
  assert.deepEqual(boxAt([40, 70], 16, [48, 80]), [40, 70, 48, 80]); // cut where the picture ends
});

test("a box between two pixels holds both, whichever comes first", () => {
  assert.deepEqual(spanned([3, 9], [7, 2]), [3, 2, 8, 10]);
  assert.deepEqual(spanned([7, 2], [3, 9]), [3, 2, 8, 10]);
  assert.deepEqual(spanned([4, 4], [4, 4]), [4, 4, 5, 5]);
});

test("shares and back is the same box, in pictures of any size", () => {
  for (const size of SIZES)
    for (const box of [[0, 0, ...size], [3, 5, 4, 6], [16, 32, 32, 48], [47, 63, 48, 64]])
      assert.deepEqual(toPixels(toShares(box, size), size), box);
});

test("a box is at least a pixel in a smaller picture, and one outside stays outside", () => {
  assert.deepEqual(toPixels(toShares([100, 101, 101, 102], [256, 256]), [64, 64]), [25, 25, 26, 26]);
  assert.deepEqual(toPixels(toShares([300, 20, 301, 21], [64, 64]), [64, 64]), [300, 20, 301, 21]);
  assert.deepEqual(toPixels(toShares([-1, 0, 0, 1], [64, 64]), [64, 64]), [-1, 0, 0, 1]);
});

test("two numbers are a pixel, four a box, and nothing else is one", () => {
  assert.deepEqual(boxOf("120, 96"), [120, 96, 121, 97]);
  assert.deepEqual(boxOf("(1 2 30 40)"), [1, 2, 30, 40]);
  assert.deepEqual(boxOf("-1, 5"), [-1, 5, 0, 6]);
  for (const text of ["", "12", "1 2 3", "1 2 3 4 5", "here"]) assert.equal(boxOf(text), null);
});

test("arrows move a box by its side, with Shift by a pixel, and stay inside", () => {
  const from = { corner: [32, 32], side: 16 };
  assert.deepEqual(afterKey(from, { key: "ArrowLeft" }, [64, 64]), { corner: [16, 32], side: 16 });
  assert.deepEqual(afterKey(from, { key: "ArrowDown", shiftKey: true }, [64, 64]), { corner: [32, 33], side: 16 });
  assert.deepEqual(afterKey({ corner: [60, 0], side: 16 }, { key: "ArrowRight" }, [64, 64]).corner, [63, 0]);
  assert.deepEqual(afterKey({ corner: [60, 0], side: 16 }, { key: "ArrowUp" }, [64, 64]).corner, [60, 0]);
});

test("plus doubles a box and puts it on its grid, minus halves it down to a pixel, other keys do nothing", () => {
  const from = { corner: [17, 33], side: 1 };
  assert.deepEqual(afterKey(from, { key: "+" }, [64, 64]), { corner: [16, 32], side: 2 });
  assert.deepEqual(afterKey(from, { key: "-" }, [64, 64]), from);
  assert.equal(afterKey({ corner: [0, 0], side: 64 }, { key: "+" }, [64, 64]).side, 64);
  for (const key of ["Enter", "Escape", "Tab", "a"]) assert.equal(afterKey(from, { key }, [64, 64]), null);
});

test("a small picture is enlarged by a whole factor, a large one is not shrunk", () => {
  assert.deepEqual(enlarged([256, 128]), { zoom: 3, width: 768, height: 384 });
  assert.deepEqual(enlarged([64, 64]), { zoom: 12, width: 768, height: 768 });
  assert.deepEqual(enlarged([2048, 1024]), { zoom: 1, width: 2048, height: 1024 });
});

test("a frame lies on its box, and around a single pixel with some room", () => {
  const canvas = enlarged([256, 256]);
  assert.deepEqual(frameOf([16, 32, 32, 48], canvas), { x: 48, y: 96, width: 48, height: 48 });
  const ring = frameOf([10, 20, 11, 21], canvas);
  assert.deepEqual(ring, { x: 22.5, y: 52.5, width: 18, height: 18 });
  assert.equal(ring.x + ring.width / 2, 10.5 * canvas.zoom);
});
