// The Dream tab: say what to dream, watch it wander, read its graph, and find the former dreams again.

import { address, post } from "../asking.js";
import { arrived } from "../arriving.js";
import { controlled } from "../controls.js";
import { makeGoing } from "../going.js";
import { makeLast } from "../last.js";
import { marked, t } from "../languages.js";
import { makePlanning } from "../planning.js";
import { download, find, make } from "../ui.js";
import { PREPARED, ask, file, follow, picture } from "./asking.js";
import { makeForm } from "./form.js";
import { makeGraph } from "./graph.js";
import { crossings, framesOf, letter } from "./layout.js";
import { makePlayer } from "./player.js";
import { saved } from "./save.js";
import { makeStrip } from "./strip.js";
import { makeTable } from "./table.js";

const LAST = { ask, picture, one: "dream", all: "dreams", style: "drm", trashed: marked("The dream is in the trash for ten minutes") };
const EVENT = "lit-dream";

// Called with what Gradio gives a component when the tab is first opened.
// names: of the settings, in the order of the controls' values.  texts: those that are typed, {setting: elem_id of its
// control}.  defaults: of settings.
export function start({ element, props, watch, names, texts, defaults }) {
  const root = find(".drm", element);
  const part = (name) => find(`.drm-${name}`, root);
  const unnamed = crypto.randomUUID();
  const visitor = () => props.value || window.litVisitor || unnamed;
  const announce = (text) => (part("said").textContent = text);
  let own = null; // { id, values } of a sticker that is dreamt on, instead of what Generate says
  let shown = null; // the dream that is looked at: { id, ... } as the studio answers
  let chosen = null; // { from } or { from, to } in its graph
  let typed = false; // the words are somebody's

  const form = makeForm(find("form", root), { changed: () => planning.soon() });
  const planning = makePlanning({ ask: () => ask("plan", asked()), place: part("plan"), complain: form.complain });
  const graph = makeGraph(find("svg", part("graph")), { choose });
  const table = makeTable(find("table", root), { choose });
  const strip = makeStrip(part("strip"), { go: (frame) => player.go(frame) });
  const player = makePlayer(part("player"), { shown: seen });
  const meant = () => ({ visitor: visitor(), dream: shown.id });
  const { busy, trouble } = makeGoing(part, { ask, about: meant, resumed: () => watching(shown.id, true) });
  const last = makeLast(part("last"), { of: LAST, visitor, open: (id) => watching(id, false), gone, complain: trouble, changed: () => {} });

  // 1. What a dream begins with

  const base = () => own?.values ?? controlled({ names, texts, defaults });

  function asked() {
    const { prompt, ...told } = form.read();
    return { visitor: visitor(), values: { ...base(), prompt }, picture: own?.id ?? "", ...told };
  }

  find("[name=prompt]", root).addEventListener("input", () => (typed = true));

  function begins() {
    part("picture").hidden = !own;
    if (own) find("img", part("picture")).src = address(`pictures/${own.id}`);
    if (own || !typed) form.put(base().prompt);
    planning.soon();
  }

  // 2. Dreaming

  find("form", root).addEventListener("submit", (event) => {
    event.preventDefault();
    planning.press(
      () => ask("begin", asked()),
      ({ id }) => watching(id, true),
    );
  });

  // Look at a dream, and follow it while it is dreamt. fresh: it has just been asked for.
  async function watching(id, fresh) {
    shown = { id, count: 0, symbols: [], graph: null };
    chosen = null;
    graph.clear();
    trouble(null);
    if (fresh) last.refresh();
    const mine = shown;
    try {
      const state = await follow(() => ({ visitor: visitor(), dream: id }), { changed: take, wanted: () => shown === mine, gone: trouble });
      if (!state) return;
      busy(null);
      last.refresh();
      if (fresh) announce([state.ended, ...state.sentences].join(" "));
    } catch (error) {
      trouble(error);
      busy(null);
    }
  }

  function take(state) {
    if (!shown.count && state.count && state.active) last.refresh(); // it has a picture now
    Object.assign(shown, state);
    part("shown").hidden = false;
    find("#drm-title", root).textContent = state.title;
    part("settings").textContent = shown.id === PREPARED ? t("A dream that comes with the studio · {settings}", { settings: state.said }) : state.said;
    if (state.graph) {
      graph.show(shown.id, state.graph);
      table.show(shown.id, state.graph);
      const most = state.graph.visits.length;
      if (chosen && (chosen.from >= most || (chosen.to ?? 0) >= most)) chosen = null;
    }
    part("nothing").hidden = Boolean(shown.graph);
    part("table").hidden = part("svg").hidden = !shown.graph;
    arrange();
    const found = state.sentences.map((text) => make("li", "", text));
    if (found.map((one) => one.textContent).join() !== [...part("found").children].map((one) => one.textContent).join()) part("found").replaceChildren(...found);
    trouble(state.trouble ? new Error(state.trouble) : null);
    for (const name of ["apng", "webp"]) part(name).hidden = state.count < 2;
    part("on").hidden = !state.more;
    busy(state.active ? { share: state.share, words: state.far } : null);
  }

  // The frames that are to be seen: all, those of a place, or those on both sides of an arrow.
  function arrange() {
    let frames = Array.from({ length: shown.count }, (_, frame) => frame);
    let which = t("All frames");
    if (chosen && shown.graph) {
      const { from, to } = chosen;
      frames = to === undefined ? framesOf(shown.symbols, from) : crossings(shown.symbols, from, to);
      which = to === undefined ? t("Frames of {a}", { a: letter(from) }) : t("Crossings from {a} to {b}", { a: letter(from), b: letter(to) });
    }
    if (part("which").textContent !== which) part("which").textContent = which;
    part("all").hidden = !chosen;
    graph.mark(chosen);
    strip.show(shown.id, frames);
    player.take(shown.id, frames, shown.count, shown.active && !chosen);
  }

  function choose(one) {
    chosen = one;
    arrange();
    announce(part("which").textContent);
  }

  // Called with the frame that the large picture shows.
  function seen(frame) {
    strip.mark(frame);
    graph.light(shown?.symbols[Math.min(frame, shown.symbols.length - 1)]);
  }

  part("all").onclick = () => {
    choose(null);
    find("[tabindex='0']", part("strip"))?.focus({ preventScroll: true });
  };

  // 3. Taken away

  for (const [name, ending] of [["apng", "png"], ["webp", "webp"]]) {
    // The speed is that of the moment when it is pressed.
    const aim = () => part(name).setAttribute("href", file(shown.id, ending, player.milliseconds()));
    part(name).href = "#";
    for (const event of ["pointerdown", "focus", "click"]) part(name).addEventListener(event, () => shown && aim());
  }

  part("svg").onclick = async () => {
    try {
      download(await saved(find("svg", part("graph")), shown.title), "dream.svg");
    } catch (error) {
      trouble(error);
    }
  };

  function gone(id) {
    if (shown?.id === id) watching(PREPARED, false);
  }

  // 4. From elsewhere on the page

  part("without").onclick = () => {
    own = null;
    begins();
    find("[name=prompt]", root).focus();
  };

  async function arrive() {
    const sticker = arrived(EVENT);
    if (!sticker) return;
    try {
      const { values } = await post("drawings/settings", { picture: sticker.id });
      own = { id: sticker.id, values };
      begins();
      part("go").focus();
    } catch (error) {
      form.complain(error);
    }
  }

  document.addEventListener(EVENT, arrive);
  document.addEventListener("lit-settings", () => !own && root.checkVisibility() && begins());
  // The tab may be left and come back to: words may have been typed, dreams begun on another device.
  new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting) return;
    begins();
    last.refresh();
  }).observe(root);

  async function again() {
    const found = await last.refresh();
    const latest = found?.find(({ active }) => active) ?? found?.[0];
    if (!shown || (shown.id === PREPARED && latest)) watching(latest?.id ?? PREPARED, false);
  }

  busy(null);
  arrive();
  again();
  watch("value", () => root.checkVisibility() && again());
}
