// The Generate tab: from what the controls say to stickers on the stage, with the queue and the history beside it.

import { GONE, address, post } from "../asking.js";
import { hand } from "../handing.js";
import { complaining } from "../live/view.js";
import { find, sleep } from "../ui.js";
import { backdrops } from "./backdrops.js";
import { board } from "./board.js";
import { following } from "./following.js";
import { history, queue } from "./lists.js";
import { remembering } from "./remembering.js";

const QUARTERS = ["", "A quarter is drawn.", "Half is drawn.", "Three quarters are drawn."];

// Called with what Gradio gives the stage's component.
// names: of the settings, in the order of the controls' values.  texts: those that are typed.
// places: elem_id of each setting's control.  examples: { words, style, seed, picture } each.
// scope: what the tab is called in which pictures are looked into.
//
// The page tells by events of the document what happens:
//   lit-settings, lit-generate { visitor, values }   what the controls say; and that it is to be drawn
//   lit-use { values }                               the controls are to say this; what is left out stays
//   lit-stop                                         what is drawn is to end
//   lit-kept, lit-drawn                              there is a new picture in the history: kept, or drawn elsewhere
export async function start({ element, names, texts, places, examples, scope }) {
  while (!find("#notice", document) || !find("#stop", document)) await sleep(20); // the page is made piece by piece
  const notice = find("#notice", document);
  const complain = complaining(places, notice);
  const words = remembering();
  const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const stage = board(element, { examples, draw: fromExample, still, said: caption });
  const recent = history(find("#history", element), (picture) => show([picture]), caption);
  const waiting = queue(find("#queue", element), words.of, (job) => end(job));
  let page = null; // what the controls say: { visitor, values }
  let watching = true; // the stage follows what is drawn
  let quarter = 0;

  const follow = following({
    ask: (jobs, have) => post("drawings/look", { jobs, have }),
    news,
    gone: (is) => (is ? say(`${GONE} What is here stays; the page goes on by itself as soon as it is back.`, "error", "gone") : back()),
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
    if (find('[data-about="gone"]', notice)) say("The studio is back.");
    opened();
  }

  // A picture's text, with the words as they were typed where they were read as others.
  function caption(picture) {
    const typed = words.of(picture.id.split("/")[0]);
    return typed && !picture.said.startsWith(`${typed} ·`) ? `${typed} · drawn as ${picture.said}` : picture.said;
  }

  // 1. What is asked for
  async function draw({ visitor, values }) {
    document.dispatchEvent(new Event("lit-live-end"));
    say("");
    try {
      const { job } = await post("drawings", { visitor, values });
      words.keep(job, values.prompt.trim());
      watching = true;
      quarter = 0;
      stage.begin();
      follow.also(job);
      if (innerWidth < 900) find(".lit-stage", element).scrollIntoView({ block: "nearest", behavior: still() ? "auto" : "smooth" });
    } catch (error) {
      if (error.message === GONE) follow.lost();
      else complain(error);
    }
  }

  function fromExample({ words: prompt, style, seed }) {
    fill({ ...page.values, prompt, style, seed });
    draw(page);
  }

  const end = (job) => job && post("drawings/stop", { visitor: page.visitor, job }).then(follow.now, complain);

  // 2. What has become of it
  function news({ model, trouble, active, ended }) {
    for (const job of ended) {
      say(job.said, job.kind);
      find("#progress-said", element).textContent = job.said;
    }
    const last = ended.filter((job) => job.pictures.length).at(-1);
    const drawn = active.find((job) => job.state === "running") ?? active[0];
    stage.busy(active.length > 0);
    find("#stop", document).disabled = !active.length;
    waiting.show(active);
    stage.progress(drawn, watching);
    if (drawn?.share) announce(drawn);
    if (ended.length) remember();
    if (!active.length && last && watching) show(last.pictures, true);
    else if (!active.length && !stage.shown()) stage.empty(model, trouble);
  }

  function announce({ share, said }) {
    const now = Math.min(3, Math.floor(share * 4));
    if (now > quarter) find("#progress-said", element).textContent = `${QUARTERS[now]} ${said}.`;
    quarter = now;
  }

  function show(pictures, fresh = false) {
    document.dispatchEvent(new Event("lit-live-end"));
    watching = fresh;
    stage.show(pictures, fresh);
  }

  element.addEventListener("lit-chosen", ({ detail: picture }) => {
    const file = address(`pictures/${picture.id}`);
    find("#caption", element).textContent = caption(picture);
    Object.assign(find("#download", element), { href: file, download: picture.id.split("/")[1] });
    recent.mark(picture);
  });

  async function remember() {
    if (page) recent.show((await post("drawings/recent", { visitor: page.visitor })).recent);
  }

  // 3. What the controls say, and setting them
  const named = (values) => Object.fromEntries(names.map((name, index) => [name, values[index]]));
  const noted = ({ visitor, values }) => (page = { visitor, values: named(values) });

  // What is drawn over a picture is drawn on a tab of its own; here nobody would see that there is one.
  function fill(values) {
    page = { ...page, values: { ...page.values, ...values, strength: 1, image_sha256: "", mask_sha256: "" } };
    window.litFill = names.map((name) => page.values[name]);
    find("#fill", document).click();
    const detail = { visitor: page.visitor, values: window.litFill, quiet: true };
    document.dispatchEvent(new CustomEvent("lit-settings", { detail }));
  }

  // file: a PNG that they are of, and may carry what was drawn over.
  function drawnOver(values, file = null) {
    if (!values.image_sha256) return false;
    document.dispatchEvent(new CustomEvent("lit-draw-again", { detail: { values, file } }));
    return true;
  }

  async function take(asked, file) {
    try {
      const { values } = await asked;
      if (drawnOver(values, file)) return say("");
      fill(values);
      say("The controls now say what this picture was drawn with.");
    } catch (error) {
      say("");
      complain(error);
    }
  }

  let entered = false;
  async function opened() {
    if (!page) return;
    try {
      const found = await post("drawings/open", { visitor: page.visitor });
      recent.show(found.recent);
      if (found.said) say(found.said, "error");
      if (found.job) follow.also(found.job);
      if (!entered && found.values) fill({ ...found.values, prompt: words.of(found.job || found.pictures[0]?.id.split("/")[0]) ?? found.values.prompt });
      if (!entered && found.pictures.length && !stage.shown()) show(found.pictures);
      entered = true;
      follow.now();
    } catch (error) {
      complain(error);
    }
  }

  // 4. Events
  document.addEventListener("lit-settings", ({ detail }) => {
    const first = !page;
    noted(detail);
    if (first) opened();
  });
  document.addEventListener("input", ({ target }) => {
    const name = page && texts.find((text) => target.closest(`#${places[text]}`));
    if (name) page.values = { ...page.values, [name]: target.value };
  });
  document.addEventListener("lit-generate", ({ detail }) => draw(noted(detail)));
  // From another tab: a picture's settings, or of a picture from elsewhere the words alone.
  document.addEventListener("lit-use", ({ detail: { values, file } }) => {
    if (drawnOver(values, file)) return;
    fill(Object.fromEntries(names.filter((name) => name in values).map((name) => [name, values[name]])));
    const whole = names.every((name) => name in values);
    say(whole ? "The controls now say what this picture was drawn with." : "The words are in place; what they were drawn with besides stays as it was here.");
  });
  document.addEventListener("lit-stop", () => end(waiting.first()));
  document.addEventListener("lit-drawn", () => remember().catch(complain));
  document.addEventListener("lit-kept", () => {
    say("Kept: it is the first under Recent.");
    remember().catch(complain);
  });
  document.addEventListener("change", ({ target }) => {
    const [file] = (target.closest("#from-png") && target.files) || [];
    if (!file) return;
    take(post(`drawings/settings?name=${encodeURIComponent(file.name)}`, new Blob([file], { type: "image/png" })), file);
    target.value = "";
  });
  find("#reuse", element).addEventListener("click", () => take(post("drawings/settings", { picture: stage.chosen().id })));
  find("#look", element).addEventListener("click", async () => {
    const { id } = stage.chosen();
    const answer = await fetch(address(`pictures/${id}`));
    if (!answer.ok) return complain(new Error("This picture is no longer there."));
    hand(new File([await answer.blob()], id.split("/")[1], { type: "image/png" }));
    [...document.querySelectorAll('[role="tab"]')].find((tab) => tab.textContent.trim() === scope).click();
  });
  find("#large", element).addEventListener("click", () => {
    const dialog = find("#enlarged", element);
    const image = find("img", dialog);
    image.src = address(`pictures/${stage.chosen().id}`);
    image.alt = caption(stage.chosen());
    dialog.showModal();
  });
  backdrops(find(".lit-backdrops", element));
  find("#stop", document).disabled = true;
  if (window.litControls) {
    noted(window.litControls);
    opened();
  }
}
