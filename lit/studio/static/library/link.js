// A link that carries settings: #p=a%20fox&style=noto&seed=3. What is as by default is left out.

export function toLink(values, defaults, page) {
  const { prompt, ...others } = values;
  const told = new URLSearchParams({ p: prompt });
  for (const [name, value] of Object.entries(others)) {
    if (value !== null && value !== undefined && value !== defaults[name]) told.set(name, value);
  }
  const address = new URL(page);
  address.hash = told.toString().replaceAll("+", "%20");
  return address.href;
}

// {setting: value of its control} of a link's hash, null where it carries none. Whatever else it says is left out.
export function fromLink(hash, defaults) {
  const told = new URLSearchParams(hash.replace(/^#/, ""));
  const prompt = told.get("p");
  if (!prompt) return null;
  const values = { ...defaults, prompt };
  for (const [name, value] of told) {
    if (!(name in defaults) || name === "prompt") continue;
    values[name] = typeof defaults[name] === "number" ? Number(value) : value;
  }
  return Object.values(values).some(Number.isNaN) ? null : values;
}
