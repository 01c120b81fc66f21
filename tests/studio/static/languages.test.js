// The page's language: which one it is, and what is said in it.

import assert from "node:assert/strict";
import { test } from "node:test";

const GERMAN = { "Step {step} of {all}": "Schritt {step} von {all}", "{n} pictures": { one: "{n} Bild", other: "{n} Bilder" }, Any: "Beliebig" };

// A page of its own: what somebody chose, what the browser asks for, and whether catalogues can be had.
async function page(kept, languages, found = GERMAN) {
  const asked = [];
  globalThis.localStorage = { getItem: () => kept };
  Object.defineProperty(globalThis, "navigator", { value: { languages }, configurable: true });
  globalThis.document = { documentElement: { lang: "en" } };
  globalThis.fetch = async (address) => {
    asked.push(String(address).split("/").at(-1));
    if (!found) throw new TypeError("Failed to fetch");
    return { json: async () => found };
  };
  const module = await import(`../../../lit/studio/static/languages.js?${Math.random()}`);
  await Promise.all([module.ready(), module.ready()]);
  return { ...module, asked };
}

test("a text has its values, and is said as it stands where nobody has translated it", async () => {
  const { t, plural, language, asked } = await page(null, ["en-GB"]);
  assert.equal(t("Step {step} of {all}", { step: 3, all: 8 }), "Step 3 of 8");
  assert.equal(t("{a} and {b}", { a: "{b}" }), "{b} and {b}");
  assert.deepEqual([0, 1, 2000].map((n) => plural(n, "{n} picture", "{n} pictures")), ["0 pictures", "1 picture", "2,000 pictures"]);
  assert.deepEqual([language(), asked, document.documentElement.lang], ["en", [], "en"]);
});

test("the browser's first language that there is, and one catalogue, once", async () => {
  const { t, plural, number, language, asked } = await page(null, ["it", "de-CH", "fr"]);
  assert.deepEqual([language(), asked, document.documentElement.lang], ["de", ["de.json"], "de"]);
  assert.equal(t("Step {step} of {all}", { step: 3, all: 8 }), "Schritt 3 von 8");
  assert.deepEqual([1, 2000].map((n) => plural(n, "{n} picture", "{n} pictures")), ["1 Bild", "2.000 Bilder"]);
  assert.equal(number(1.5, 2), "1,50");
});

test("what somebody has chosen comes before it", async () => {
  assert.equal((await page("en", ["de"])).language(), "en");
  assert.equal((await page("zh", ["de"])).language(), "zh");
  assert.equal(document.documentElement.lang, "zh-Hans");
  assert.equal((await page("no such", ["de"])).language(), "de");
});

test("without its catalogue the page is English, and says so", async () => {
  const { t, language } = await page("de", [], null);
  assert.deepEqual([language(), t("Any"), document.documentElement.lang], ["en", "Any", "en"]);
});

test("Gradio's controls get their texts as updates, values as they are", async () => {
  const { controls } = await page("de", []);
  const [one] = await controls([{ label: "Any", choices: [["Any", "any"], ["Noto", "noto"]] }]);
  assert.deepEqual(one, { __type__: "update", label: "Beliebig", choices: [["Beliebig", "any"], ["Noto", "noto"]] });
});
