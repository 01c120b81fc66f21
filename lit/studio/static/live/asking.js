// Asking the studio for live pictures.

import { address as under, post, reached, refusal, spoken } from "../asking.js";
import { seen, sleep } from "../ui.js";

const address = (name) => under(`live/${name}`);

const AGAIN = 2000; // milliseconds, while the studio does not answer; whoever draws says that

// Whether this machine draws fast enough: { on, trouble, said }, once that is known.
export async function speed(wait = sleep) {
  for (;;) {
    await seen();
    try {
      const found = await (await fetch(address("speed"), { headers: spoken() })).json();
      if (found.ready) return found;
    } catch {
      await wait(AGAIN);
    }
  }
}

// A function that draws: (visitor, values, settled, signal) to a picture, or null for what is outdated.
// path: where it is asked.
export function drawing(path = "live/draw") {
  const page = Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, "0")).join("");
  let number = 0;
  return async (visitor, values, settled, signal) => {
    const body = JSON.stringify({ visitor, page, number: ++number, settled, values });
    const how = { method: "POST", headers: { "Content-Type": "application/json", ...spoken() }, body, signal };
    for (;;) {
      await seen();
      const answer = await reached(fetch(under(path), how));
      if (answer.status === 202) continue; // it waits, and is asked for again
      if (answer.status === 204) return null;
      if (!answer.ok) throw await refusal(answer);
      const said = (name) => answer.headers.get(`Lit-${name}`);
      return {
        id: said("Picture"),
        caption: decodeURIComponent(said("Caption")),
        settled: said("Settled") === "yes",
        blob: await answer.blob(),
      };
    }
  };
}

// The picture as a file that carries its settings.
export async function asPng(id) {
  const answer = await reached(fetch(address(`pictures/${id}`), { headers: spoken() }));
  if (!answer.ok) throw await refusal(answer);
  return new File([await answer.blob()], "live-picture.png", { type: "image/png" });
}

// Put the picture into the history.
export const keep = (visitor, picture) => post("live/keep", { visitor, picture });
