// What has been drawn: before and after, one of several, and where it leads.

import { t } from "../languages.js";
import { address } from "../asking.js";
import { clamp, find, make } from "../ui.js";

// A picture to choose.  source: its address.
export function thumb(source, said, chosen) {
  const item = make("li");
  const button = Object.assign(make("button", "lit-thumb"), { type: "button" });
  button.append(Object.assign(make("img"), { src: source, alt: said, loading: "lazy" }));
  button.addEventListener("click", chosen);
  item.append(button);
  return item;
}

// next(picture): it is to be drawn over.  closed(): back to the picture.
export function results(root, { next, closed }) {
  const part = (name) => find(`.cnv-${name}`, root);
  const [page, cut, after] = [part("page"), find('[name="cnv-cut"]', root), part("after")];
  let chosen = null;
  let place = null; // { width, height, left, top, own }: where the picture before lies on the page

  function arrange() {
    const share = Number(cut.value) / 100;
    const { width, left, own } = place;
    page.style.setProperty("--cut", `${cut.value}%`);
    page.style.setProperty("--cut-before", `${100 * clamp((share * width - left) / own, 0, 1)}%`);
    part("cut-line").hidden = cut.value === "0" || cut.value === "100";
    cut.setAttribute("aria-valuetext", t("Before on the left {percent}%, after on the rest", { percent: cut.value }));
  }

  function choose(picture) {
    chosen = picture;
    after.src = address(`pictures/${picture.id}`);
    after.alt = picture.said;
    part("caption").textContent = picture.said;
    Object.assign(part("download"), { href: after.src, download: picture.id.split("/")[1] });
    for (const button of part("results").querySelectorAll("button")) button.setAttribute("aria-current", button.dataset.picture === picture.id);
  }

  function close() {
    if (page.dataset.shows !== "result" && page.dataset.shows !== "preview") return;
    page.dataset.shows = "picture";
    part("result").hidden = after.hidden = part("cut-line").hidden = true;
    closed();
  }

  cut.addEventListener("input", arrange);
  part("back").onclick = () => {
    close();
    find('[name="cnv-mode"]:checked', root).focus();
  };
  part("next").onclick = () => next(chosen);

  return {
    close,
    // pictures: { id, said } each, drawn over what lies on the page as `where` says.
    show(pictures, where) {
      place = where;
      page.dataset.shows = "result";
      part("result").hidden = after.hidden = false;
      cut.value = 0;
      const several = pictures.length > 1 ? pictures : [];
      part("results").replaceChildren(
        ...several.map((picture) => {
          const item = thumb(address(`pictures/${picture.id}`), picture.said, () => choose(picture));
          find("button", item).dataset.picture = picture.id;
          return item;
        }),
      );
      choose(pictures[0]);
      arrange();
    },
    // What is being drawn. data: a small WebP in base64.
    preview(data) {
      page.dataset.shows = "preview";
      after.hidden = false;
      page.style.setProperty("--cut", "0%");
      after.alt = t("Preview");
      after.src = `data:image/webp;base64,${data}`;
    },
  };
}
