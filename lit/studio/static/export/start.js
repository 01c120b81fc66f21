// The export dialog: which places, how, and with which words; what was made is downloaded.

import { Refusal, address, post } from "../asking.js";
import { number, plural, t } from "../languages.js";
import { fillSelect, find, follow, make } from "../ui.js";
import { placing } from "./places.js";
import { previewing } from "./preview.js";
import { remembering } from "./remembering.js";

const PAUSE = 150; // milliseconds without a change before it is checked
const WORDS = ["name", "emoji", "alt"];
const CONTROLS = { "alt text": "alt", "name of the pack": "title", publisher: "author" }; // by what they are called

// Called with what Gradio gives the dialog's component.
// groups: of places, as places.js takes them.  loops: their names.  title, author: of a pack, at first.
// licence: the note of a ZIP.
//
// The page opens it by an event of the document: lit-export { pictures: [{ id, said }] }.
export function start({ element, props, groups, loops, title, author, licence }) {
  const dialog = find("dialog", element);
  const toast = find(".ex-toast", element);
  const part = (name) => find(`.ex-${name}`, element);
  const control = (name) => find(`[name="${name}"]`, dialog);
  const visitor = () => props.value || window.litVisitor || "somebody";
  const ask = (name, request) => post(`export/${name}`, { visitor: visitor(), ...request });
  const { choice, keep } = remembering({ targets: ["whatsapp"], loop: "", advised: true, border: 8, title, author });
  let pictures = []; // { id, said, name, emoji, alt }
  let picked = null; // the one that is previewed
  let edited = {}; // words by somebody's hand, by id
  let opened = 0; // number of the newest opening
  let busy = false;

  const places = placing(part("places"), groups, choice.targets, ticked);
  const preview = previewing(part("preview"), ask, () =>
    picked && control("place").value
      ? { request: order([picked], [control("place").value]), said: t("{picture} for {place}", { picture: picked.name, place: places.label(control("place").value) }) }
      : null,
  );

  // Beside the field that it is about, where there is one: whoever types there stays there.
  function complain(error) {
    const notice = part("notice");
    const field = error && control(CONTROLS[error.field] ?? error.field);
    (field?.closest("label") ?? find("h2", dialog)).after(notice);
    notice.textContent = error?.message ?? "";
    notice.hidden = !error;
    if (field?.closest("details")) field.closest("details").open = true;
    else if (error) notice.scrollIntoView({ block: "nearest" });
  }

  const order = (some, targets) => ({
    pictures: some.map((one) => one.id),
    targets,
    title: choice.title,
    author: choice.author,
    loop: choice.loop,
    border: choice.advised ? null : choice.border,
    words: Object.fromEntries(some.filter((one) => one.id in edited).map((one) => [one.id, edited[one.id]])),
  });

  // 1. Opened with pictures
  async function open(asked) {
    complain(null);
    part("result").replaceChildren();
    preview.clear();
    const said = new Map(asked.map((one) => [one.id, one.said]));
    [pictures, picked, edited] = [[], null, {}];
    find("h2", dialog).textContent = plural(asked.length, "Export {n} picture", "Export {n} pictures");
    part("strip").hidden = asked.length < 2;
    part("begin").disabled = true;
    if (!dialog.open) dialog.showModal();
    part("foot").prepend(part("wait"));
    toast.hidden = true;
    const mine = ++opened;
    try {
      const found = await ask("open", { pictures: [...said.keys()] });
      if (mine !== opened) return;
      pictures = found.pictures.map((one) => ({ ...one, said: said.get(one.id) }));
      if (found.gone) complain(new Error(plural(found.gone, "{n} picture is no longer there.", "{n} pictures are no longer there.")));
      line();
      pick(pictures[0]);
      part("begin").disabled = busy;
      changed();
    } catch (error) {
      complain(error);
    }
  }

  function line() {
    part("strip").replaceChildren(find("legend", part("strip")), ...pictures.map((picture) => {
      const label = make("label", "ex-thumb");
      const input = Object.assign(make("input"), { type: "radio", name: "ex-picture", checked: picture === pictures[0] });
      const image = Object.assign(make("img"), { src: address(`pictures/${picture.id}`), alt: picture.said || picture.name, loading: "lazy" });
      input.addEventListener("change", () => pick(picture));
      label.append(input, image);
      return label;
    }));
  }

  function pick(picture) {
    picked = picture;
    for (const name of WORDS) control(name).value = { ...picture, ...edited[picture.id] }[name];
    preview.soon();
  }

  // 2. What is chosen
  function ticked(name, on) {
    choice.targets = places.chosen();
    list(on ? name : control("place").value);
    changed();
  }

  // The places that can be previewed. name: the one that is.
  function list(name) {
    fillSelect(control("place"), choice.targets.map((one) => [one, places.label(one)]), name);
    if (!choice.targets.includes(name)) control("place").selectedIndex = 0;
  }

  let unfit = false; // what is complained of is a choice
  let pause;
  function changed() {
    clearTimeout(pause);
    pause = setTimeout(check, PAUSE);
    preview.soon();
  }

  async function check() {
    keep();
    if (!pictures.length) return;
    try {
      const { refused, wrong, field } = await ask("check", order(pictures, []));
      places.refuse(refused);
      if (unfit || wrong) complain(wrong ? new Refusal(wrong, field) : null);
      unfit = Boolean(wrong);
    } catch (error) {
      complain(error);
      unfit = true;
    }
  }

  function border() {
    find("output", dialog).textContent = choice.border;
    part("border").hidden = choice.advised;
  }

  fillSelect(control("loop"), [["", t("Stands still")], ...loops.map((one) => [one, t(one[0].toUpperCase() + one.slice(1))])], choice.loop);
  control("advised").checked = choice.advised;
  for (const name of ["border", "title", "author"]) control(name).value = choice[name];
  // What another version of the studio kept may be no choice of this one.
  choice.targets = places.chosen();
  choice.border = Number(control("border").value);
  choice.loop = control("loop").value;
  find(".ex-licence", dialog).textContent = licence.replace(/(?<!\n)\n(?!\n)/g, " "); // lines of a text file
  list(choice.targets[0]);
  border();

  const set = (name, value) => {
    choice[name] = value;
    border();
    changed();
  };
  control("place").addEventListener("change", preview.soon);
  control("loop").addEventListener("change", ({ target }) => set("loop", target.value));
  control("advised").addEventListener("change", ({ target }) => set("advised", target.checked));
  control("border").addEventListener("input", ({ target }) => set("border", Number(target.value)));
  for (const name of ["title", "author"]) control(name).addEventListener("input", ({ target }) => set(name, target.value));
  for (const name of WORDS) {
    control(name).addEventListener("input", () => {
      if (!picked) return;
      edited[picked.id] = Object.fromEntries(WORDS.map((one) => [one, control(one).value]));
      changed();
    });
  }

  // 3. Made, and downloaded
  async function begin() {
    complain(null);
    part("result").replaceChildren();
    busy = true;
    part("begin").disabled = true;
    try {
      const made = await follow(ask, "begin", order(pictures, choice.targets), { place: part("wait"), complain });
      tell(made);
    } catch (error) {
      complain(error);
      if (!dialog.open) say(error.message);
    } finally {
      busy = false;
      part("begin").disabled = !pictures.length;
    }
  }

  function tell(made) {
    if (made.stopped) return say(t("Stopped; nothing of it is left."));
    const link = Object.assign(make("a", "", made.name), { href: address(`export/files/${made.id}`).href, download: made.name });
    const lines = make("ul");
    for (const { label, said, notes } of made.places) lines.append(make("li", "", [`${label}: ${said}`, ...notes].join(". ")));
    for (const sentence of made.refused) lines.append(make("li", "ex-refused", sentence));
    const head = make("p");
    head.append(link, ` ${t("is on its way to you, {size}.", { size: size(made.bytes) })}`);
    say(head, lines);
    link.click();
  }

  // Where it can be seen: the dialog may have been closed while it was made.
  function say(...what) {
    part("result").replaceChildren(...what);
    if (dialog.open) return part("result").scrollIntoView({ block: "nearest" });
    const close = Object.assign(make("button", "ex-button", t("Close")), { type: "button" });
    close.onclick = () => (toast.hidden = true);
    toast.replaceChildren(part("wait"), ...what.slice(0, 1), close);
    toast.hidden = false;
    part("spoken").textContent = what[0].textContent ?? what[0];
  }

  const size = (bytes) => (bytes < 1e6 ? `${number(bytes / 1000, 1)} KB` : `${number(bytes / 1e6, 1)} MB`);

  part("begin").onclick = begin;
  part("places").addEventListener("submit", (event) => event.preventDefault());
  part("close").onclick = () => dialog.close();
  dialog.addEventListener("close", () => {
    preview.clear();
    if (!busy) return;
    toast.replaceChildren(part("wait")); // it goes on, and can still be stopped
    toast.hidden = false;
  });
  document.addEventListener("lit-export", ({ detail }) => open(detail.pictures));
}
