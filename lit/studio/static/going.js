// What a tab draws for long, while it goes on: how far it is, stopped, gone on with, and what is in its way.

import { find } from "./ui.js";

// part(name): an element of the tab.  ask(what, body): one of its addresses.  about(): the body that says which is meant.
// resumed(): it goes on again.
export function makeGoing(part, { ask, about, resumed }) {
  const stop = part("stop");

  // How far it is: { share: from 0 to 1, null where that is not known, words }; null where nothing goes on.
  function busy(far) {
    stop.setAttribute("aria-disabled", String(!far)); // one that is disabled loses the focus
    part("progress").hidden = !far;
    if (!far) return;
    const bar = find("progress", part("progress"));
    far.share === null ? bar.removeAttribute("value") : (bar.value = far.share);
    part("far").textContent = far.words;
  }

  function trouble(error) {
    const place = part("trouble");
    if (place.textContent !== (error?.message ?? "")) place.textContent = error?.message ?? "";
    place.hidden = !error;
  }

  stop.onclick = () => {
    if (stop.getAttribute("aria-disabled") === "true") return;
    ask("stop", about()).catch(trouble);
  };

  part("on").onclick = async () => {
    try {
      await ask("go_on", about());
      resumed();
    } catch (error) {
      trouble(error);
    }
  };

  return { busy, trouble };
}
