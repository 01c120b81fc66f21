// What has been done can be taken back for a while: a line at the foot of the page, one for all tabs.

import { t } from "./languages.js";
import { find, make } from "./ui.js";

const UNDO = 6000; // milliseconds
const AGAIN = 1000; // it stays for as long as it is in hand: who listens needs longer to get there

let toast = null;
let fading;

function made() {
  toast = make("div", "lit-toast");
  toast.hidden = true;
  const said = make("span");
  said.setAttribute("role", "status");
  toast.append(said, Object.assign(make("button", "lit-button", t("Undo")), { type: "button" }));
  (find(".gradio-container .contain", document) ?? document.body).append(toast); // where the page's style sheet reaches
}

// said: what has been done.  undo(): takes it back.
export function offer(said, undo) {
  if (!toast?.isConnected) made();
  toast.hidden = false;
  requestAnimationFrame(() => (find("span", toast).textContent = said)); // seen to change, and so read out
  const hide = () => {
    if (toast.matches(":hover, :focus-within")) fading = setTimeout(hide, AGAIN);
    else toast.hidden = true;
  };
  clearTimeout(fading);
  fading = setTimeout(hide, UNDO);
  find("button", toast).onclick = () => {
    clearTimeout(fading);
    toast.hidden = true;
    undo();
  };
}
