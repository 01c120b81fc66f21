// From the library to the other tabs.

// values: {setting: value of its control}; those that are left out stay. Whoever fills the controls listens.
export const useSettings = (values) => document.dispatchEvent(new CustomEvent("lit-use", { detail: { values } }));

// To the export dialog. pictures: as the library has them.
export function exportAs(pictures) {
  const named = pictures.map(({ name, file, prompt }) => ({ id: `${name.split("/")[0]}/${file}`, said: prompt }));
  document.dispatchEvent(new CustomEvent("lit-export", { detail: { pictures: named } }));
}

// name: as the tab is called.
export function openTab(name) {
  [...document.querySelectorAll('[role="tab"]')].find((tab) => tab.textContent.trim() === name)?.click();
}
