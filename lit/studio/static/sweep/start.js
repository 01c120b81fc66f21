// The Sweep tab: say what to vary, watch the pictures come, look at each, and find the former ones again.

import { address, post } from "../asking.js";
import { controlled } from "../controls.js";
import { makeGoing } from "../going.js";
import { openTab, useSettings } from "../library/leading.js";
import { makeLast } from "../last.js";
import { marked, t } from "../languages.js";
import { makePlanning } from "../planning.js";
import { find, make } from "../ui.js";
import { ask, file, follow, picture } from "./asking.js";
import { makeChange } from "./change.js";
import { makeForm } from "./form.js";
import { makeGrid } from "./grid.js";
import { near, showing } from "./picture.js";
import { taking } from "./sent.js";

const LAST = { ask, picture, one: "sweep", all: "sweeps", style: "swp", trashed: marked("The sweep is in the trash for ten minutes") };

// Called with what Gradio gives a component when the tab is first opened.
// varied: what may be varied, as the studio declares it.  names: of the settings, in the order of the controls' values.
// texts: those that are typed, {setting: elem_id of its control}.  defaults: of settings.  examples: sweeps to begin with.
// draw: what that tab is called.  budget: pictures of an adaptive sweep where nobody says otherwise.
export function start({ element, props, watch, varied, names, texts, defaults, examples, draw, budget }) {
  const root = find(".swp", element);
  const part = (name) => find(`.swp-${name}`, root);
  const unnamed = crypto.randomUUID();
  const visitor = () => props.value || window.litVisitor || unnamed;
  const announce = (text) => (part("said").textContent = text);
  let own = null; // settings of a sticker that is swept over, instead of what Generate says
  let shown = null; // the sweep that is looked at: { id, ... } as the studio answers

  const form = makeForm(root, { declared: varied, set: (name) => base()[name], changed: reconsider });
  find("input", part("budget")).value = budget;
  const planning = makePlanning({
    ask: () => ask("plan", asked()),
    place: part("plan"),
    complain: form.complain,
    more: ({ base: caption }) => (part("base-said").textContent = own ? t("All else: {caption}", { caption }) : t("All else as Generate says: {caption}", { caption })),
  });
  const show = showing(part("dialog"), {
    beside: (cell, by) => near(ordered(), cell, by),
    use: async (cell) => {
      const { values } = await ask("settings", { visitor: visitor(), sweep: shown.id, place: cell.place });
      openTab(draw);
      useSettings(values, undefined, { model: "" });
    },
    keep: async (cell) => (await keep(cell)).said,
    lead: async (cell) => {
      const { picture } = await keep(cell);
      document.dispatchEvent(new CustomEvent("lit-open-picture", { detail: { picture } }));
    },
    closed: (cell) => grid.focus(cell),
  });
  const grid = makeGrid(find("table", root), { open: show, about, layered });
  const change = makeChange(part("change"), { open: show, about });
  const meant = () => ({ visitor: visitor(), sweep: shown.id });
  const { busy, trouble } = makeGoing(part, { ask, about: meant, resumed: () => watching(shown.id, true) });
  const last = makeLast(part("last"), { of: LAST, visitor, open: (id) => watching(id, false), gone, complain: trouble, changed: empty });

  // 1. What a sweep begins with

  function base() {
    return own?.values ?? controlled({ names, texts, defaults });
  }

  const asked = () => ({ visitor: visitor(), values: base(), ...form.read() });

  function reconsider() {
    form.arrange();
    part("as-generate").hidden = !own;
    planning.soon();
  }

  // 2. Drawing

  form.form.addEventListener("submit", (event) => {
    event.preventDefault();
    begin(asked());
  });

  function begin(fields) {
    planning.press(
      () => ask("begin", fields),
      ({ id }) => watching(id, true),
    );
  }

  // Look at a sweep, and follow it while it is drawn. fresh: it has just been asked for.
  async function watching(id, fresh) {
    shown = { id };
    grid.forget();
    change.forget();
    trouble(null);
    part("about").textContent = "";
    if (fresh) last.refresh();
    const mine = shown;
    try {
      const state = await follow(() => ({ visitor: visitor(), sweep: id }), { changed: take, wanted: () => shown === mine, gone: trouble });
      if (!state) return;
      busy(null);
      last.refresh();
      if (fresh) announce(state.ended);
    } catch (error) {
      trouble(error);
      busy(null);
    }
  }

  function take(state) {
    const { id } = shown;
    const former = shown.axes;
    Object.assign(shown, state);
    part("shown").hidden = false;
    find("#swp-title", root).textContent = state.title;
    if (JSON.stringify(former) !== JSON.stringify(state.axes)) lay(state);
    if (state.whole) grid.forget();
    grid.show(state.cells);
    change.show(state, grid.cells());
    trouble(state.trouble ? new Error(state.trouble) : null);
    for (const [name, ending] of [["sheet", "sheet.png"], ["page", "page.html"]]) {
      state.drawn ? part(name).setAttribute("href", file(id, ending)) : part(name).removeAttribute("href");
      part(name).setAttribute("aria-disabled", String(!state.drawn));
    }
    part("on").hidden = !state.rest;
    busy(state.active ? { share: state.share, words: state.said } : null);
    empty();
  }

  function lay({ axes }) {
    const [, , layers] = axes;
    part("layers").hidden = !layers;
    part("layers").replaceChildren(make("legend", "", layers?.label ?? ""));
    for (const [place, label] of (layers?.values ?? []).entries()) {
      const one = make("label");
      const radio = Object.assign(make("input"), { type: "radio", name: "swp-layer", value: place, checked: place === 0 });
      radio.addEventListener("change", () => grid.layer(place));
      one.append(radio, label);
      part("layers").append(one);
    }
    grid.lay(axes);
  }

  function layered(layer) {
    const radio = find(`.swp-layers [value="${layer}"]`, root);
    if (radio) radio.checked = true;
  }

  // 3. With what is drawn

  const ordered = () => grid.cells().toSorted((one, other) => one.order - other.order);

  function about(cell) {
    if (cell) part("about").textContent = [cell.said, cell.caption].filter(Boolean).join(" · ");
  }

  async function keep(cell) {
    const found = await ask("keep", { visitor: visitor(), sweep: shown.id, place: cell.place });
    document.dispatchEvent(new Event("lit-drawn"));
    return found;
  }

  function gone(id) {
    if (shown?.id !== id) return;
    shown = null;
    part("shown").hidden = true;
    busy(null);
  }

  // 4. Two to begin with, where there is none yet

  function empty() {
    part("none").hidden = Boolean(shown) || last.count() > 0;
  }

  for (const { title, said, ...fields } of examples) {
    const button = Object.assign(make("button", "swp-button swp-example"), { type: "button" });
    button.append(make("strong", "", t(title)), make("span", "", t(said)));
    button.addEventListener("click", () => {
      form.put(fields);
      own = { values: { ...defaults, ...fields.values } };
      reconsider();
      begin(asked());
    });
    part("examples").append(button);
  }

  // 5. From elsewhere on the page

  part("as-generate").onclick = () => {
    own = null;
    reconsider();
    find("select", root).focus();
  };

  taking(async (picture) => {
    try {
      const { values } = await post("drawings/settings", { picture: picture.id });
      own = { values };
      reconsider();
      find("form select", root).focus();
    } catch (error) {
      form.complain(error);
    }
  });

  document.addEventListener("lit-settings", () => !own && root.checkVisibility() && reconsider());
  // The tab may be left and come back to: words may have been typed, sweeps drawn on another device.
  new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting) return;
    reconsider();
    last.refresh();
  }).observe(root);

  async function again() {
    const found = await last.refresh();
    empty();
    const latest = found?.find(({ active }) => active) ?? found?.[0];
    if (latest && !shown) watching(latest.id, false);
  }

  busy(null);
  again();
  watch("value", () => root.checkVisibility() && again());
}
