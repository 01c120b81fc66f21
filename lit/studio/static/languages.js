// What the page says, in the language of whoever reads it: English texts in the code are the keys, their translations are in
// languages/, one file a language, for the studio's own sentences as well.

export const NAMES = { en: "English", de: "Deutsch", es: "Español", fr: "Français", ja: "日本語", zh: "简体中文" };

const KEPT = "lit-studio-language"; // once somebody has chosen
const TAGS = { zh: "zh-Hans" }; // for the page, where the code alone does not do
const SAID = ["alt", "aria-label", "placeholder", "title"]; // attributes that people read

let current = "en";
let texts = {};
let loading;

// The code of the page's language.
export const language = () => current;

// The text in the page's language, with its {names} filled in; as it stands where it has no translation.
export const t = (text, values = {}) => filled(texts[text] ?? text, values);

// A text of a table, to be said by t where it is shown.
export const marked = (text) => text;

// The text for n of something, {n} among its names. one, other: as English has them; the second is the key.
export function plural(n, one, other, values = {}) {
  const forms = texts[other] ?? { one, other };
  return filled(forms[new Intl.PluralRules(current).select(n)] ?? forms.other, { n: number(n), ...values });
}

const filled = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

// A number with so many decimals, as it is written in the page's language.
export const number = (value, decimals = 0) =>
  value.toLocaleString(current, { minimumFractionDigits: decimals, maximumFractionDigits: decimals });

// Resolves once the page knows its language: what somebody has chosen, or the first of the browser's that there is.
export const ready = () => (loading ??= load());

async function load() {
  const wished = [localStorage.getItem(KEPT), ...navigator.languages].map((one) => one?.split("-")[0]);
  const found = wished.find((code) => code in NAMES) ?? "en";
  try {
    if (found !== "en") texts = await (await fetch(new URL(`languages/${found}.json`, import.meta.url))).json();
    current = found;
  } catch {
    // English is understood, too.
  }
  document.documentElement.lang = TAGS[current] ?? current;
}

// Keep what somebody has chosen, and say everything in it.
export function choose(code) {
  localStorage.setItem(KEPT, code);
  location.reload();
}

// A component as it came from the studio, its texts in the page's language.
export async function translated(element) {
  await ready();
  if (current !== "en") translate(element);
}

function translate(root) {
  const walk = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const node = walk.currentNode;
    if (node.nodeType === Node.TEXT_NODE) {
      const said = texts[node.data.trim().replace(/\s+/g, " ")];
      if (said) node.data = node.data.replace(/\S.*\S|\S/s, () => said);
      continue;
    }
    for (const name of SAID) if (node.hasAttribute(name)) node.setAttribute(name, t(node.getAttribute(name)));
    if (node.localName === "template") translate(node.content);
  }
}

// The texts of Gradio's controls as updates of them. shown: { label, info, placeholder, value: text, choices } each.
export async function controls(shown) {
  await ready();
  const said = (name, text) => (name === "choices" ? text.map(([label, value]) => [t(label), value]) : t(text));
  return shown.map((one) => ({
    __type__: "update",
    ...Object.fromEntries(Object.entries(one).map(([name, text]) => [name, said(name, text)])),
  }));
}

// A component that only says something.
export function start() {}
