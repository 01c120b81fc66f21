// The form: what a dream begins with, how much noise, and where its words drift to.

import { number } from "../languages.js";
import { find, make } from "../ui.js";

const PLACES = { prompt: "prompt", strength: "strength", frames: "frames", to: "to", prompts: "to" }; // by a refusal's field

// changed(): somebody has changed something.
export function makeForm(form, { changed }) {
  const fields = form.elements;
  let notice = null;

  form.addEventListener("input", () => {
    arrange();
    changed();
  });

  function arrange() {
    find(".drm-to", form).hidden = fields.words.value !== "drifting";
    find("output", form).textContent = number(Number(fields.strength.value), 2);
  }

  // prompt: what is drawn first.
  const read = () => ({
    prompt: fields.prompt.value,
    strength: Number(fields.strength.value),
    frames: Number(fields.frames.value),
    steps: Number(fields.steps.value),
    noise: fields.noise.value,
    words: fields.words.value,
    to: fields.to.value,
  });

  function put(prompt) {
    fields.prompt.value = prompt;
  }

  // A sentence beside the field that it is about.
  function complain(error) {
    if (notice?.isConnected && error && notice.textContent === error.message) return; // said once
    notice?.remove();
    notice = null;
    if (!error) return;
    notice = make("p", "drm-notice", error.message);
    notice.setAttribute("role", "alert");
    const field = fields[PLACES[error.field]];
    field && field.checkVisibility() ? field.closest("label").after(notice) : find(".drm-press", form).after(notice);
  }

  arrange();
  return { read, put, complain };
}
