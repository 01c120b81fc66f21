// What to draw over the picture, and how.

import { post } from "../asking.js";
import { fieldOf, valuesOf } from "../compare/form.js";
import { line } from "../generate/reading.js";
import { find, make } from "../ui.js";

const ABOVE = ["style", "strength"]; // the others are under "More"

// fields: as the studio declares them.  changed(): somebody has changed something.
export function saying(root, { fields, changed }) {
  const form = find("form", root);
  const control = (name) => form.elements[`cnv-${name}`];
  const others = fields.filter(({ name }) => name !== "prompt");
  for (const field of others) find(ABOVE.includes(field.name) ? ".cnv-above" : ".cnv-more-fields", form).append(fieldOf(field, "cnv"));
  const read = line(find(".cnv-reading", form));
  let offered = ""; // words that a picture brought along, which nobody has changed
  let notice = null;

  const range = find(".cnv-range", form);
  form.addEventListener("input", ({ target }) => {
    if (target === control("prompt")) read(target.value);
    if (target === range) control("strength").value = range.value;
    if (target === control("strength")) range.value = target.value;
    changed();
  });
  control("prompt").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });

  function fill(values) {
    for (const { name } of fields) if (name in values) control(name).value = values[name] ?? "";
    read(control("prompt").value);
    range.value = control("strength").value;
    changed();
  }

  return {
    form,
    fill,
    values: () => valuesOf(fields, control),
    // A first idea, where there is none yet.
    offer(values) {
      if (control("prompt").value.trim() && control("prompt").value !== offered) return;
      offered = values.prompt;
      fill(values);
    },
    another() {
      control("seed").value = Math.floor(Math.random() * 1_000_000);
      changed();
    },
    // A sentence beside the field that it is about.
    complain(error) {
      if (notice && error && notice.textContent === error.message) return; // said once
      notice?.remove();
      notice = null;
      if (!error) return;
      notice = make("p", "lit-notice lit-error", error.message);
      notice.setAttribute("role", "alert");
      const field = PLACES[error.field] ?? error.field ?? "";
      const more = control(field)?.closest("details");
      if (more) more.open = true;
      const beside = (name) => [...root.querySelectorAll("[data-field]")].find((one) => one.dataset.field === name);
      const place = beside(field) ?? control(field)?.closest("label") ?? beside("");
      if (place.matches("label")) place.after(notice); // in it, it would be part of the field's name
      else place.append(notice);
      notice.scrollIntoView({ block: "nearest" });
    },
  };
}

// Where it is said what these are about.
const PLACES = {
  ...Object.fromEntries(["left", "top", "right", "bottom", "width", "height"].map((side) => [side, "room"])),
  ...Object.fromEntries(["tolerance", "colour"].map((one) => [one, "background"])),
};

// What is answered to a file's bytes.
export function send(path, file, visitor) {
  const name = `${path}?name=${encodeURIComponent(file.name ?? "")}`;
  return post(name, new Blob([file], { type: "application/octet-stream" }), undefined, { "Lit-Visitor": visitor });
}
