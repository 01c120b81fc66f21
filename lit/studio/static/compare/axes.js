// What somebody types as the values of a setting, and how many pictures follow.

// Numbers stand behind each other with commas or spaces between them, words (which have commas of their own) line by line.
export function split(text, kind) {
  const parts = kind === "number" ? text.split(/[\s,;]+/) : text.split("\n").map((line) => line.trim());
  return parts.filter((part) => part);
}

// Values to begin with: of a choice the first ones, of words what is set and another.
export function suggested({ name, kind, options }, set) {
  if (kind === "choice") return options.slice(0, name === "model" ? 2 : 3).map(([value]) => value);
  if (kind === "words") return [String(set || "a blue butterfly"), "a red fox"].slice(set || name === "prompt" ? 0 : 1);
  const near = {
    seed: [0, 1, 2, 3],
    num_inference_steps: [2, 4, 8],
    guidance_scale: [1, 2, 4, 8],
    width: [192, 256, 320],
    height: [192, 256, 320],
  }[name];
  return (near || [set]).map(String);
}

// What the form says of an axis, as the studio is asked: null where none is chosen.
export const asked = (name, values) => (name ? { name, values } : null);
