// The page as an application: where a service worker may be had, and what it does.

import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import vm from "node:vm";

import { install } from "../../../lit/studio/static/shell/install.js";

const WORKER = new URL("../../../lit/studio/static/shell/worker.mjs", import.meta.url);

function opened({ secure = true, framed = false, refuses = false, has = true } = {}) {
  const registered = [];
  const register = async (url, how) => {
    registered.push([String(url), how]);
    if (refuses) throw new Error("a certificate of one's own");
  };
  Object.assign(globalThis, { isSecureContext: secure, window: {}, top: {} });
  if (!framed) globalThis.top = globalThis.window;
  const manifest = {};
  const page = { baseURI: "https://studio.example/below/", querySelector: () => manifest };
  return { registered, manifest, done: install({ page, navigator: has ? { serviceWorker: { register } } : {} }) };
}

test("below a path the manifest and the worker are the path's own", async () => {
  const { registered, manifest, done } = opened();
  await done;
  assert.deepEqual(registered, [["https://studio.example/below/worker.js", { updateViaCache: "none" }]]);
  assert.equal(String(manifest.href), "https://studio.example/below/manifest.json");
});

test("where there is none to be had nothing is asked for", async () => {
  for (const where of [{ secure: false }, { framed: true }, { has: false }]) {
    const { registered, done } = opened(where);
    await done;
    assert.deepEqual(registered, []);
  }
  await opened({ refuses: true }).done;
});

// The worker in a browser of the test's own.
async function worker(fetch, names = []) {
  const [heard, kept, waits] = [{}, new Map(names.map((name) => [name, new Map()])), []];
  const caches = {
    keys: async () => [...kept.keys()],
    delete: async (name) => kept.delete(name),
    open: async (name) => {
      if (!kept.has(name)) kept.set(name, new Map());
      const cache = kept.get(name);
      return { add: async ({ url }) => void cache.set(url, `kept ${url}`), match: async (url) => cache.get(url) };
    },
  };
  const self = {
    registration: { scope: "https://studio.example/below/" },
    clients: { claim: async () => {} },
    skipWaiting() {},
    addEventListener: (name, call) => (heard[name] = call),
  };
  class Request {
    constructor(url) {
      this.url = url;
    }
  }
  vm.runInNewContext(await readFile(WORKER, "utf8"), { self, caches, fetch, Request });
  for (const name of ["install", "activate"]) heard[name]({ waitUntil: (promise) => waits.push(promise) });
  await Promise.all(waits);
  return {
    kept,
    ask(mode) {
      let answer;
      heard.fetch({ request: { mode, url: "x" }, respondWith: (promise) => (answer = promise) });
      return answer;
    },
  };
}

test("a page of the studio is the studio's; only while it is away the one that says so is shown", async () => {
  for (const status of [200, 304, 404, 500]) {
    const { ask } = await worker(async () => ({ status }));
    assert.equal((await ask("navigate")).status, status);
  }
  const away = "kept away.html";
  for (const status of [502, 503, 504]) assert.equal(await (await worker(async () => ({ status }))).ask("navigate"), away);
  const gone = await worker(async () => Promise.reject(new TypeError("no network")));
  assert.equal(await gone.ask("navigate"), away);
});

test("scripts, pictures and answers are none of its business, and it keeps none", async () => {
  const { ask, kept } = await worker(async () => assert.fail("asked"));
  for (const mode of ["cors", "no-cors", "same-origin"]) assert.equal(ask(mode), undefined);
  assert.deepEqual([...kept.values()].map((cache) => [...cache.keys()]), [["away.html"]]);
});

test("a newer one lets go of what the older kept, and of nobody else's", async () => {
  const others = ["lit-studio https://studio.example/other/ 1", "somebody else's"];
  const { kept } = await worker(async () => ({ status: 200 }), ["lit-studio https://studio.example/below/ of before", ...others]);
  const [ours] = [...kept.keys()].filter((name) => !others.includes(name));
  assert.deepEqual([...kept.keys()].sort(), [...others, ours].sort());
});
