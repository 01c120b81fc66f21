// The Generate tab: from what the controls say to stickers on the stage, with the queue and the history beside it.

import { actions } from "../actions/row.js";
import { gone, post } from "../asking.js";
import { arriving } from "../arriving.js";
import { marked, t } from "../languages.js";
import { complaining } from "../live/view.js";
import { find, sleep } from "../ui.js";
import { backdrops } from "./backdrops.js";
import { board } from "./board.js";
import { counting } from "./counting.js";
import { drafting } from "./drafting.js";
import { following } from "./following.js";
import { drawnBy } from "./model.js";
import { history } from "./lists.js";
import { queue } from "./queue.js";
import { chosen } from "./templates.js";

const QUARTERS = ["", marked("A quarter is drawn."), marked("Half is drawn."), marked("Three quarters are drawn.")];

// Called with what Gradio gives the stage's component.
// names: of the settings, in the order of the controls' values.  texts: those that are typed.  kept: those of a draft.
// places: elem_id of each setting's control.  examples: { words, style, seed, picture } each.
// tabs: what the tabs are called, by folder.  defaults: of settings, as values of their controls.
//
// The page tells by events of the document what happens:
//   lit-settings, lit-generate { visitor, values }   what the controls say; and that it is to be drawn
//   lit-use { values, model, lacks }                 the controls are to say this; what is left out stays
//   lit-model { name, values, schedulers }           another model is to draw, which begins with this
//   lit-stop                                         what is drawn is to end
//   lit-all-styles { visitor, values }               that they are to be drawn in every style
//   lit-shown { job }                                a drawing's pictures are to be on the stage
//   lit-compare { picture }                          a picture is to be compared: { id, said }
//   lit-kept, lit-drawn                              there is a new picture in the history: kept, or drawn elsewhere
//   lit-queue                                        another job waits, or one has ended
export async function start({ element, names, texts, kept, places, examples, tabs, defaults }) {
  while (!["#notice", "#stop", "#fill"].every((place) => find(place, document))) await sleep(20); // the page is made piece by piece
  const notice = find("#notice", document);
  const complain = complaining(places, notice);
  const count = counting(find("#count", document));
  const drafts = drafting(kept);
  const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const stage = board(element, { examples, draw: fromExample, still });
  const recent = history(find("#history", element), (picture) => show(alone(picture)));
  const waiting = queue(find("#queue", element), {
    visitor: () => page.visitor,
    changed: (now) => (waiting.show(now), follow.now()),
    back(jobs) {
      say("");
      jobs.forEach(follow.also);
    },
    complain,
  });
  let page = null; // what the controls say: { visitor, values }
  let watching = true; // the stage follows what is drawn
  let quarter = 0;
  let first = ""; // the job that Stop ends
  let entered = false; // what was there before is known
  let told = false; // the controls say what a draft or another tab has told them
  let choices = null; // of the scheduler, where they are not the declared ones
  let together = new Map(); // of the last press: the pictures by job

  const follow = following({
    ask: (jobs, have) => post("drawings/look", { jobs, have, visitor: page?.visitor }),
    news,
    gone: (is) => (is ? say(`${gone().message} ${t("What is here stays; the page goes on by itself as soon as it is back.")}`, "error", "gone") : back()),
  });

  function say(text, kind = "info", about = "") {
    complain(null);
    notice.replaceChildren();
    if (!text) return;
    const line = document.createElement("p");
    line.className = `lit-notice lit-${kind}`;
    line.dataset.about = about;
    line.setAttribute("role", kind === "error" ? "alert" : "status");
    line.textContent = text;
    notice.append(line);
  }

  function back() {
    if (find('[data-about="gone"]', notice)) say(t("The studio is back."));
    opened();
  }

  const alone = (picture) => ({ pictures: [picture], layout: "", around: null });

  // 1. What is asked for, in the order of the presses however long a way takes
  let sending = Promise.resolve();
  async function draw({ visitor, values }, path = "drawings") {
    document.dispatchEvent(new Event("lit-live-end"));
    say("");
    const body = { visitor, values, template: chosen(), model: drawnBy() };
    const answer = sending.then(() => post(path, body));
    sending = answer.catch(() => {});
    try {
      const { jobs } = await answer;
      together = new Map(jobs.map((job) => [job, []]));
      jobs.forEach(queued);
    } catch (error) {
      if (error.gone) follow.lost();
      else complain(error);
    }
  }

  function queued(job) {
    document.dispatchEvent(new Event("lit-live-end"));
    watching = true;
    quarter = 0;
    stage.begin();
    follow.also(job);
    if (innerWidth < 900) find(".lit-stage", element).scrollIntoView({ block: "nearest", behavior: still() ? "auto" : "smooth" });
  }

  function fromExample({ words: prompt, style, seed }) {
    fill({ ...page.values, prompt, style, seed });
    draw(page);
  }

  const end = (job) => job && waiting.cancel({ job });

  // 2. What has become of it
  function news({ model, own, trouble, active, ended, queue: now }) {
    if (entered) suit(own);
    for (const job of ended) {
      if (together.has(job.id)) together.set(job.id, job.pictures);
      say(job.said, job.kind);
      find("#progress-said", element).textContent = job.said;
    }
    const last = ended.filter((job) => job.pictures.length).at(-1);
    const next = active.find((job) => job.state === "running") ?? active.find((job) => !job.held);
    const drawn = next ?? active[0]; // one that a pause holds is not for Stop
    first = next?.id ?? "";
    stage.busy(Boolean(next));
    find("#stop", document).disabled = !next;
    if (now) waiting.show(now);
    stage.progress(drawn, watching);
    if (drawn?.share) announce(drawn);
    if (ended.length) remember();
    if (!active.length && last && watching) show(together.size > 1 && together.has(last.id) ? { pictures: [...together.values()].flat(), layout: "", around: null } : last, true);
    else if (!active.length && !stage.shown()) stage.empty(model, trouble);
  }

  function announce({ share, said }) {
    const now = Math.min(3, Math.floor(share * 4));
    if (now > quarter) find("#progress-said", element).textContent = `${t(QUARTERS[now])} ${said}.`;
    quarter = now;
  }

  function show(what, fresh = false) {
    document.dispatchEvent(new Event("lit-live-end"));
    watching = fresh;
    stage.show(what, { fresh });
  }

  element.addEventListener("lit-chosen", ({ detail: picture }) => {
    find("#caption", element).textContent = picture.said;
    recent.mark(picture);
  });

  // A drawing that another tab had made, or that is still made.
  async function shown(job) {
    const what = await post("drawings/shown", { job });
    if (what.active) queued(job);
    else if (what.pictures.length) show(what);
    await remember();
  }

  async function remember() {
    if (page) recent.show((await post("drawings/recent", { visitor: page.visitor })).recent);
  }

  // 3. What the controls say, and setting them
  const named = (values) => Object.fromEntries(names.map((name, index) => [name, values[index]]));
  function noted({ visitor, values }) {
    page = { visitor, values: { ...named(values), num_images_per_prompt: count.value() } };
    sized();
    drafts.note(page);
    return page;
  }
  // Whether the size is what the model has learned.
  const sized = () => document.documentElement.toggleAttribute("data-other-size", ["width", "height"].some((side) => page.values[side] !== defaults[side]));

  // What is drawn over a picture is drawn on a tab of its own; here nobody would see that there is one.
  function fill(values) {
    page = { ...page, values: { ...page.values, ...values, strength: 1, image_sha256: "", mask_sha256: "" } };
    count.set(page.values.num_images_per_prompt);
    sized();
    const all = names.map((name) => page.values[name]);
    // As Gradio is told of other choices.
    const offered = (value) => ({ __type__: "update", value, choices: choices.map((name) => [name, name]) });
    window.litFill = all.map((value, at) => (choices && names[at] === "scheduler" ? offered(value) : value));
    find("#fill", document).click();
    const detail = { visitor: page.visitor, values: all, quiet: true };
    document.dispatchEvent(new CustomEvent("lit-settings", { detail }));
  }

  // What another model than the embedded one begins with, once that is known: where nobody has said otherwise.
  let begun = "{}";
  function suit({ schedulers, ...own }) {
    if (JSON.stringify(own) === begun) return;
    begun = JSON.stringify(own);
    choices = schedulers;
    fill(Object.fromEntries(Object.entries(own).filter(([name]) => page.values[name] === defaults[name])));
  }

  // file: a PNG that they are of, and may carry what was drawn over.
  function drawnOver(values, file = null) {
    if (!values.image_sha256) return false;
    document.dispatchEvent(new CustomEvent("lit-draw-again", { detail: { values, file } }));
    return true;
  }

  // model: that drew it, null where that is not said.  lacks: what is to be done first.
  async function reuse(asked, file) {
    try {
      const { values, model, lacks } = await asked;
      if (drawnOver(values, file)) return say("");
      drawnBy(model);
      fill(values);
      say(lacks || t("The controls now say what this picture was drawn with."), lacks ? "error" : "info");
    } catch (error) {
      say("");
      complain(error);
    }
  }

  function begin({ visitor, values }) {
    page = { visitor, values: named(values) };
    const draft = drafts.begin(page);
    sized();
    if (draft && !told) {
      told = true;
      fill(draft);
    }
    opened();
  }

  async function opened() {
    if (!page) return;
    try {
      const found = await post("drawings/open", { visitor: page.visitor });
      recent.show(found.recent);
      if (found.said) say(found.said, "error");
      for (const job of found.jobs) follow.also(job);
      if (!entered && !told && found.values) {
        drawnBy(found.model);
        fill(found.values);
      }
      if (!entered && found.shown?.pictures.length && !stage.shown()) show(found.shown);
      entered = true;
      follow.now();
    } catch (error) {
      complain(error);
    }
  }

  // 4. Events
  document.addEventListener("lit-settings", ({ detail }) => {
    if (page) noted(detail);
    else begin(detail);
  });
  document.addEventListener("input", ({ target }) => {
    const name = page && texts.find((text) => target.closest(`#${places[text]}`));
    if (!name) return;
    page.values = { ...page.values, [name]: target.value };
    drafts.note(page);
  });
  document.addEventListener("lit-generate", ({ detail }) => draw(noted(detail)));
  document.addEventListener("lit-all-styles", ({ detail }) => draw(noted(detail), "drawings/styles"));
  document.addEventListener("lit-shown", ({ detail: { job } }) => shown(job).catch(complain));
  find("#count", document).addEventListener("change", () => page && fill({ num_images_per_prompt: count.value() }));
  arriving("lit-compare", tabs.compare);
  // From another tab: a picture's settings, or of a picture from elsewhere the words alone.
  document.addEventListener("lit-use", ({ detail: { values, file, model, lacks } }) => {
    if (drawnOver(values, file)) return;
    told = true;
    drawnBy(model);
    fill(Object.fromEntries(names.filter((name) => name in values).map((name) => [name, values[name]])));
    const whole = names.every((name) => name in values);
    if (lacks) return say(lacks, "error");
    say(whole ? t("The controls now say what this picture was drawn with.") : t("The words are in place; what they were drawn with besides stays as it was here."));
  });
  document.addEventListener("lit-model", ({ detail }) => {
    document.dispatchEvent(new Event("lit-live-end"));
    choices = detail.schedulers;
    if (page) fill(detail.values);
  });
  document.addEventListener("lit-stop", () => end(first));
  document.addEventListener("lit-drawn", () => remember().catch(complain));
  document.addEventListener("lit-kept", () => {
    say(t("Kept: it is the first under Recent."));
    remember().catch(complain);
  });
  document.addEventListener("change", ({ target }) => {
    const [file] = (target.closest("#from-png") && target.files) || [];
    if (!file) return;
    reuse(post(`drawings/settings?name=${encodeURIComponent(file.name)}`, new Blob([file], { type: "image/png" })), file);
    target.value = "";
  });
  actions(element, {
    visitor: () => page.visitor,
    chosen: stage.chosen,
    scope: tabs.scope,
    complain: (error) => (error ? complain(error) : say("")),
    queued,
    reuse: (picture) => reuse(post("drawings/settings", { picture: picture.id })),
    lost(picture) {
      const before = stage.shown();
      if (!stage.without(picture)) stage.empty("ready");
      remember().catch(complain);
      return () => {
        if (before) {
          show(before);
          stage.choose(picture);
        }
        remember().catch(complain);
      };
    },
  });
  find("#stop-here", element).addEventListener("click", () => end(first));
  backdrops(find(".lit-backdrops", element));
  find("#stop", document).disabled = true;
  if (window.litControls) begin(window.litControls);
  // What was pressed before anybody listened, once.
  window.litListens = true;
  if (window.litPressed) draw(page, window.litPressed === "lit-all-styles" ? "drawings/styles" : "drawings");
  window.litPressed = null;
}
