// "Draw while I type": the switch beside the words, and what follows from it.

import { drawnBy } from "../generate/model.js";
import { hand } from "../handing.js";
import { t } from "../languages.js";
import { openTab } from "../library/leading.js";
import { releasing } from "../pressing.js";
import { find } from "../ui.js";
import { asPng, drawing, keep, speed } from "./asking.js";
import { pacing } from "./pace.js";
import { complaining, viewing } from "./view.js";

const CHOICE = "lit-studio-live"; // "on" or "off", once somebody has chosen
const PATIENCE = 3000; // milliseconds after which it is said that others come first

// Called with what Gradio gives the switch's component.
// names: of the settings, in the order of the controls' values.  texts: those that are typed.
// places: elem_id of each setting's control.
// scope: what the tab is called in which pictures are looked into.
//
// The page tells by events of the document what happens to its controls:
//   lit-settings { visitor, values, quiet }   what they say now; quiet: nobody has changed them
//   lit-live-end                              something else is shown from now on
export function start({ element, names, texts, places, scope }) {
  const control = find("input", element);
  const said = find(".lit-live-speed", element);
  const boards = () => [find(".lit-live .lit-live-picture", document), find(".lit-live-small", element)];
  const view = viewing(boards, () => matchMedia("(prefers-reduced-motion: reduce)").matches);
  const complain = complaining(places, element);
  const draw = drawing();
  const released = releasing();
  let page = null; // what the controls say: { visitor, values }
  let sentence = ""; // about this machine's speed
  let slow;

  const pace = pacing({ draw: asked, show, fail: complain });

  // Once nothing is pressed: another line moves what stands below.
  function tell(text) {
    released().then(() => (said.textContent = text));
  }

  async function asked(values, settled, signal) {
    if (busy()) return null;
    clearTimeout(slow);
    slow = setTimeout(tell, PATIENCE, t("Other drawings come first."));
    try {
      const picture = await draw(page.visitor, values, settled, signal);
      return busy() ? null : picture && { ...picture, words: values.prompt.trim() };
    } finally {
      if (!signal.aborted) {
        clearTimeout(slow);
        tell(sentence);
      }
    }
  }

  function show(picture) {
    complain(null);
    view.show(picture);
    const live = find(".lit-live", document);
    live.dataset.picture = picture.id;
    find(".lit-live-caption", live).textContent = picture.caption;
    // One short sentence, when it has become quiet: who listens does not want to hear each letter's picture.
    if (picture.settled) find(".lit-live-done", element).textContent = t("Drawn: {words}.", { words: picture.words });
  }

  function end() {
    pace.stop();
    clearTimeout(slow);
    tell(sentence);
    complain(null);
    view.clear();
    delete find(".lit-live", document)?.dataset.picture;
    find(".lit-live-done", element).textContent = "";
  }

  // Between Generate and its picture nothing else is shown.
  const busy = () => find(".lit-stage[data-busy]", document);

  function follow() {
    if (!control.checked || !page || busy() || drawnBy()) return;
    if (page.values.prompt?.trim()) return pace.changed(page.values);
    pace.stop(); // nothing to draw yet
    complain(null);
  }

  function told({ visitor, values, quiet }) {
    page = { visitor, values: Object.fromEntries(names.map((name, index) => [name, values[index]])) };
    if (!quiet) follow();
  }

  document.addEventListener("lit-settings", ({ detail }) => told(detail));
  document.addEventListener("input", ({ target }) => {
    const name = page && texts.find((text) => target.closest(`#${places[text]}`));
    if (!name) return;
    page.values = { ...page.values, [name]: target.value };
    follow();
  });
  document.addEventListener("lit-live-end", end);
  document.addEventListener("click", ({ target }) => {
    const button = target.closest("#keep, #look-inside");
    if (button) (button.id === "keep" ? kept : look)(find(".lit-live", document).dataset.picture).catch(complain);
  });

  async function kept(picture) {
    await keep(page.visitor, picture);
    document.dispatchEvent(new Event("lit-kept"));
  }

  async function look(picture) {
    hand(await asPng(picture));
    openTab(scope);
  }

  control.addEventListener("change", () => {
    localStorage.setItem(CHOICE, control.checked ? "on" : "off");
    control.checked ? follow() : end();
  });

  speed().then((found) => {
    sentence = found.said;
    tell(sentence);
    control.disabled = found.trouble;
    control.checked = !found.trouble && (localStorage.getItem(CHOICE) ?? (found.on ? "on" : "off")) === "on";
  }, complain);
  if (window.litControls) told({ ...window.litControls, quiet: true });
}
