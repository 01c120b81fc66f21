// What somebody types as the values of an axis.

import { marked } from "../languages.js";

export const PLACES = [marked("Across"), marked("Down"), marked("Layers")]; // where the first, second and third axis lies

// Words have commas of their own: a slash stands between two of them.
export const split = (text) => text.split("/").map((part) => part.trim()).filter(Boolean);
export const joined = (words) => words.join(" / ");

const NEAR = { num_inference_steps: "1, 2, 4, 8", guidance_scale: "1, 2, 4, 8", width: "192, 256, 320", height: "192, 256, 320" };

// Values to begin with: of a choice a list, else what stands in the field.
// declared: a setting as the studio declares it.  set: what it is now.  prompt: what that says now.
export function suggested({ name, kind, options, low, high }, set, prompt = "") {
  if (kind === "choice") return options.slice(0, 3).map(([value]) => value);
  if (kind === "part") return joined([prompt.trim().split(/\s+/).at(-1) || "fox", "cat", "owl"].filter(once));
  if (name === "prompt") return joined([prompt.trim() || "a fox", "a cat", "an owl"].filter(once));
  if (kind === "words") return joined([String(set ?? ""), "a hat"].filter(Boolean).filter(once));
  if (name.endsWith("seed")) return [0, 1, 2, 3].map((more) => Number(set || 0) + more).join(", ");
  return NEAR[name] ?? [low, (low + high) / 2, high].filter(once).join(", ");
}

// The range to look in for what changes: what the page offers of the setting.
export const range = ({ low, high, shown }) => shown ?? [low, high];

const once = (one, place, all) => all.indexOf(one) === place;
