// What is saved: its name, its page, its size.

import assert from "node:assert/strict";
import { test } from "node:test";

import { fileName, pngSize, savedPage } from "../../../../lit/studio/static/scope/save.js";

test("a file is named after the words alone, as every system can write them", () => {
  assert.equal(fileName("A red fox! \u00b7 any style \u00b7 seed 5", "html"), "linearscope-a-red-fox.html");
  assert.equal(fileName("\u9f8d / ../x \u00b7 Noto", "png"), "linearscope-\u9f8d-x.png");
  assert.equal(fileName("x".repeat(500), "png").length, "linearscope-.png".length + 40);
});

test("a saved page carries its look and its content, and names nothing elsewhere", () => {
  const page = savedPage("main { color: red }", '<main><img src="data:,"></main>', "ja");
  assert.match(page, /^<!doctype html>\n<html lang="ja">/);
  assert.ok(page.includes("<style>main { color: red }</style>") && page.includes('<body><main><img src="data:,"></main></body>'));
  assert.match(page, /<meta charset="utf-8">/);
  assert.doesNotMatch(page, /https?:|<script|<link/);
});

test("a PNG is as wide as its columns and as tall as the tallest, which has room for every row", () => {
  const [width, height] = pngSize([{ rows: 5, aspect: 1 }]);
  assert.equal(width, 720);
  assert.deepEqual(pngSize([{ rows: 5, aspect: 1 }, { rows: 0, aspect: 1 }]), [1440, height]);
  assert.equal(pngSize([{ rows: 6, aspect: 1 }])[1], height + 30);
  assert.ok(pngSize([{ rows: 0, aspect: 0.5 }])[1] < pngSize([{ rows: 0, aspect: 1 }])[1]);
});
