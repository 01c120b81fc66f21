// The places to export to, by groups: which are ticked, and why one does not take what is there.

import { t } from "../languages.js";
import { make } from "../ui.js";

// groups: [{ group, places: [{ name, label, limits }] }].  ticked: names.  changed(name, on): told of every tick.
export function placing(form, groups, ticked, changed) {
  const rows = new Map();
  for (const { group, places } of groups) {
    const set = make("fieldset");
    set.append(make("legend", "", t(group)));
    for (const { name, label, limits } of places) set.append(row({ name, label: t(label), limits: t(limits) }));
    form.append(set);
  }

  function row({ name, label, limits }) {
    const line = make("label", "ex-place");
    const box = Object.assign(make("input"), { type: "checkbox", value: name, checked: ticked.includes(name) });
    const words = make("span", "ex-words");
    const [said, refused] = [make("span", "ex-soft", limits), make("span", "ex-refused")];
    // Who listens hears the name first, and what it takes when there is time.
    [said.id, refused.id] = [`ex-${name}-limits`, `ex-${name}-refused`];
    box.setAttribute("aria-label", label);
    box.setAttribute("aria-describedby", `${said.id} ${refused.id}`);
    words.append(make("strong", "", label), said, refused);
    line.append(box, words);
    box.addEventListener("change", () => changed(name, box.checked));
    rows.set(name, { box, label, refused });
    return line;
  }

  return {
    // In the order of the page.
    chosen: () => [...rows].filter(([, { box }]) => box.checked).map(([name]) => name),
    label: (name) => rows.get(name).label,
    // refused: { name: a sentence } of those that will not take it.
    refuse(refused) {
      for (const [name, row] of rows) {
        row.refused.textContent = refused[name] ?? "";
        row.box.parentElement.toggleAttribute("data-refused", name in refused);
      }
    },
  };
}
