// Following what the studio draws for long, over a reload of the page and over a restart of the studio.

import { seen, sleep } from "./ui.js";

const AGAIN = 2000; // milliseconds, while the studio does not answer

// changed(state) whenever it has, until nothing is drawn any more, or `wanted` says no; the last state.
// look(version): asks how it stands, as soon as that is another version.  gone(error or null): that the studio does not
// answer, and that it does again.
export async function following(look, { changed, wanted, gone, pause = sleep }) {
  let version = -1;
  for (;;) {
    await seen();
    let state;
    try {
      state = await look(version);
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
