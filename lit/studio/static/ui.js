// What the scripts of all tabs share: elements, numbers and files, asking the studio and following its long work.

import { gone } from "./asking.js";
import { language, number, t } from "./languages.js";

export const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

// -0.5 with 2 decimals as "−0.50": with the sign that is as wide as a plus.
export const signed = (value, decimals) => (value < 0 ? "\u2212" : "") + number(Math.abs(value), decimals);

export const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

// Once somebody sees the page: nothing is asked again and again for nobody.
export const seen = () =>
  new Promise((done) => {
    if (!document.hidden) return done();
    document.addEventListener("visibilitychange", function look() {
      if (document.hidden) return;
      document.removeEventListener("visibilitychange", look);
      done();
    });
  });

export const find = (selector, from) => from.querySelector(selector);

export function make(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// choices: [value, label] each.
export function fillSelect(select, choices, chosen) {
  select.replaceChildren(...choices.map(([value, label]) => new Option(label, value, false, value === chosen)));
}

// A function that asks a component's server functions by name; refusals arrive as errors that are sentences.
export const asking = (server) => async (name, request = {}) => {
  const answer = await server[name]({ ...request, language: language() });
  if (!answer) throw gone();
  if (answer.error) throw Object.assign(new Error(answer.error), { field: answer.field });
  return answer;
};

// Start long work and show in `place` (a progress, a span, a Stop button) how far it is, until there is a result.
// It is stopped by its button, and once `wanted` says no.  ask: what `asking` gave; it knows "progress" and "stop".
// slowest: milliseconds between two looks, at most.  complain: is told what stopping ran into.
export async function follow(ask, name, request, { place, complain, wanted = () => true, slowest = 500 }) {
  const [bar, said, stop] = ["progress", "span", "button"].map((part) => find(part, place));
  place.hidden = false;
  bar.removeAttribute("value");
  said.textContent = "";
  try {
    const { task } = await ask(name, request);
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      stop.setAttribute("aria-disabled", "true"); // one that is disabled loses the focus
      ask("stop", { task }).catch(complain);
    };
    stop.onclick = end;
    stop.removeAttribute("aria-disabled");
    // Ever less often: asking takes time from the same two cores.
    for (let pause = 100; ; pause = Math.min(slowest, 1.2 * pause)) {
      if (document.hidden) {
        await ask("progress", { task, away: true }); // it goes on meanwhile
        await seen();
      }
      const now = await ask("progress", { task });
      if (now.result) return now.result;
      if (now.of) [bar.max, bar.value] = [now.of, now.done];
      said.textContent = now.said;
      if (!wanted()) end();
      await sleep(pause);
    }
  } finally {
    hideWait(place);
  }
}

// A Stop that had the focus takes it along when it goes: the first control beside it gets it, once those are enabled.
function hideWait(place) {
  const held = place.contains(document.activeElement);
  place.hidden = true;
  if (!held) return;
  setTimeout(() => {
    if (document.activeElement !== document.body && !place.contains(document.activeElement)) return;
    const beside = place.parentElement.querySelectorAll("canvas, :is(button, input, select):enabled");
    [...beside].find((control) => control.checkVisibility() && !place.contains(control))?.focus({ preventScroll: true });
  });
}

// A file's bytes as base64.
export function base64(file) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.split(",")[1] || "");
    reader.onerror = () => failed(new Error(t("{file} cannot be read.", { file: file.name })));
    reader.readAsDataURL(file);
  });
}

export function download(blob, name) {
  const link = make("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
