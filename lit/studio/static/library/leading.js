// From the library to the other tabs.

import { t } from "../languages.js";

// values: {setting: value of its control}; those that are left out stay.  file: the PNG that they are of, if it is not
// the studio's. Whoever fills the controls listens.
// drawnBy: { model, lacks }, who drew it, and what is to be done first.
export const useSettings = (values, file, drawnBy) => document.dispatchEvent(new CustomEvent("lit-use", { detail: { values, file, ...drawnBy } }));

// To the export dialog. pictures: as the library has them.
export function exportAs(pictures) {
  const named = pictures.map(({ name, file, prompt }) => ({ id: `${name.split("/")[0]}/${file}`, said: prompt }));
  document.dispatchEvent(new CustomEvent("lit-export", { detail: { pictures: named } }));
}

// name: as the tab is called in English.
export function openTab(name) {
  [...document.querySelectorAll('[role="tab"]')].find((tab) => tab.textContent.trim() === t(name))?.click();
}
