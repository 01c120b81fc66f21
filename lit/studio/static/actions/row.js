// What is done with the sticker that is chosen: the row under it, or at the foot of a narrow page.

import { post } from "../asking.js";
import { hand } from "../handing.js";
import { plural, t } from "../languages.js";
import { openTab } from "../library/leading.js";
import { menu } from "../menu.js";
import { download, find } from "../ui.js";
import { offer } from "../undoing.js";
import { carry, copy, fetched, fileOf, formed, nameOf } from "./taking.js";

const COPIED = 1600; // milliseconds that it is said

// element: of the stage; it tells which picture is meant as lit-chosen.
// visitor(), chosen(): who asks, and the picture.  scope: what that tab is called.
// complain(error).  queued(job): drawings have been asked for.  reuse(picture): its settings are wanted.
// lost(picture): it has been thrown away; returns what is to be called when it is back.
export function actions(element, { visitor, chosen, scope, complain, queued, reuse, lost }) {
  const part = (id) => find(`#${id}`, element);
  const star = part("favourite");
  const ask = (name, picture, more = {}) => post(`actions/${name}`, { visitor: visitor(), picture: picture.id, ...more });

  // call(picture): what is done with the one that is chosen now.
  const trying = (call) => async (...values) => {
    const picture = chosen();
    if (!picture) return;
    try {
      complain(null);
      await call(picture, ...values);
    } catch (error) {
      complain(error);
    }
  };
  const tell = (event, detail) => document.dispatchEvent(new CustomEvent(event, { detail }));
  const told = ({ id, said }) => ({ id, said });

  // 1. Taken away
  const word = find(".lit-word", part("copy"));
  let copied;
  part("copy").addEventListener("click", trying(async (picture) => {
    await copy(picture);
    clearTimeout(copied);
    word.textContent = t("Copied");
    part("copied").textContent = t("Copied.");
    part("copy").toggleAttribute("data-done", true);
    copied = setTimeout(() => {
      word.textContent = t("Copy");
      part("copied").textContent = "";
      part("copy").removeAttribute("data-done");
    }, COPIED);
  }));
  menu(part("download-forms"), trying(async (picture, { dataset: { form } }) => {
    const { blob, name } = await formed(visitor(), picture, form);
    download(blob, name);
  }));
  for (const place of element.querySelectorAll(".lit-pictures, #download")) {
    place.addEventListener("dragstart", ({ target, dataTransfer }) => {
      const id = target.closest("[data-picture]")?.dataset.picture ?? chosen()?.id;
      if (id && !target.closest("[data-preview]")) carry(dataTransfer, { id });
    });
  }

  // 2. More of its kind
  menu(part("vary"), trying(async (picture, { dataset: { strength } }) => queued((await ask("vary", picture, { strength })).job)));

  // 3. Marked and thrown away
  star.addEventListener("click", trying(async (picture) => {
    const { favourite } = await ask("favourite", picture, { on: star.getAttribute("aria-pressed") !== "true" });
    if (chosen()?.id === picture.id) star.setAttribute("aria-pressed", favourite);
  }));
  part("delete").addEventListener("click", trying(async (picture) => {
    await ask("throw_away", picture);
    const back = lost(picture);
    offer(plural(1, "{n} picture in the trash", "{n} pictures in the trash"), async () => {
      try {
        await ask("bring_back", picture);
        back();
      } catch (error) {
        complain(error);
      }
    });
  }));

  // 4. Taken to where more can be done with it
  const leads = {
    "do-over": (picture) => tell("lit-draw-over", { picture: told(picture) }),
    "do-mix": (picture) => tell("lit-mix", { picture: told(picture) }),
    "do-compare": (picture) => tell("lit-compare", { picture: told(picture) }),
    "do-sweep": (picture) => tell("lit-sweep", { picture: told(picture) }),
    "do-dream": (picture) => tell("lit-dream", { picture: told(picture) }),
    "do-export": (picture) => tell("lit-export", { pictures: [told(picture)] }),
    reuse,
    look: async (picture) => {
      hand(await fetched(picture));
      openTab(scope);
    },
    large: (picture) => {
      const dialog = part("enlarged");
      Object.assign(find("img", dialog), { src: fileOf(picture), alt: picture.said });
      dialog.showModal();
    },
  };
  menu(part("more-actions"), trying((picture, { id }) => leads[id](picture)));

  element.addEventListener("lit-chosen", async ({ detail: picture }) => {
    Object.assign(part("download"), { href: fileOf(picture), download: nameOf(picture) });
    star.setAttribute("aria-pressed", "false");
    try {
      const { favourite } = await ask("about", picture);
      if (chosen()?.id === picture.id) star.setAttribute("aria-pressed", favourite);
    } catch {
      // Whoever does something with it is told.
    }
  });
}
