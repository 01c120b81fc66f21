// Asking the studio for comparisons.

import { Refusal, gone, spoken } from "../asking.js";
import { seen as visible } from "../ui.js";

// under the page's own address, which may lie below a path
export const address = (name) => String(new URL(`compare/${name}`, document.baseURI));

export const get = (name) => reached(fetch(address(name), { headers: spoken() }));

export const post = (name, body = {}) =>
  reached(
    fetch(address(name), {
      method: "POST",
      headers: { "Content-Type": "application/json", ...spoken() },
      body: JSON.stringify(body),
    }),
  );

// What is answered, as data; a refusal is an error that is a sentence, with the field that it is about.
async function reached(fetching) {
  let answer;
  try {
    answer = await fetching;
  } catch {
    throw gone();
  }
  const found = await answer.json().catch(() => null);
  if (!found) throw gone();
  if (!answer.ok) throw found.error ? new Refusal(found.error, found.field) : gone();
  return found;
}

// Whether there is a teacher, and which other models, once that is known.
export async function models() {
  for (;;) {
    await visible();
    const found = await get("models");
    if (found.ready) return found;
  }
}

// Follow a comparison: changed(state) whenever it has, until nothing of it draws any more; the last state.
export async function follow(id, changed) {
  let seen = -1;
  for (;;) {
    await visible();
    const state = await get(`drawn/${id}?seen=${seen}`);
    if (state.version !== seen) changed(state);
    if (!state.active) return state;
    seen = state.version;
  }
}
