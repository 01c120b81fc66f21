// The Compare tab: say what to vary, watch the pictures come, look at two of them.

import { arrived } from "../arriving.js";
import { address } from "../asking.js";
import { number, plural, t } from "../languages.js";
import { makePlanning } from "../planning.js";
import { find } from "../ui.js";
import { follow, get, models, post } from "./asking.js";
import { makeForm } from "./form.js";
import { makeGrid } from "./grid.js";
import { saveSheet } from "./sheet.js";
import { makeViewer } from "./viewer.js";

const OPEN = "lit-studio-comparison"; // of this browser tab, so that a reload finds it

// Called with what Gradio gives a component when the tab is first opened.
// varied, fields: as the studio declares them.  most: pictures of a comparison.
export function start({ element, props, varied, fields, most }) {
  const root = find(".cmp", element);
  const here = (selector) => find(selector, root);
  const announce = (text) => (here(".cmp-said").textContent = text);
  const [press, stop] = [here(".cmp-draw"), here(".cmp-stop")];
  const unnamed = crypto.randomUUID();
  const visitor = () => props.value || window.litVisitor || unnamed;
  let offered = varied.find(({ name }) => name === "model").options.map(([value, label]) => [value, t(label)]);
  let drawing = null; // id of what is being drawn
  let layout = null; // of what is shown

  const form = makeForm(root, { declared: { varied, fields }, changed: reconsider });
  const planning = makePlanning({
    ask: () => post("plan", { visitor: visitor(), ...form.read() }),
    place: here(".cmp-plan"),
    complain: form.complain,
  });
  const viewer = makeViewer(here(".cmp-viewer"), {
    changed: (sides) => grid.mark(sides),
    complain: complaining(here(".cmp-viewer-notice")),
    announce,
  });
  const grid = makeGrid(here(".cmp-grid table"), { choose: chosen, keep });
  const trouble = complaining(here(".cmp-grid-notice"));
  here(".cmp-most-pictures").textContent = t("At most {n} pictures in one comparison.", { n: most });

  function complaining(place) {
    return (error) => {
      place.textContent = error ? error.message : "";
      place.hidden = !error;
    };
  }

  // Before the press: how many, how long

  function reconsider() {
    form.arrange(offered);
    planning.soon();
  }

  // Drawing

  form.form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (press.getAttribute("aria-disabled") !== "true") begin();
  });

  async function begin() {
    busy(true);
    trouble(null);
    const asked = form.read();
    const { prompt, seed } = asked.values;
    const words = [prompt, t("seed {seed}", { seed })].filter((_, at) => ![asked.x, asked.y].some((one) => one?.name === ["prompt", "seed"][at]));
    await planning.press(
      () => post("begin", { visitor: visitor(), ...asked }),
      ({ id, layout }) => watch({ id, layout, words: words.join(" · ") }, true),
    );
    busy(false);
  }

  // kept: { id, layout, words }.  fresh: it has just been asked for.
  async function watch(kept, fresh) {
    sessionStorage.setItem(OPEN, JSON.stringify(kept));
    drawing = kept.id;
    layout = kept;
    grid.lay(kept.layout);
    here(".cmp-grid").hidden = false;
    here(".cmp-save").disabled = true;
    if (fresh) for (const side of ["a", "b"]) if (side === "b" || !sent()) viewer.sides[side] = null;
    const state = await follow(kept.id, show);
    drawing = null;
    here(".cmp-save").disabled = !state.cells.some(({ id }) => id);
    sum(state, fresh);
  }

  function show(state) {
    grid.show(state);
    const there = state.cells.filter(({ id }) => id);
    const bar = find("progress", root);
    const steps = state.cells.reduce((sum, { state, step, steps }) => sum + (state === "drawing" && steps ? step / steps : 0), 0);
    [bar.max, bar.value] = [state.cells.length, there.length + steps];
    here(".cmp-progress").hidden = !state.active;
    here(".cmp-progress span").textContent = t("{n} of {all} drawn", { n: there.length, all: state.cells.length });
    for (const [at, side] of (sent() ? ["b"] : ["a", "b"]).entries()) {
      if (!viewer.sides[side] && there[at]) viewer.show(side, there[at]);
    }
    grid.mark(viewer.sides);
  }

  // One sentence at the end.
  function sum({ cells }, fresh) {
    const there = cells.filter(({ id }) => id);
    const seconds = there.reduce((all, cell) => all + cell.seconds, 0);
    const failed = cells.find(({ state }) => state === "failed");
    const left = cells.length - there.length;
    const values = { pictures: plural(there.length, "{n} picture", "{n} pictures"), time: t("{n} s", { n: number(seconds, 1) }), left };
    if (failed) trouble(new Error(`${t("Not drawn")}: ${failed.message}`));
    if (!fresh) return;
    announce(left ? t("Ended: {pictures} in {time}, {left} not drawn.", values) : t("Done: {pictures} in {time}.", values));
  }

  function busy(now) {
    press.setAttribute("aria-disabled", String(now)); // one that is disabled loses the focus
    stop.setAttribute("aria-disabled", String(!now));
    if (!now) here(".cmp-progress").hidden = true;
  }

  stop.onclick = async () => {
    if (stop.getAttribute("aria-disabled") === "true" || !drawing) return;
    try {
      await post(`drawn/${drawing}/stop`);
    } catch (error) {
      form.complain(error);
    }
  };

  // With what is drawn

  function chosen(side, cell) {
    viewer.show(side, cell);
    announce(t("{side} is now: {picture}.", { side: side.toUpperCase(), picture: cell.caption }));
  }

  async function keep(cell, button) {
    try {
      const { said } = await post(`pictures/${cell.id}/keep`, { visitor: visitor() });
      button.textContent = t("Kept");
      announce(said);
      trouble(null);
    } catch (error) {
      trouble(error);
    }
  }

  here(".cmp-save").onclick = async () => {
    const images = grid.images();
    await Promise.allSettled(images.map((image) => image?.decode()));
    const style = getComputedStyle(root);
    saveSheet(layout.layout, images, layout.words, (name) => style.getPropertyValue(`--lit-${name}`).trim());
  };

  // A sticker that another tab sends is the left one; one that came before it goes to the right, if there is room.
  const sent = () => viewer.sides.a?.sent;
  function take() {
    const picture = arrived("lit-compare");
    if (!picture) return;
    if (sent() && !viewer.sides.b) viewer.show("b", viewer.sides.a);
    viewer.show("a", { caption: picture.said, url: address(`pictures/${picture.id}`), sent: true });
    here(".cmp-viewer").scrollIntoView({ block: "start" });
    announce(t("{side} is now: {picture}.", { side: "A", picture: picture.said }));
  }
  document.addEventListener("lit-compare", take);

  // What this browser tab had before a reload
  async function again() {
    const kept = JSON.parse(sessionStorage.getItem(OPEN) || "null");
    if (!kept) return;
    try {
      await get(`drawn/${kept.id}`);
    } catch {
      return sessionStorage.removeItem(OPEN); // it is gone: nothing to say of it
    }
    busy(true);
    try {
      await watch(kept, false);
    } catch (error) {
      trouble(error);
    } finally {
      busy(false);
    }
  }

  busy(false);
  form.arrange(offered);
  const [own, taught] = offered;
  const known = () =>
    models().then(({ teacher, others }) => {
      offered = [own, ...(teacher ? [taught] : []), ...others.map((name) => [name, name])];
      reconsider();
    }, form.complain);
  known();
  document.addEventListener("lit-models", known);
  again();
  take();
}
