// One picture, large: what it says, and where it leads.

import { hand } from "../handing.js";
import { number, t } from "../languages.js";
import { find, follow, make } from "../ui.js";
import { address } from "./asking.js";
import { toLink } from "./link.js";
import { exportAs, openTab, useSettings } from "./leading.js";

// grid: where it lies.  ask: the studio.  names: of the tabs, and the settings' defaults.
export function showing(dialog, { grid, ask, names, complain }) {
  const part = (name) => find(`.lb-${name}`, dialog);
  let shown = null; // what `picture` answered

  async function open(name) {
    if (!name) return;
    try {
      const [image, file] = [find("img", dialog), part("file")];
      const picture = await ask("picture", { pictures: [name] });
      shown = picture;
      image.alt = picture.prompt;
      image.src = file.href = address(`pictures/${name}`);
      file.download = picture.file;
      part("caption").textContent = `${picture.caption} · ${picture.size.join(" x ")}`;
      part("result").replaceChildren();
      star();
      const [at, all] = [grid.names().indexOf(name), grid.names()];
      part("earlier").disabled = at <= 0;
      part("later").disabled = at < 0 || at >= all.length - 1;
      if (!dialog.open) dialog.showModal();
    } catch (error) {
      dialog.open ? part("result").replaceChildren(error.message) : complain(error);
    }
  }

  function star() {
    part("star").setAttribute("aria-pressed", shown.favourite);
    part("marks").textContent = shown.tags.map((tag) => `#${tag}`).join(" ");
  }

  const beside = (by) => {
    const all = grid.names();
    return all[all.indexOf(shown.name) + by];
  };
  const trying = (call) => async () => {
    try {
      await call();
    } catch (error) {
      part("result").replaceChildren(error.message);
    }
  };

  part("use").onclick = () => {
    dialog.close();
    openTab(names.draw);
    useSettings(shown.values, undefined, shown.drawn_by);
  };
  const send = (event) => () => {
    dialog.close();
    const picture = { id: `${shown.name.split("/")[0]}/${shown.file}`, said: shown.caption };
    document.dispatchEvent(new CustomEvent(event, { detail: { picture } }));
  };
  part("over").onclick = send("lit-draw-over");
  part("dream").onclick = send("lit-dream");
  part("inside").onclick = trying(async () => {
    const answer = await fetch(address(`pictures/${shown.name}`));
    if (!answer.ok) throw new Error(t("This picture is no longer there."));
    hand(new File([await answer.blob()], shown.file, { type: "image/png" }));
    dialog.close();
    openTab(names.scope);
  });
  part("send").onclick = () => {
    dialog.close();
    exportAs([shown]);
  };
  part("link").onclick = trying(async () => {
    const link = toLink(shown.values, names.defaults, document.baseURI);
    try {
      await navigator.clipboard.writeText(link);
      part("result").replaceChildren(t("The link is copied: it opens this page with these settings."));
    } catch {
      const place = make("a", "", link); // a page that is not https may not write there
      place.href = link;
      part("result").replaceChildren(`${t("Copy this link:")} `, place);
    }
  });
  part("star").onclick = trying(async () => {
    await ask("favourite", { pictures: [shown.name], on: !shown.favourite });
    shown.favourite = !shown.favourite;
    star();
    grid.update({ ...grid.picture(shown.name), favourite: shown.favourite });
  });
  part("verify").onclick = trying(async () => {
    const about = shown.name;
    const wanted = () => dialog.open && shown.name === about;
    part("result").replaceChildren();
    const complain = (error) => part("result").replaceChildren(error.message);
    const found = await follow(ask, "verify", { pictures: [about] }, { place: part("wait"), complain, wanted });
    if (wanted()) tell(found);
  });

  function tell({ stopped, identical, psnr, differs }) {
    if (stopped) return part("result").replaceChildren(t("Stopped before it was drawn."));
    const apart = psnr === null ? t("Not identical.") : t("Not identical, {psnr} dB PSNR.", { psnr: number(psnr, 1) });
    const said = identical ? t("Identical: drawn again, it is the same to the byte.") : apart;
    const why = differs.length ? t("What is not as it was:") : identical ? "" : t("All that its file tells is as it was.");
    const list = make("ul");
    list.append(...differs.map((one) => make("li", "", one)));
    part("result").replaceChildren(`${said} ${why}`, ...(differs.length ? [list] : []));
  }

  part("earlier").onclick = () => open(beside(-1));
  part("later").onclick = () => open(beside(1));
  find(".lb-foot .lb-close", dialog).onclick = () => dialog.close();
  dialog.addEventListener("keydown", ({ key, target, altKey }) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[key];
    if (by && !altKey && !target.closest("input, a")) open(beside(by));
  });
  dialog.addEventListener("close", () => shown && grid.focus(shown.name));
  return open;
}
