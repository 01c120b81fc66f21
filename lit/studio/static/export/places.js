// The places to export to, by groups: which are ticked, and why one does not take what is there.

import { make } from "../ui.js";

// groups: [{ group, places: [{ name, label, limits }] }].  ticked: names.  changed(name, on): told of every tick.
export function placing(form, groups, ticked, changed) {
  const rows = new Map();
  for (const { group, places } of groups) {
    const set = make("fieldset");
    set.append(make("legend", "", group));
    for (const place of places) set.append(row(place));
    form.append(set);
  }

  function row({ name, label, limits }) {
    const line = make("label", "ex-place");
    const box = Object.assign(make("input"), { type: "checkbox", value: name, checked: ticked.includes(name) });
    const said = make("span", "ex-words");
    const refused = make("span", "ex-refused");
    said.append(make("strong", "", label), make("span", "ex-soft", limits), refused);
    line.append(box, said);
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
