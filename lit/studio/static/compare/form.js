// The form: what all pictures have in common, and the one or two settings that are varied.

import { t } from "../languages.js";
import { fillSelect, find, make } from "../ui.js";
import { asked, split, suggested } from "./axes.js";

const ABOVE = ["prompt", "style", "seed"]; // the others are under "More"

// declared: { varied, fields } as the studio declares them.  changed(): somebody has changed something.
export function makeForm(root, { declared, changed }) {
  const [varied, fields] = [declared.varied, declared.fields].map((all) => all.map(inWords));
  const form = find("form", root);
  for (const field of fields) {
    find(ABOVE.includes(field.name) ? ".cmp-above" : ".cmp-more-fields", form).append(fieldOf(field));
  }
  const typed = find('#prompt textarea', document)?.value; // what stands on Generate is what people think of
  if (typed) control("prompt").value = typed;
  const axes = { x: makeAxis("x"), y: makeAxis("y") };
  form.addEventListener("input", changed);
  axes.x.choose("model");

  function control(name) {
    return form.elements[`cmp-${name}`];
  }

  function makeAxis(field) {
    const place = find(`[data-axis="${field}"]`, form);
    const [select, values] = [find("select", place), find(".cmp-values", place)];
    let chosen = null;
    select.addEventListener("input", (event) => {
      event.stopPropagation();
      choose(select.value);
      changed();
    });

    // offered: all that may be varied here.
    function offer(offered) {
      const choices = offered.map(({ name, label }) => [name, label]);
      fillSelect(select, field === "y" ? [["", t("Nothing")], ...choices] : choices, select.value);
      if (!select.value) select.selectedIndex = 0;
      if (select.value !== (chosen?.name ?? "")) choose(select.value);
    }

    function choose(name) {
      chosen = varied.find((one) => one.name === name) || null;
      select.value = name;
      values.replaceChildren();
      if (!chosen) return;
      const first = suggested(chosen, control(name)?.value);
      values.append(chosen.kind === "choice" ? boxes(chosen, first) : lines(chosen, first));
    }

    function boxes({ label, options }, first) {
      const group = make("div", "cmp-boxes");
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", t("{setting}: values", { setting: label }));
      for (const [value, text] of options) {
        const box = make("input");
        box.type = "checkbox";
        box.checked = first.includes(value);
        box.given = value;
        const one = make("label", "cmp-box");
        one.append(box, text);
        group.append(one);
      }
      return group;
    }

    function lines({ kind, label }, first) {
      const text = make(kind === "number" ? "input" : "textarea");
      text.value = first.join(kind === "number" ? ", " : "\n");
      if (kind === "words") text.rows = 3;
      text.autocomplete = "off";
      const one = make("label", "", kind === "number" ? t("{setting}: values, with commas", { setting: label }) : t("{setting}: one a line", { setting: label }));
      one.append(text);
      return one;
    }

    function given() {
      if (!chosen) return [];
      if (chosen.kind !== "choice") return split(find("input, textarea", values).value, chosen.kind);
      return [...values.querySelectorAll("input:checked")].map((box) => box.given);
    }

    return { offer, choose, asked: () => asked(chosen?.name, given()), name: () => chosen?.name };
  }

  // What the studio is asked.
  function read() {
    return { values: valuesOf(fields, control), x: axes.x.asked(), y: axes.y.asked() };
  }

  // What is varied is set by its axis. models: [value, label] each; where there is one, they are nothing to vary.
  function arrange(models) {
    const model = varied.find(({ name }) => name === "model");
    if (String(model.options) !== String(models)) {
      model.options = models;
      for (const axis of [axes.x, axes.y]) if (axis.name() === "model") axis.choose("model");
    }
    const offered = varied.filter(({ name }) => models.length > 1 || name !== "model");
    axes.x.offer(offered);
    axes.y.offer(offered.filter(({ name }) => name !== axes.x.name()));
    for (const { name } of fields) {
      const taken = [axes.x.name(), axes.y.name()].includes(name);
      control(name).disabled = taken;
      control(name).closest("label").classList.toggle("cmp-taken", taken);
    }
  }

  // A sentence beside the field that it is about.
  let notice = null;
  function complain(error) {
    if (notice && error && notice.textContent === error.message) return; // said once
    notice?.remove();
    notice = null;
    if (!error) return;
    notice = make("p", "cmp-notice", error.message);
    notice.setAttribute("role", "alert");
    const field = error.field || "";
    const more = control(field)?.closest("details");
    if (more) more.open = true;
    const place = find(`[data-axis="${field}"]`, form) || control(field)?.closest("label");
    place ? place.append(notice) : find(".cmp-press", form).after(notice);
  }

  return { form, read, arrange, complain };
}

// A setting with its label, and those of its choices, in the page's language.
export const inWords = (setting) => ({
  ...setting,
  label: t(setting.label),
  options: setting.options?.map(([value, label]) => [value, t(label)]),
});

// What the fields say: {setting: value}.  control(name): a field's control.
export function valuesOf(fields, control) {
  const number = (text) => (text.trim() === "" || Number.isNaN(Number(text)) ? text : Number(text));
  return Object.fromEntries(
    fields.map(({ name, kind, options }) => {
      const { value, selectedIndex } = control(name);
      return [name, kind === "choice" ? options[selectedIndex]?.[0] : kind === "number" ? number(value) : value];
    }),
  );
}

// A setting's field, as the studio declares it.  of: begins its classes and its control's name.
export function fieldOf({ name, label, value, kind, options, low, high, step }, of = "cmp") {
  const field = make("label", `${of}-field ${of}-field-${name}`, label);
  const control = make(kind === "choice" ? "select" : "input");
  control.name = `${of}-${name}`;
  if (kind === "choice") fillSelect(control, options, value);
  else control.value = value;
  if (kind === "number") Object.assign(control, { type: "number", min: low, max: high, step });
  if (kind === "words") Object.assign(control, { maxLength: 500, autocomplete: "off" });
  field.append(control);
  return field;
}
