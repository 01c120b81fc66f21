import assert from "node:assert/strict";
import test from "node:test";

import { carry, copy, formed } from "../../../../lit/studio/static/actions/taking.js";

globalThis.document = { baseURI: "http://studio.example/below/" };
const FOX = { id: "ab12/a-fox-7.png" };
const answer = (status, body, headers = {}) => async () => new Response(body, { status, headers });

class Item {
  constructor(parts) {
    this.parts = parts;
  }
}

test("a dragged picture says where its file is and what it is called", () => {
  const told = {};
  carry({ setData: (kind, text) => (told[kind] = text) }, FOX);
  const address = "http://studio.example/below/pictures/ab12/a-fox-7.png";
  assert.deepEqual(told, { DownloadURL: `image/png:a-fox-7.png:${address}`, "text/uri-list": address, "text/plain": address });
});

test("a copy is the file's own bytes, handed over before they have come", async () => {
  globalThis.fetch = answer(200, "bytes");
  let written;
  await copy(FOX, { clipboard: { write: async ([item]) => (written = item) } }, Item);
  assert.equal(await (await written.parts["image/png"]).text(), "bytes");
});

test("where the browser refuses, a sentence says what would do; where the file has gone, that", async () => {
  globalThis.fetch = answer(200, "bytes");
  const refusing = { clipboard: { write: async () => Promise.reject(new Error("NotAllowedError")) } };
  await assert.rejects(copy(FOX, refusing, Item), /Download it instead/);
  await assert.rejects(copy(FOX, {}, Item), /https/);
  globalThis.fetch = answer(404, "");
  await assert.rejects(copy(FOX, refusing, Item), /no longer there/);
});

test("a form has the name that the studio gave it; a refusal is its sentence", async () => {
  globalThis.fetch = answer(200, "bytes", { "Content-Disposition": "attachment; filename*=UTF-8''ein-%C3%BC-2x.png" });
  const { blob, name } = await formed("ann", FOX, "twice");
  assert.deepEqual([name, await blob.text()], ["ein-ü-2x.png", "bytes"]);
  globalThis.fetch = answer(503, JSON.stringify({ error: "This picture cannot be read." }));
  await assert.rejects(formed("ann", FOX, "twice"), /cannot be read/);
});
