// The Library tab: what is looked for, what is selected, and what is done with it.

import { arrived } from "../arriving.js";
import { number, plural, t } from "../languages.js";
import { download, fillSelect, find } from "../ui.js";
import { offer } from "../undoing.js";
import { asking, exported } from "./asking.js";
import { gridding } from "./grid.js";
import { exportAs } from "./leading.js";
import { naming } from "./naming.js";
import { showing } from "./picture.js";
import { warning } from "./sure.js";

const PAUSE = 30; // milliseconds without a key before a search
// Of what is found so many pictures are there at once, the others a moment later: the next key need not wait for them.
const FIRST = 48;
const MOMENT = 120; // milliseconds

// Called with what Gradio gives a component when the tab is first opened.
// draw, scope: what those tabs are called.  defaults: {setting: value of its control}.
export function start({ element, props, watch, draw, scope, defaults }) {
  const root = find(".lb", element);
  const part = (name) => find(`.lb-${name}`, root);
  const control = (name) => find(`[name="${name}"]`, part("find"));
  const visitor = () => props.value || window.litVisitor || "somebody";
  const ask = asking(visitor);
  let count = 0; // of all that fit
  let before = null; // where the next page begins
  let asked = 0; // number of the newest search: what an older one answers is late
  let kept = null; // what was selected before a search whose pictures are not all there yet
  let choices = { styles: [], models: [], tags: [], boards: [], trash: 0 };

  function complain(error) {
    part("notice").textContent = error?.message ?? "";
    part("notice").hidden = !error;
    if (error) part("notice").scrollIntoView({ block: "nearest" });
  }
  const trying = (call) => async (...values) => {
    try {
      complain(null);
      await call(...values);
    } catch (error) {
      complain(error);
    }
  };

  const names = { draw, scope, defaults };
  const open = (name) => show(name);
  const choosing = () => part("choose").getAttribute("aria-pressed") === "true";
  const grid = gridding(part("grid"), { open, throwAway: () => throwAway(), changed: said, choosing });
  const show = showing(part("picture"), { grid, ask, names, complain });
  const name = naming(part("naming"));
  const warn = warning(part("warning"));

  const query = () => ({
    words: control("words").value,
    style: control("style").value,
    tag: control("tag").value,
    model: control("model").value,
    board: control("board").value ? Number(control("board").value) : null,
    favourite: control("favourite").checked,
    trash: control("trash").checked,
  });

  // Finding

  async function search() {
    const mine = ++asked;
    const page = await ask("page", query());
    if (mine !== asked) return;
    kept ??= new Set(grid.names().filter((one) => grid.isSelected(one)));
    grid.clear();
    take({ ...page, pictures: page.pictures.slice(0, FIRST), before: null });
    if (page.pictures.length > FIRST) await new Promise((done) => setTimeout(done, MOMENT));
    if (mine !== asked) return;
    take({ ...page, pictures: page.pictures.slice(FIRST) });
    grid.choose(page.pictures.map((one) => one.name).filter((one) => kept.has(one)));
    kept = null;
  }

  async function more() {
    if (before === null) return;
    const [mine, from] = [asked, before];
    before = null; // asked for once
    try {
      const page = await ask("page", { ...query(), before: from });
      if (mine === asked) take(page);
    } catch (error) {
      if (mine === asked) before = from;
      throw error;
    }
  }

  function take(page) {
    ({ count, before } = page);
    grid.add(page.pictures);
    part("more").hidden = before === null;
    said();
  }

  async function fill() {
    choices = await ask("choices");
    const any = (label, found) => [["", label], ...found];
    const counted = ([value, size]) => [value, `${value} (${size})`];
    const lists = {
      style: any(t("Any style"), choices.styles.map(([value, label, size]) => [value, `${label} (${size})`])),
      tag: any(t("Any tag"), choices.tags.map(counted)),
      model: any(t("Any model"), choices.models.map(counted)),
      board: any(t("All pictures"), choices.boards.map(([id, label, size]) => [String(id), `${label} (${size})`])),
    };
    for (const [list, found] of Object.entries(lists)) {
      const chosen = control(list).value;
      fillSelect(control(list), found, found.some(([value]) => value === chosen) ? chosen : "");
      control(list).parentElement.hidden = found.length < 2;
    }
    part("trash-said").textContent = `${t("Trash")} (${choices.trash})`;
  }

  const refresh = trying(async () => {
    await fill();
    await search();
  });

  function said() {
    const [selected, trash] = [grid.selected(), control("trash").checked];
    const pictures = plural(count, "{n} picture", "{n} pictures");
    part("count").textContent = selected ? t("{n} of {pictures} selected", { n: number(selected), pictures }) : pictures;
    for (const button of root.querySelectorAll(".lb-needs")) button.disabled = !selected;
    part("all").disabled = !grid.names().length;
    part("in-sight").hidden = trash;
    part("in-trash").hidden = !trash;
    part("empty").disabled = !count;
    for (const one of ["rename", "remove"]) part(one).hidden = !control("board").value;
    const { words, style, tag, model, board, favourite } = query();
    const filtered = words || style || tag || model || board !== null || favourite;
    part("none").hidden = count > 0;
    part("none").textContent = filtered
      ? t("Nothing fits. Take a word or a filter away.")
      : trash ? t("The trash is empty.") : t("Here is nothing yet. What you draw is kept here.");
  }

  let pause;
  control("words").addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(trying(search), PAUSE);
  });
  for (const one of ["style", "tag", "model", "board", "favourite", "trash"]) {
    control(one).addEventListener("change", trying(search));
  }
  part("find").addEventListener("submit", (event) => event.preventDefault());
  part("more").onclick = trying(more);

  // Doing

  const mark = (call) => trying(async () => {
    await call(grid.meant());
    await fill();
    await search();
  });

  part("choose").onclick = () => part("choose").setAttribute("aria-pressed", !choosing());
  part("all").onclick = () => grid.choose(grid.names());
  // What is taken off pictures may have taken long to put on.
  async function put(path, { pictures, on, ...what }, called) {
    const changed = (await ask(path, { pictures, on, ...what })).pictures;
    if (on || !changed.length) return;
    const said = t("Taken off “{name}”: {pictures}", { name: called, pictures: plural(changed.length, "{n} picture", "{n} pictures") });
    offer(said, trying(async () => {
      await ask(path, { pictures: changed, on: true, ...what });
      await refresh();
    }));
  }

  part("favourite").onclick = mark((pictures) => {
    const on = pictures.some((one) => !grid.picture(one).favourite);
    return put("favourite", { pictures, on }, t("Favourites"));
  });
  part("tag").onclick = () => {
    const pictures = grid.meant();
    name(t("Tag"), choices.tags.map(([tag]) => tag), {}, async (tag, on) => {
      await put("tag", { pictures, tag, on }, tag);
      refresh();
    });
  };
  part("board").onclick = () => {
    const pictures = grid.meant();
    name(t("Board"), choices.boards.map(([, board]) => board), {}, async (title, on) => {
      const { board } = await ask("board", { name: title });
      await put("put", { pictures, board, on }, title);
      refresh();
    });
  };
  part("rename").onclick = () => {
    const board = Number(control("board").value);
    const value = choices.boards.find(([id]) => id === board)?.[1] ?? "";
    name(t("New name of the board"), [], { off: false, yes: t("Rename"), value }, async (title) => {
      await ask("rename_board", { board, name: title });
      refresh();
    });
  };
  part("remove").onclick = trying(async () => {
    const { name: called, pictures } = await ask("remove_board", { board: Number(control("board").value) });
    control("board").value = "";
    refresh();
    offer(t("Board removed: {name}", { name: called }), trying(async () => {
      const { board } = await ask("board", { name: called });
      await ask("put", { pictures, board, on: true });
      await fill();
      control("board").value = String(board);
      await search();
    }));
  });
  part("export").onclick = () => exportAs(grid.meant().map(grid.picture));
  part("zip").onclick = trying(async () => download(await exported(visitor, grid.meant(), "zip"), "stickers.zip"));
  part("json").onclick = trying(async () => download(await exported(visitor, grid.meant(), "json"), "stickers.json"));

  const throwAway = trying(async () => {
    if (control("trash").checked) return gone();
    const { pictures } = await ask("throw_away", { pictures: grid.meant() });
    if (!pictures.length) return;
    lose(pictures);
    offer(plural(pictures.length, "{n} picture in the trash", "{n} pictures in the trash"), trying(async () => {
      await ask("bring_back", { pictures });
      await refresh();
      grid.focus(pictures[0]);
    }));
    await fill();
  });
  // There is no way back from these.
  const sure = (n, does) => warn(plural(n, "Delete {n} picture for good? It cannot be brought back.", "Delete {n} pictures for good? They cannot be brought back."), does);
  const gone = () => {
    const pictures = grid.meant();
    if (!pictures.length) return;
    sure(pictures.length, trying(async () => {
      await ask("empty", { pictures });
      lose(pictures);
      await fill();
    }));
  };
  part("delete").onclick = throwAway;
  part("gone").onclick = gone;
  part("empty").onclick = () => sure(choices.trash, trying(async () => {
    await ask("empty");
    await refresh();
  }));
  part("back").onclick = trying(async () => {
    const { pictures } = await ask("bring_back", { pictures: grid.meant() });
    lose(pictures);
    await fill();
  });

  function lose(pictures) {
    count -= pictures.length;
    grid.remove(pictures);
    said();
  }

  // From another tab: a picture's name.
  async function openArrived() {
    const name = arrived("lit-open-picture");
    if (!name) return;
    await refresh();
    show(name);
  }
  document.addEventListener("lit-open-picture", openArrived);
  openArrived();

  // The tab may be left and come back to: new drawings are then there.
  new IntersectionObserver(([entry]) => entry.isIntersecting && refresh()).observe(root);
  new IntersectionObserver(([entry]) => entry.isIntersecting && trying(more)(), { rootMargin: "600px" }).observe(part("more"));
  watch("value", () => root.checkVisibility() && refresh());
}
