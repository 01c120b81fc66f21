// The Mix tab: several prompts or stickers, how much of each, and what comes of it.

import { address, post, spoken } from "../asking.js";
import { t } from "../languages.js";
import { openTab } from "../library/leading.js";
import { drawing, speed } from "../live/asking.js";
import { viewing } from "../live/view.js";
import { find, make, sleep } from "../ui.js";
import { steadily } from "./pace.js";
import { picking } from "./picker.js";
import { choosing } from "./recent.js";
import { shared } from "./shares.js";
import { makeSides } from "./sides.js";
import { taken } from "./taking.js";
import { makeWay } from "./way.js";

const KEPT = "lit-studio-mix"; // of this browser: what is mixed, what is drawn
const TYPING = 250; // milliseconds without a letter before it is drawn
const LOOK = 400; // between two looks at what is drawn
const FIRST = ["a cat", "a robot"];

// Called with what Gradio gives a component when the tab is first opened.
// draw: what the Generate tab is called.  styles: [value, label] each.  defaults: {setting: value of its control}.
// mixed: settings that sides have of their own.  most: sides.  frames: of a way.  pace: milliseconds of a frame.
export function start({ element, props, draw, styles, defaults, mixed, most, frames, pace }) {
  const root = find(".mix", element);
  const part = (name) => find(`.mix-${name}`, root);
  const unnamed = crypto.randomUUID();
  const visitor = () => props.value || window.litVisitor || unnamed;
  const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const board = viewing(() => [part("picture")], still);
  const live = part("live");
  const pick = picking(part("picker"));
  const choose = choosing(part("recent"));
  const own = Object.fromEntries(mixed.map((name) => [name, defaults[name]]));
  const unlike = [...mixed, "num_images_per_prompt", "variation_strength", "variation_seed", "variation_of", "strength", "image_sha256", "mask_sha256"];
  const rest = (values) => Object.fromEntries(Object.entries(values).filter(([name]) => !unlike.includes(name)));
  let others = rest(defaults); // settings that all sides have in common
  let job = null; // what is being drawn, or was last: its id
  let way = null; // { id, name }

  const fresh = (prompt) => ({ ...own, prompt, style: styles[0][0], seed: 0, picture: null });
  const sides = makeSides(part("sides"), part("between"), {
    styles,
    changed: (typed) => changed(typed ? TYPING : 0),
    doings: { emoji: oneEmoji, sticker: oneSticker, remove },
  });
  const asked = () => ({
    values: {
      sides: sides.sides().map((side) => Object.fromEntries(mixed.map((name) => [name, side[name]]))),
      shares: sides.shares(),
      others,
    },
  });
  const keep = () => localStorage.setItem(KEPT, JSON.stringify({ sides: sides.sides(), shares: sides.shares(), others, job, way }));

  // 1. Live, while it changes
  const ask = drawing("mix/live");
  const pacing = steadily({
    draw: (values, settled, signal) => ask(visitor(), values, settled, signal),
    show: (picture) => {
      complain(null);
      board.show(picture);
      say(`${picture.caption} ${t("· draft")}`);
      result(null);
    },
    fail: complain,
  });

  function changed(pause = 0) {
    keep();
    morph.planned();
    part("style-said").hidden = new Set(sides.sides().map((side) => side.style)).size < 2;
    part("others").hidden = JSON.stringify(others) === JSON.stringify(rest(defaults));
    if (live.checked && !part("board").hasAttribute("data-busy")) pacing.changed(asked().values, pause);
  }

  const say = (caption) => (part("caption").textContent = caption);

  let notice = null;
  function complain(error) {
    if (error && notice?.isConnected && notice.textContent === error.message) return; // said once
    notice?.remove();
    notice = null;
    if (!error) return;
    notice = make("p", "lit-notice lit-error", error.message);
    notice.setAttribute("role", "alert");
    (sides.place(error.field) ?? part("press")).append(notice);
  }

  // 2. Whole, as a job
  async function begin() {
    if (part("draw").getAttribute("aria-disabled") === "true") return;
    pacing.stop();
    complain(null);
    busy(true);
    try {
      ({ job } = await post("mix/draw", { visitor: visitor(), ...asked() }));
      keep();
      document.dispatchEvent(new CustomEvent("lit-shown", { detail: { job } }));
      await follow(true);
    } catch (error) {
      complain(error);
    } finally {
      busy(false);
    }
  }

  function busy(is) {
    part("board").toggleAttribute("data-busy", is);
    part("draw").setAttribute("aria-disabled", is);
    part("stop").setAttribute("aria-disabled", !is);
    part("progress").hidden = !is;
    if (!is) part("steps").textContent = "";
  }

  // until the job has ended.  said: its end is told to who listens.
  async function follow(said) {
    const [bar, steps] = [part("progress"), part("steps")];
    bar.removeAttribute("value");
    steps.textContent = t("Starting.");
    for (let have = []; ; await sleep(LOOK)) {
      while (document.hidden) await new Promise((seen) => document.addEventListener("visibilitychange", seen, { once: true }));
      let state;
      try {
        state = await post("drawings/look", { jobs: [job], have });
      } catch (error) {
        if (!error.gone) throw error;
        steps.textContent = `${error.message} ${t("It is looked for again.")}`;
        continue;
      }
      const [active] = state.active;
      const [ended] = state.ended;
      if (active) {
        steps.textContent = active.said;
        if (active.share === null) bar.removeAttribute("value");
        else bar.value = active.share;
        have = active.previews.map((preview) => preview.id);
        continue;
      }
      if (ended && said) part("said").textContent = ended.said;
      if (ended?.kind === "error") throw new Error(ended.said);
      if (ended?.pictures.length) await show(ended.pictures[0]);
      return;
    }
  }

  async function show(picture) {
    const answer = await fetch(address(`pictures/${picture.id}`), { headers: spoken() });
    if (!answer.ok) return; // thrown away meanwhile
    await board.show({ blob: await answer.blob(), caption: picture.said, alt: picture.said });
    say(picture.said);
    result(picture);
  }

  // What can be done with what is drawn; null for a draft.
  function result(picture) {
    part("doings").hidden = !picture;
    if (picture) Object.assign(part("download"), { href: address(`pictures/${picture.id}`), download: picture.id.split("/")[1] });
  }

  // 3. What is mixed
  function put(number, change) {
    const now = sides.sides().map((side, index) => (index === number ? { ...side, ...change } : side));
    sides.set(now, sides.shares());
  }

  async function oneEmoji(number) {
    const chosen = await trying(() => pick([t("An emoji")]));
    if (!chosen) return;
    put(number, { prompt: chosen[0], picture: null });
    sides.focus(number);
    changed();
  }

  async function twoEmoji() {
    const chosen = await trying(() => pick([t("The first of two emoji"), t("And the second, to go with")]));
    if (!chosen) return;
    const [first, second] = sides.sides();
    sides.set(chosen.map((prompt, index) => ({ ...[first, second][index], prompt, picture: null })), [0.5, 0.5]);
    changed();
    if (!live.checked) begin();
  }

  async function oneSticker(number) {
    const picture = await trying(() => choose(visitor()));
    if (!picture) return;
    await trying(() => take(picture, number));
    sides.focus(number);
  }

  // A sticker's words, style and seed; what they have in common with the others is as it was drawn, or stays.
  async function take(picture, number) {
    const { values } = await post("drawings/settings", { picture: picture.id });
    const taken = sides.sides().some((side, index) => side.picture && index !== number);
    const notes = [];
    if (values.variation_strength || values.variation_of || values.image_sha256) notes.push(t("That sticker was made of another: its words and seed are mixed."));
    if (!taken) others = rest(values);
    else if (JSON.stringify(rest(values)) !== JSON.stringify(others)) notes.push(t("That sticker was drawn in another way than the first; it is mixed in the way of the first."));
    put(number, { ...Object.fromEntries(mixed.map((name) => [name, values[name]])), picture });
    changed();
    part("note").textContent = notes.join(" ");
  }

  // From elsewhere on the page: the newest comes first, and a sticker that was there goes second.
  async function receive() {
    for (const picture of taken()) {
      const [first, second, ...more] = sides.sides();
      if (first.picture) sides.set([second.picture ? first : second, first, ...more], sides.shares());
      await trying(() => take(picture, 0));
    }
  }

  function remove(number) {
    const left = (all) => all.filter((_, index) => index !== number);
    const shares = left(sides.shares());
    sides.set(left(sides.sides()), shares.length === 2 ? shared(shares) : shares);
    sides.focus(0);
    added();
    changed();
  }

  function added() {
    part("add").hidden = sides.sides().length >= most;
  }

  async function trying(call) {
    try {
      complain(null);
      return await call();
    } catch (error) {
      complain(error);
      return null;
    }
  }

  part("two").addEventListener("click", twoEmoji);
  part("add").addEventListener("click", () => {
    const all = sides.sides();
    sides.set([...all, { ...fresh(""), style: all[0].style, seed: all[0].seed }], [...sides.shares(), 0.5]);
    sides.focus(all.length);
    added();
    keep();
  });
  part("swap").addEventListener("click", () => {
    sides.set(sides.sides().toReversed(), sides.shares().toReversed());
    changed();
  });
  part("usual").addEventListener("click", () => {
    others = rest(defaults);
    changed();
    sides.focus(0);
  });
  find("form", root).addEventListener("submit", (event) => {
    event.preventDefault();
    begin();
  });
  part("stop").addEventListener("click", () => {
    if (part("stop").getAttribute("aria-disabled") !== "true") post("drawings/stop", { visitor: visitor(), job }).catch(complain);
  });
  part("lead").addEventListener("click", () => openTab(draw));
  live.addEventListener("change", () => (live.checked ? changed() : pacing.stop()));
  document.addEventListener("lit-mix-waiting", receive);

  const morph = makeWay(part("way"), {
    asked,
    pace,
    visitor,
    kept: (now) => {
      way = now;
      keep();
    },
    named: () => sides.sides().slice(0, 2).map(({ prompt }) => prompt.replace(/[^\p{L}\p{N}]+/gu, "-").replace(/^-|-$/g, "").slice(0, 30)).filter(Boolean).join("-to-") || "morph",
  });

  // 4. As it was
  let before = null;
  try {
    before = JSON.parse(localStorage.getItem(KEPT));
  } catch {
    // somebody else's
  }
  find(".mix-way-count", root).value = frames;
  others = before?.others ?? others;
  sides.set(before?.sides ?? FIRST.map(fresh), before?.shares ?? [0.5, 0.5]);
  added();
  busy(false);
  result(null);
  if (before?.way) morph.again((way = before.way));
  morph.planned();
  speed().then((found) => {
    live.disabled = found.trouble;
    live.checked = !found.trouble && found.on;
    part("speed").textContent = found.said;
    if (!job) changed();
  }, complain);
  if (before?.job) {
    job = before.job;
    busy(true);
    follow(false).catch(() => {}).finally(() => busy(false));
  }
  receive();
}
