// The Draw over tab: a picture, where it is to be drawn anew, what with, and what came of it.

import { Refusal, address, gone, post } from "../asking.js";
import { t } from "../languages.js";
import { following } from "../generate/following.js";
import { find } from "../ui.js";
import { saying, send } from "./form.js";
import { painting } from "./painting.js";
import { results, thumb } from "./result.js";
import { rooms } from "./room.js";
import { taking } from "./sent.js";

const OPEN = "lit-studio-canvas"; // of this browser tab, so that a reload finds it
const PAUSE = 400; // milliseconds without a change before it is noted, or a background cut out
const STEPS = 24; // pictures of the way here
const noPicture = () => new Refusal(t("Open a picture to draw over first."), "picture");

// Called with what Gradio gives a component when the tab is first opened.
// fields: as the studio declares them.  strengths: of each mode, where nothing is said of it.
export function start({ element, props, fields, strengths }) {
  const root = find(".cnv", element);
  const part = (name) => find(`.cnv-${name}`, root);
  const control = (name) => find(`[name="cnv-${name}"]`, root);
  const checked = (name) => find(`[name="cnv-${name}"]:checked`, root).value;
  const page = part("page");
  const visitor = () => props.value || window.litVisitor;
  let opened = null; // the picture as it came, as the studio describes it
  let picture = null; // it, or without its background
  let trail = []; // { kept or picture, said } each
  let drawings = []; // what is drawn: { job, kept, where } each, where as `where` said
  let looking = false; // at what is drawn, and not at the picture again
  let timer;

  const form = saying(root, { fields, changed: noted });
  const { complain } = form;
  const paint = painting(root, { changed: () => (turnBack(), noted()) });
  const room = rooms(root, { own: () => picture, changed: () => (turnBack(), arrange(), noted()) });
  const shown = results(root, { next: ({ id, said }) => open({ picture: id }, said), closed: arrange });
  const follow = following({
    ask: (jobs, have) => (jobs.length ? post("drawings/look", { jobs, have }) : { active: [], ended: [] }),
    news,
    gone: (is) => complain(is ? new Refusal(`${gone().message} ${t("What is here stays; the page goes on by itself as soon as it is back.")}`) : null),
  });
  const turnBack = () => {
    looking = false;
    shown.close();
  };
  const trying = (call) => async (...values) => {
    complain(null);
    try {
      await call(...values);
    } catch (error) {
      complain(error);
    }
  };

  // 1. The picture

  // what: { file }, { picture: id } or { kept }.  said: of a picture from here.
  const open = trying(async (what, said) => {
    const asking = what.file ? send("canvas/file", what.file, visitor()) : post("canvas/picture", { visitor: visitor(), ...what });
    const found = await asking.catch(({ message }) => Promise.reject(new Refusal(message, "picture")));
    arrive(found, { said });
    if (found.values) form.offer(found.values);
  });

  // found: as the studio describes a picture.  mask: of it, in base64.
  function arrive(found, { said = found.said ?? "", mask = "" } = {}) {
    for (const one of [opened, picture]) if (one) URL.revokeObjectURL(one.url);
    opened = picture = { ...found, said, url: URL.createObjectURL(blobOf(found.data)) };
    part("background").hidden = !opened.opaque;
    find('[name="cnv-background"][value="keep"]', root).checked = true;
    control("tolerance").closest("label").hidden = true;
    part("said").textContent = said;
    room.set([0, 0, 0, 0]);
    turnBack();
    show();
    paint.fit(where(), true);
    if (mask) paint.take(mask).catch(complain);
    walked({ kept: opened.kept, said });
    noted();
  }

  function show() {
    part("empty").hidden = true;
    page.hidden = false;
    Object.assign(part("before"), { src: picture.url, alt: picture.said || t("The picture to draw over") });
    arrange();
  }

  const cutting = trying(async () => {
    const way = checked("background");
    control("tolerance").closest("label").hidden = way === "keep";
    const from = opened;
    const found = way === "keep" ? null : await post("canvas/cut", {
      visitor: visitor(),
      kept: opened.kept,
      colour: way === "colour" ? control("colour").value : "",
      tolerance: Number(control("tolerance").value),
    });
    if (from !== opened || way !== checked("background")) return; // another one has come meanwhile
    if (picture !== opened) URL.revokeObjectURL(picture.url);
    picture = found ? { ...found, said: opened.said, url: URL.createObjectURL(blobOf(found.data)) } : opened;
    show();
    noted();
  });
  let cut;
  part("background").addEventListener("input", ({ target }) => {
    if (target === control("colour")) find('[name="cnv-background"][value="colour"]', root).checked = true;
    clearTimeout(cut);
    cut = setTimeout(cutting, target.type === "radio" ? 0 : PAUSE);
  });

  // 2. Where it is drawn anew

  // The page with its room, and where the picture lies on it.
  function where() {
    const [left, top, right, bottom] = checked("mode") === "room" ? room.drawn() : [0, 0, 0, 0];
    const { width, height } = picture;
    return { width: width + left + right, height: height + top + bottom, left, top, own: width };
  }

  function arrange() {
    const mode = checked("mode");
    part("room").hidden = mode !== "room";
    part("tools").hidden = mode === "whole";
    page.toggleAttribute("data-paints", mode !== "whole");
    if (!picture) return;
    const roomy = room.drawn().some(Boolean) ? "some" : "none";
    if (mode === "room") page.dataset.room = roomy;
    else delete page.dataset.room;
    page.toggleAttribute("data-opaque", picture.opaque);
    const now = where();
    lay(now, picture);
    paint.fit(now);
    part("size").textContent = t("{size} pixels", { size: `${now.width} × ${now.height}` });
  }

  function lay({ width, height, left, top }, { width: ownWidth, height: ownHeight }) {
    const said = { width, height, left, top, "own-width": ownWidth, "own-height": ownHeight };
    for (const [name, value] of Object.entries(said)) page.style.setProperty(`--${name}`, value);
  }

  part("modes").addEventListener("input", ({ target }) => {
    const strength = control("strength");
    if (Object.values(strengths).includes(Number(strength.value))) form.fill({ strength: strengths[target.value] });
    complain(null);
    turnBack();
    arrange();
    noted();
  });
  part("tools").addEventListener("input", turnBack);

  // 3. Drawing

  const draw = trying(async () => {
    if (!picture) throw noPicture();
    const mode = checked("mode");
    const asked = {
      visitor: visitor(),
      values: form.values(),
      kept: picture.kept,
      mode,
      mask: mode === "whole" ? "" : paint.png(),
      room: room.typed(),
    };
    const over = { kept: picture.kept, where: where() };
    const { job } = await post("canvas/draw", asked).catch(async (error) => {
      if (error.field !== "picture") throw error;
      // The studio has it no longer; it is still here.
      const { kept } = await send("canvas/file", new File([blobOf(picture.data)], "picture.png"), visitor());
      if (kept !== picture.kept) throw error;
      return post("canvas/draw", asked);
    });
    drawings.push({ job, ...over });
    looking = true;
    part("told").textContent = "";
    busy({ share: null, said: t("Starting.") });
    follow.also(job);
    noted();
    if (innerWidth < 900) page.scrollIntoView({ block: "nearest" });
  });

  function busy(job) {
    const bar = find("progress", part("progress"));
    bar.hidden = !job;
    part("stop").disabled = !job;
    if (!job) return;
    find(".lit-steps", root).textContent = job.said;
    if (job.share === null) bar.removeAttribute("value");
    else bar.value = job.share;
  }

  function news({ active, ended }) {
    const over = (job) => drawings.find((one) => one.job === job.id);
    const now = active.find((job) => job.state === "running") ?? active[0];
    busy(now);
    const preview = now?.previews.at(-1);
    if (looking && preview?.data && picture?.kept === over(now)?.kept) shown.preview(preview.data);
    for (const end of ended) finished(end, over(end));
    if (ended.length) document.dispatchEvent(new Event("lit-drawn"));
  }

  function finished({ id: job, said, kind, pictures }, { kept, where: place }) {
    drawings = drawings.filter((one) => one.job !== job);
    part("told").textContent = said;
    find(".lit-steps", root).textContent = kind === "error" ? "" : said;
    if (kind === "error") complain(new Refusal(said));
    for (const one of pictures) walked({ picture: one.id, said: one.said });
    if (looking && pictures.length && picture?.kept === kept) {
      lay(place, picture);
      shown.show(pictures, place);
    } else if (looking) {
      turnBack();
    }
    noted();
  }

  form.form.addEventListener("submit", (event) => {
    event.preventDefault();
    draw();
  });
  part("another").onclick = () => {
    form.another();
    draw();
  };
  part("stop").onclick = trying(async () => {
    await post("drawings/stop", { visitor: visitor(), job: drawings[0]?.job });
    follow.now();
  });

  // 4. The way here: pictures opened and drawn, to go back to

  function walked(step) {
    const name = ({ kept, picture: id }) => kept ?? id;
    if (!trail.some((one) => name(one) === name(step))) trail = [...trail, step].slice(-STEPS);
    part("trail").hidden = trail.length < 2;
    find("ul", part("trail")).replaceChildren(...trail.map(stepped));
  }

  function stepped(step) {
    const { kept, picture: id, said } = step;
    if (kept === opened?.kept) step.url = `data:image/png;base64,${opened.data}`;
    const item = thumb(id ? address(`pictures/${id}`) : (step.url ?? ""), said, () => open(id ? { picture: id } : { kept }, said));
    if (!id && !step.url) {
      post("canvas/picture", { visitor: visitor(), kept }).then(
        ({ data }) => (find("img", item).src = step.url = `data:image/png;base64,${data}`),
        () => item.remove(),
      );
    }
    return item;
  }

  async function offer() {
    if (picture) return;
    const { recent } = await post("drawings/recent", { visitor: visitor() });
    const choices = recent.map(({ id, said }) => thumb(address(`pictures/${id}`), said, () => open({ picture: id }, said)));
    part("yours").replaceChildren(...choices);
  }

  // 5. Where pictures come from

  control("file").addEventListener("change", ({ target }) => {
    const [file] = target.files;
    target.value = ""; // the same file may be chosen again
    if (file) open({ file });
  });
  // Before the page's own, which takes settings from what is dropped and pasted.
  const here = (event) => root.checkVisibility() && !event.target.closest?.("dialog[open]");
  document.addEventListener("dragover", (event) => {
    if (!here(event) || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    root.classList.add("cnv-drop");
  }, true);
  for (const end of ["dragleave", "drop"]) document.addEventListener(end, () => root.classList.remove("cnv-drop"), true);
  for (const [name, files] of [["drop", ({ dataTransfer }) => dataTransfer?.files], ["paste", ({ clipboardData }) => clipboardData?.files]]) {
    document.addEventListener(name, (event) => {
      const [file] = (here(event) && files(event)) || [];
      if (!file) return;
      event.preventDefault();
      open({ file });
    }, true);
  }
  const take = ({ picture: sent, values, file }) => (sent ? open({ picture: sent.id }, sent.said) : again(values, file));

  // What these settings were drawn over, as it was.
  const again = trying(async (values, file) => {
    form.fill(values);
    const found = file ? await send("canvas/carried", file, visitor()) : await post("canvas/again", { visitor: visitor(), values });
    find(`[name="cnv-mode"][value="${found.mask ? "paint" : "whole"}"]`, root).checked = true;
    arrive(found, { said: t("What “{words}” was drawn over", { words: values.prompt }), mask: found.mask });
  });

  // 6. A reload finds all of it

  function noted() {
    clearTimeout(timer);
    timer = setTimeout(note, PAUSE);
  }

  function note() {
    const found = {
      kept: picture?.kept,
      said: picture?.said,
      mode: checked("mode"),
      room: room.typed(),
      mask: picture ? paint.png() : "",
      values: form.values(),
      trail: trail.map(({ kept, picture: id, said }) => ({ kept, picture: id, said })),
      drawings,
    };
    try {
      sessionStorage.setItem(OPEN, JSON.stringify(found));
    } catch {
      // There is no room for it: the next reload finds less.
    }
  }

  const remembered = trying(async () => {
    const found = JSON.parse(sessionStorage.getItem(OPEN) ?? "null");
    if (!found) return;
    ({ trail, drawings } = found);
    form.fill(found.values);
    find(`[name="cnv-mode"][value="${found.mode}"]`, root).checked = true;
    try {
      if (!found.kept && trail.length) walked(trail[0]);
      if (found.kept) arrive(await post("canvas/picture", { visitor: visitor(), kept: found.kept }), { said: found.said });
      room.set(found.room);
      arrange();
      if (found.mask) await paint.take(found.mask);
    } finally {
      looking = drawings.length > 0;
      for (const { job } of drawings) follow.also(job);
    }
  });

  form.fill({ strength: strengths.whole });
  arrange();
  remembered().then(() => {
    taking(take);
    addEventListener("pagehide", note); // what was changed a moment ago, too
    return offer();
  }).catch(complain);
  new IntersectionObserver(([entry]) => entry.isIntersecting && offer().catch(complain)).observe(root);
}

const blobOf = (data) => new Blob([Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))], { type: "image/png" });
