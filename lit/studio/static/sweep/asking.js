// Asking the studio for sweeps.

import { address as under, post } from "../asking.js";
import { seen, sleep } from "../ui.js";

const AGAIN = 2000; // milliseconds, while the studio does not answer

export const ask = (name, body) => post(`sweeps/ask/${name}`, body);

export const picture = (id) => String(under(`sweeps/pictures/${id}.png`));
export const file = (id, name) => String(under(`sweeps/drawn/${id}/${name}`));

// Follow a sweep: changed(state) whenever it has, until nothing of it is drawn any more, or `wanted` says no; the last
// state. gone(error or null): that the studio does not answer, and that it does again.
export async function follow(fields, { changed, wanted, gone, pause = sleep }) {
  let version = -1;
  for (;;) {
    await seen();
    let state;
    try {
      state = await ask("look", { ...fields(), seen: version });
      gone(null);
    } catch (error) {
      if (!error.gone) throw error;
      gone(error);
      await pause(AGAIN);
      version = -1; // a studio that was started anew counts anew
      continue;
    }
    if (!wanted()) return null;
    if (state.version !== version) changed(state);
    if (!state.active) return state;
    version = state.version;
  }
}
