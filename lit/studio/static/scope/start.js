// The LinearScope tab: one timeline, layer, path and place for all its panels.

import { t } from "../languages.js";
import { asking, fillSelect, find, follow } from "../ui.js";
import { choosing } from "./choosing.js";
import { boxOf, toShares } from "./geometry.js";
import { makePanel } from "./panel.js";
import { saveHtml, savePng } from "./save.js";
import { stepName } from "./sum.js";

const REST = 200; // milliseconds that the timeline's hand rests before its step is computed
// The field that a refusal is about, by what the studio calls it.
const PLACES = { prompt: "prompt", seed: "seed", style: "style", model: "model", point: "pixel" };
const EXAMPLE = { prompt: "a blue butterfly", style: "", seed: "0" };
const SPOT = [0.5625, 0.375, 0.625, 0.4375]; // of the example that is looked at first, as shares of its sides: a wing
const STAY = 80; // milliseconds that a hand stays over a square before its answer is found

// Called with what Gradio gives a component when the tab is first opened.
// savedCss: the look of the page that is saved as HTML.
export function start({ element, props, server, watch, savedCss }) {
  const root = find(".sc", element);
  const ask = asking(server);
  const control = (name) => find(`[name="${name}"]`, root);

  // A sentence beside what it is about: the field that the studio names, or `beside`. Without either it stands under the
  // choice of pictures.
  const notice = find(".sc-notice", root);
  function complain(error, beside) {
    notice.textContent = error ? error.message : "";
    notice.hidden = !error;
    if (!error) return;
    const place = PLACES[error.field] ? control(PLACES[error.field]).closest("form, label") : beside;
    if (place?.checkVisibility()) place.append(notice);
    else find(".sc-pick", root).append(notice);
    notice.scrollIntoView({ block: "nearest" });
  }

  // What the panels and the choosing of pictures need of the tab.
  // time: 0 (noise) to 1 (picture), so that pictures of unlike step counts stay beside each other.
  // box: [left, top, right, bottom] as shares of the picture's sides; null before the first click.
  const tab = {
    root, ask, control, complain, choose, hover, add, remove,
    panels: [], time: null, box: null,
    follow: (name, request, how) => follow(ask, name, request, { complain, ...how }),
    announce: (text) => (find(".sc-said", root).textContent = text),
  };

  // Panels: one, or two side by side

  function add(drawing) {
    tab.time ??= drawing.steps.length > 1 ? drawing.first / (drawing.steps.length - 1) : 1;
    const pinned = tab.panels.find((panel) => panel.pinned);
    for (const panel of tab.panels) if (panel !== pinned) panel.close();
    const panel = makePanel(tab, drawing);
    tab.panels = pinned ? [pinned, panel] : [panel];
    find(".sc-panels", root).append(panel.element);
    arrange();
    panel.redraw();
    if (tab.box) panel.look();
    find("canvas", panel.element).focus(); // the arrow keys are ready, and the picture in sight
  }

  function remove(panel) {
    panel.close();
    tab.panels = tab.panels.filter((other) => other !== panel);
    arrange();
  }

  // One timeline, layer and path for all panels: the first panel says what there is.
  function arrange() {
    find(".sc-panels", root).dataset.count = tab.panels.length;
    find(".sc-desk", root).hidden = !tab.panels.length;
    find(".sc-welcome", root).hidden = tab.panels.length > 0;
    if (!tab.panels.length) return;
    const { steps, layers, paths, channels } = tab.panels[0].drawing;
    const slider = control("step");
    slider.max = steps.length;
    slider.value = 1 + Math.round(tab.time * (steps.length - 1));
    for (const [name, choices] of [["layer", layers], ["path", paths], ["channel", channels]]) {
      const before = control(name).value;
      fillSelect(control(name), choices, choices.some(([value]) => value === before) ? before : choices[0][0]);
      control(name).parentElement.hidden = choices.length < 2;
    }
    sayStep();
  }

  function sayStep() {
    const { drawing } = tab.panels[0];
    const index = control("step").value - 1;
    const said = stepName(drawing, index);
    find(".sc-step-said", root).textContent = said;
    control("step").setAttribute("aria-valuetext", said);
    find(".sc-earlier", root).disabled = index === 0;
    find(".sc-later", root).disabled = index === drawing.steps.length - 1;
    find(".sc-explain", root).textContent = drawing.explain[control("layer").value] || "";
  }

  let settled; // scrubbing shows pictures at once and computes when the hand rests
  function reconsider() {
    complain(null);
    const { steps } = tab.panels[0].drawing;
    tab.time = steps.length > 1 ? (control("step").value - 1) / (steps.length - 1) : 1;
    sayStep();
    tab.panels.forEach((panel) => panel.redraw());
    clearTimeout(settled);
    settled = setTimeout(() => tab.panels.forEach((panel) => panel.look()), REST);
  }

  function stepBy(difference) {
    control("step").value = Number(control("step").value) + difference;
    reconsider();
  }

  function choose(box) {
    complain(null);
    tab.box = box;
    for (const panel of tab.panels) {
      panel.dragged = null;
      panel.look();
    }
  }

  // A hand that stays over a square will click it: its answer is found before those of others.
  let hovered = "";
  let staying;
  function hover(box) {
    if (hovered === String(box)) return;
    hovered = String(box);
    clearTimeout(staying);
    staying = setTimeout(() => tab.panels.forEach((panel) => panel.near(box)), STAY);
  }

  find(".sc-goto", root).addEventListener("submit", (event) => {
    event.preventDefault();
    const written = control("pixel").value;
    const box = boxOf(written);
    if (!box) return complain(new Error(written ? t("Pixel cannot be {got}. Choose two numbers such as 120, 96.", { got: written }) : t("Pixel cannot be empty. Choose two numbers such as 120, 96.")), find(".sc-goto", root));
    const { width, height } = tab.panels[0].drawing;
    choose(toShares(box, [width, height]));
  });

  for (const name of ["step", "layer", "path", "channel"]) control(name).addEventListener("input", reconsider);
  find(".sc-earlier", root).onclick = () => stepBy(-1);
  find(".sc-later", root).onclick = () => stepBy(1);
  find(".sc-html", root).onclick = () => saveHtml(tab, savedCss);
  find(".sc-png", root).onclick = () => savePng(tab);

  const { shown, open } = choosing(tab, () => props.value || "");
  find(".sc-example", root).onclick = async () => {
    tab.box = SPOT;
    await open(EXAMPLE);
  };
  // The tab may be left and come back to: new drawings then belong into the strip.
  new IntersectionObserver(([entry]) => {
    if (entry.isIntersecting) shown();
  }).observe(root);
  watch("value", shown);
}
