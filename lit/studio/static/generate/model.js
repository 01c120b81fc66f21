// Which model draws: the one word that Generate's scripts need of it. The list is in models.js.

const PLACE = "lit-studio-model";

let name = sessionStorage.getItem(PLACE) ?? "";

// The name of the model in the studio's list, "" for its own; with a name, that one from now on. null leaves it.
export function drawnBy(other) {
  if (typeof other === "string" && other !== name) {
    name = other;
    sessionStorage.setItem(PLACE, name);
    document.dispatchEvent(new CustomEvent("lit-model-named", { detail: { name } }));
  }
  return name;
}
