// The page "For programs": in the reader's language, with the address as the browser has it, and buttons that copy.

import { spoken } from "../asking.js";
import { t, translated } from "../languages.js";

const element = (name, textContent) => Object.assign(document.createElement(name), { textContent });

if (globalThis.document) await start();

async function start() {
  const here = new URL("./", location).href.replace(/\/$/, "");
  for (const span of document.querySelectorAll(".here")) span.textContent = here;
  document.querySelector(`.${document.body.dataset.kind}`)?.removeAttribute("hidden");
  await translated(document.documentElement);
  for (const text of document.querySelectorAll("pre")) text.replaceWith(pasted(text.cloneNode(true)));
  await describe();
}

// A text with its button.
function pasted(text) {
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: t("Copy") });
  button.setAttribute("aria-describedby", text.id);
  button.addEventListener("click", async () => {
    const said = await copied(text);
    button.textContent = said;
    document.querySelector("[role=status]").textContent = said;
    setTimeout(() => (button.textContent = t("Copy")), 2000);
  });
  const both = Object.assign(document.createElement("div"), { className: "pasted" });
  both.append(text, button);
  return both;
}

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text.textContent);
    return t("Copied");
  } catch {
    getSelection().selectAllChildren(text); // where a page may not: over http from another machine
    return t("Selected: copy it with your keys");
  }
}

// The table of settings, as the API itself describes them.
async function describe() {
  const answer = await fetch(new URL("api/v1/settings", document.baseURI), { headers: spoken() });
  if (!answer.ok) return;
  const { settings } = await answer.json();
  const rows = settings.map(({ name, label, default: otherwise, expected }) => {
    const row = document.createElement("tr");
    const head = Object.assign(document.createElement("th"), { scope: "row" });
    head.append(element("code", name));
    const does = element("td", expected);
    does.append(element("small", label));
    const without = document.createElement("td");
    without.append(otherwise === null ? t("has to be given") : element("code", JSON.stringify(otherwise)));
    row.append(head, without, does);
    return row;
  });
  document.querySelector("tbody").append(...rows);
  document.querySelector("table").hidden = false;
}
