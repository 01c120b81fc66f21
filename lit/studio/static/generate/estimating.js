// Beside Generate: how long it will take here and how much memory, from what former drawings took.

import { post } from "../asking.js";
import { find } from "../ui.js";
import { drawnBy } from "./model.js";

const PAUSE = 250; // milliseconds without a change before it is asked
const WORDS = "a sticker"; // words cost nothing, so typing them asks nothing

// ask(values, signal): resolves to the sentence.  show(said).  clock: { wait, drop, hidden, seen }, of the page.
export function estimating({ ask, show, clock = pageClock }) {
  let wanted = null; // what the controls say, but for words
  let key = "";
  let controller = null;
  let late = false; // it has changed while nobody saw it
  let timer;

  function again() {
    clock.drop(timer);
    controller?.abort();
    late = clock.hidden();
    if (wanted && !late) timer = clock.wait(look, PAUSE);
  }

  async function look() {
    const mine = (controller = new AbortController());
    try {
      const said = await ask(wanted, mine.signal);
      if (mine === controller) show(said);
    } catch {
      if (mine === controller) show(""); // whoever draws is told what is wrong
    }
  }

  clock.seen(() => late && again());

  return {
    again,
    changed(values) {
      const now = JSON.stringify(values);
      if (now === key) return;
      [wanted, key] = [values, now];
      again();
    },
  };
}

const pageClock = {
  wait: (call, milliseconds) => setTimeout(call, milliseconds),
  drop: (timer) => clearTimeout(timer),
  hidden: () => document.hidden,
  seen: (call) => document.addEventListener("visibilitychange", () => document.hidden || call()),
};

// Called with what Gradio gives the line's component.
// names: of the settings, in the order of the controls' values.  texts: those that are typed.
export function start({ element, names, texts }) {
  const place = find("#estimate", element);
  let visitor = "";
  const asking = estimating({
    ask: async (values, signal) => (await post("library/ask/estimate", { visitor, values, model: drawnBy() }, signal)).said ?? "",
    show: (said) => (place.textContent = said),
  });

  function told(detail) {
    visitor = detail.visitor;
    const pairs = names.map((name, index) => [name, detail.values[index]]);
    asking.changed({ ...Object.fromEntries(pairs.filter(([name]) => !texts.includes(name))), prompt: WORDS });
  }

  for (const event of ["lit-settings", "lit-generate"]) document.addEventListener(event, ({ detail }) => told(detail));
  document.addEventListener("lit-model-named", asking.again);
  document.addEventListener("lit-queue", asking.again); // what comes before is another, or the history is longer
  find("#generate", document)?.setAttribute("aria-describedby", place.id);
  if (window.litControls) told(window.litControls);
}
