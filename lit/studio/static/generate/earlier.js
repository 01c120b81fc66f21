// Arrow up in the words: what was drawn before, one further back each time; arrow down comes back.

import { post } from "../asking.js";
import { typed, write } from "./field.js";

// The words of drawings, the newest first, each once. now: what stands in the field, which is no earlier one.
export const distinct = (prompts, now) => [...new Set(prompts)].filter((one) => one !== now);

// prompt: elem_id of the words' control.
export function earlier(prompt) {
  let visitor = null;
  let changed = false; // by hand, since the words were set or drawn
  let walk = null; // { prompts, at, before }: at -1 is what stood there before

  const inField = (target) => target.closest?.(`#${prompt}`) && "selectionStart" in target;
  const told = ({ detail }) => {
    visitor = detail.visitor;
    if (detail.quiet !== false) changed = false;
  };
  document.addEventListener("lit-settings", told);
  document.addEventListener("lit-generate", (event) => {
    told(event);
    [changed, walk] = [false, null];
  });
  document.addEventListener("input", (event) => {
    if (inField(event.target) && typed(event)) [changed, walk] = [true, null];
  });

  function step(field, by) {
    walk.at = Math.max(-1, Math.min(walk.prompts.length - 1, walk.at + by));
    const words = walk.at < 0 ? walk.before : walk.prompts[walk.at];
    if (words !== field.value) write(field, 0, field.value.length, words);
  }

  // In words of several lines an arrow leads through the lines first.
  const atEdge = (field) => field.selectionStart === field.selectionEnd && (field.selectionStart === 0 || field.scrollHeight < 2 * parseFloat(getComputedStyle(field).lineHeight) + 30);

  document.addEventListener("keydown", (event) => {
    const { key, target: field } = event;
    if (!["ArrowUp", "ArrowDown"].includes(key) || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.isComposing) return;
    if (!visitor || !inField(field) || event.defaultPrevented) return;
    if (walk) {
      event.preventDefault();
      step(field, key === "ArrowUp" ? 1 : -1);
    } else if (key === "ArrowUp" && (!changed || !field.value) && (!field.value || atEdge(field))) {
      event.preventDefault();
      begin(field);
    }
  });

  async function begin(field) {
    const before = field.value;
    try {
      const { prompts } = await post("readings/earlier", { visitor });
      if (field.value !== before || document.activeElement !== field) return; // gone on meanwhile
      walk = { prompts: distinct(prompts, before.trim()), at: -1, before };
      step(field, 1);
    } catch {
      // Whoever draws is told.
    }
  }
}
