// What arrives at the page, whichever tab is open: a PNG that is dropped or pasted, a link that carries settings.

import { hand } from "../handing.js";
import { t } from "../languages.js";
import { find } from "../ui.js";
import { inspected } from "./asking.js";
import { openTab, useSettings } from "./leading.js";
import { fromLink } from "./link.js";

// Called with what Gradio gives the component once the page is there.
// draw, scope: what those tabs are called.  defaults: {setting: value of its control}.
export function start({ element, draw, scope, defaults }) {
  const dialog = find("dialog", element);
  const part = (name) => find(`.lb-arrived-${name}`, dialog);
  const image = find("img", dialog);

  async function arrived(file) {
    const address = URL.createObjectURL(file);
    image.src = address;
    dialog.addEventListener("close", () => URL.revokeObjectURL(address), { once: true });
    tell(t("A picture"), t("Reading what it says"), null);
    dialog.showModal();
    try {
      const found = await inspected(file);
      tell(t("From {program}", { program: found.source }), found.said, found);
      part("use").focus();
      part("use").onclick = () => {
        dialog.close();
        openTab(draw);
        useSettings(found.values, file, found.drawn_by);
      };
      part("inside").onclick = () => {
        dialog.close();
        hand(file);
        openTab(scope);
      };
    } catch (error) {
      tell(t("Nothing to take from this picture"), error.message, null);
    }
  }

  function tell(source, said, found) {
    find("h2", dialog).textContent = source;
    find("p", dialog).textContent = said;
    part("use").hidden = !found;
    part("inside").hidden = !found?.ours;
  }
  part("close").onclick = () => dialog.close();

  const pngOf = (transfer) => [...(transfer?.files ?? [])].find(({ type, name }) => type === "image/png" || /\.png$/i.test(name));
  // A place that takes files itself says so by preventing what the browser would do.
  const taken = (event) => event.defaultPrevented || event.target.closest?.('input[type="file"], dialog[open]');

  document.addEventListener("dragover", (event) => {
    if (!taken(event) && event.dataTransfer?.types.includes("Files")) event.preventDefault(); // else the page would go
  });
  document.addEventListener("drop", (event) => {
    if (taken(event) || !event.dataTransfer?.files.length) return;
    event.preventDefault();
    const file = pngOf(event.dataTransfer);
    if (file) return arrived(file);
    image.removeAttribute("src");
    tell(t("Nothing to take from this file"), t("Only a PNG carries what it was drawn from."), null);
    dialog.showModal();
  });
  document.addEventListener("paste", (event) => {
    const file = pngOf(event.clipboardData);
    if (!file || taken(event)) return;
    event.preventDefault();
    arrived(file);
  });

  function followLink() {
    const values = fromLink(location.hash, defaults);
    if (!values) return;
    history.replaceState(null, "", location.pathname + location.search); // a reload keeps what one has written since
    // The page fills its controls with the last drawing first.
    const ready = () => (find("#generate", document) && window.litVisitor ? setTimeout(useSettings, 300, values) : setTimeout(ready, 50));
    openTab(draw);
    ready();
  }
  addEventListener("hashchange", followLink);
  followLink();
}
