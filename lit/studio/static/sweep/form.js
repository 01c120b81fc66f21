// The form: along which settings, by which values, and how.

import { marked, t } from "../languages.js";
import { fillSelect, find, make } from "../ui.js";
import { PLACES, joined, range, split, suggested } from "./values.js";

const SAYS = {
  number: marked("{setting}: with commas, or low:high:count"),
  words: marked("{setting}: a slash between two"),
  part: marked("{setting}: as it stands there / and instead"),
};
const FIRST = ["guidance_scale", "seed", ""]; // what the axes are before anybody says otherwise

// declared: what may be varied.  set(name): what a setting is now.  changed(): somebody has changed something.
export function makeForm(root, { declared, set, changed }) {
  const form = find("form", root);
  const budget = find(".swp-budget", form);
  const varied = declared.map((one) => ({ ...one, label: t(one.label), options: one.options?.map(([value, label]) => [value, t(label)]) }));
  const axes = PLACES.map(makeAxis);
  const way = () => form.elements["swp-way"].value;
  form.addEventListener("input", changed);
  for (const radio of form.elements["swp-way"]) radio.addEventListener("input", () => axes.forEach((axis) => axis.suit()));

  function makeAxis(place, number) {
    const group = make("div", "swp-axis");
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", t(place));
    const label = make("label", "", t(place));
    const select = make("select");
    const values = make("div", "swp-values");
    label.append(select);
    group.append(label, values);
    find(".swp-axes", form).append(group);
    let chosen = null;
    select.addEventListener("input", () => choose(select.value));

    // given: values to begin with, or { low, high }.
    function choose(name, given) {
      chosen = varied.find((one) => one.name === name) ?? null;
      values.replaceChildren();
      if (!chosen) return;
      if (way() === "adaptive") values.append(...ends(given ?? {}));
      else values.append(chosen.kind === "choice" ? boxes(given) : line(given));
    }

    function boxes(given = suggested(chosen)) {
      const group = make("div", "swp-boxes");
      group.setAttribute("role", "group");
      group.setAttribute("aria-label", t("{setting}: values", { setting: chosen.label }));
      for (const [value, text] of chosen.options) {
        const box = Object.assign(make("input"), { type: "checkbox", checked: given.includes(value) });
        box.given = value;
        const one = make("label", "swp-box");
        one.append(box, text);
        group.append(one);
      }
      return group;
    }

    function line(given = suggested(chosen, set(chosen.name), set("prompt"))) {
      const one = make("label", "", t(SAYS[chosen.kind], { setting: chosen.label }));
      one.append(Object.assign(make("input"), { autocomplete: "off", value: Array.isArray(given) ? joined(given) : given }));
      return one;
    }

    function ends({ low = range(chosen)[0], high = range(chosen)[1] }) {
      return [[t("from"), low], [t("to"), high]].map(([says, value]) => {
        const one = make("label", "swp-end", says);
        const text = Object.assign(make("input"), { type: "number", step: "any", value });
        text.setAttribute("aria-label", `${chosen.label} ${says}`);
        one.append(text);
        return one;
      });
    }

    // What may be chosen here: numbers alone where pictures go where they differ, and nothing that another axis has.
    function offer() {
      const adaptive = way() === "adaptive";
      const taken = axes.slice(0, number).map((axis) => axis.name());
      const offered = varied.filter(({ name, walks }) => !taken.includes(name) && (!adaptive || walks));
      const choices = offered.map(({ name, label }) => [name, label]);
      group.hidden = (adaptive && number > 1) || (number > 0 && !axes[number - 1].name());
      fillSelect(select, number ? [["", t("Nothing")], ...choices] : choices, chosen?.name ?? "");
      if (!select.value || group.hidden) select.value = number ? "" : choices[0][0];
      if (select.value !== (chosen?.name ?? "")) choose(select.value);
    }

    // Another way: the same setting, by other fields.
    function suit() {
      if (number && way() === "adaptive") return choose("");
      choose(chosen?.name ?? "");
    }

    function read() {
      if (!chosen) return null;
      const typed = [...values.querySelectorAll("input")];
      if (way() === "adaptive") return { name: chosen.name, low: typed[0].value, high: typed[1].value };
      if (chosen.kind === "choice") return { name: chosen.name, values: typed.filter((box) => box.checked).map((box) => box.given) };
      if (chosen.kind === "number") return { name: chosen.name, text: typed[0].value };
      return { name: chosen.name, values: split(typed[0].value) };
    }

    return { choose, offer, suit, read, name: () => chosen?.name, group };
  }

  function arrange() {
    for (const axis of axes) axis.offer();
    budget.hidden = way() !== "adaptive";
  }

  const read = () => ({
    way: way(),
    axes: axes.map((axis) => axis.read()).filter(Boolean),
    budget: Number(find("input", budget).value),
  });

  // What another sweep, or an example, was asked by.
  function put(asked) {
    form.elements["swp-way"].value = asked.way;
    axes.forEach((axis, number) => {
      const one = asked.axes[number];
      axis.choose(one?.name ?? "", one && (asked.way === "adaptive" ? one : one.text ?? one.values));
    });
    if (asked.budget) find("input", budget).value = asked.budget;
    arrange();
  }

  // A sentence beside the field that it is about: "0" to "2" for an axis, "budget", or anything else.
  let notice = null;
  function complain(error) {
    if (notice?.isConnected && error && notice.textContent === error.message) return; // said once
    notice?.remove();
    notice = null;
    if (!error) return;
    notice = make("p", "swp-notice", error.message);
    notice.setAttribute("role", "alert");
    const place = error.field === "budget" ? budget : axes[error.field === "" ? -1 : Number(error.field)]?.group;
    place ? place.append(notice) : find(".swp-press", form).after(notice);
  }

  axes.forEach((axis, number) => axis.choose(FIRST[number]));
  arrange();
  return { form, read, put, arrange, complain };
}
