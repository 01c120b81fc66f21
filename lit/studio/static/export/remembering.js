// What was last chosen for an export, kept in this browser.

const PLACE = "lit-studio-export";

// usual: what is chosen at first; whatever else is found is left out.
export function remembering(usual, storage = localStorage) {
  let known;
  try {
    known = JSON.parse(storage.getItem(PLACE)) ?? {};
  } catch {
    known = {}; // somebody else's
  }
  const alike = (name) => typeof known[name] === typeof usual[name] && Array.isArray(known[name]) === Array.isArray(usual[name]);
  const choice = Object.fromEntries(Object.keys(usual).map((name) => [name, alike(name) ? known[name] : usual[name]]));
  return {
    choice,
    keep: () => storage.setItem(PLACE, JSON.stringify(choice)),
  };
}
