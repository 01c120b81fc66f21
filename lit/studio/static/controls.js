// What Generate's controls say, for tabs that begin with it.

import { find } from "./ui.js";

// {setting: value}. names: of the settings, in the order of the controls' values.  texts: those that are typed, {setting:
// elem_id of its control}.  defaults: of settings.
export function controlled({ names, texts, defaults }) {
  const said = window.litControls?.values ?? [];
  const values = Object.fromEntries(names.map((name, place) => [name, said[place] ?? defaults[name]]));
  for (const [name, place] of Object.entries(texts)) values[name] = find(`#${place} :is(textarea, input)`, document)?.value ?? values[name];
  return values;
}
