// Choosing a picture to look into: words to draw, a recent one, a file.

import { taken } from "../handing.js";
import { t } from "../languages.js";
import { base64, fillSelect, find, make } from "../ui.js";

const LARGEST = 15e6; // bytes of a file

// tab: what start.js makes.  visitor(): whose recent pictures.  Returns shown(), what to do whenever the tab is shown: the
// choices are filled anew, and a picture that another tab has handed over is opened; and open(request).
export function choosing(tab, visitor) {
  const { root, ask, control, complain, announce } = tab;
  const strip = find(".sc-recent", root);

  async function refresh() {
    const { pictures, styles, models } = await ask("pictures", { visitor: visitor() });
    const names = pictures.map(({ name }) => name).join();
    // A strip that is as it was keeps its focus.
    if (strip.dataset.names !== names) strip.replaceChildren(...pictures.map(pictureButton));
    strip.dataset.names = names;
    if (!control("style").options.length) fillSelect(control("style"), styles, styles[0][0]);
    if (control("model").options.length !== models.length) fillSelect(control("model"), models, models[0][0]);
    find(".sc-models", root).hidden = models.length < 2;
  }

  function pictureButton({ name, caption, thumb }) {
    const button = make("button");
    button.type = "button";
    button.title = caption;
    const image = make("img");
    image.src = thumb;
    image.alt = t("Look into: {picture}", { picture: caption });
    button.append(image);
    button.onclick = () => open({ recent: name });
    return button;
  }

  async function open(request) {
    complain(null);
    const choosers = root.querySelectorAll(".sc-draw :is(button, input, select), .sc-recent button, .sc-example");
    choosers.forEach((chooser) => (chooser.disabled = true));
    tab.panels.forEach((panel) => panel.rest());
    try {
      const asked = { ...request, model: control("model").value };
      const result = await tab.follow("open", asked, { place: find(".sc-pick .sc-wait", root) });
      if (result.stopped) return announce(t("Stopped; the picture was not opened."));
      tab.add(result);
      refresh().catch(complain);
      announce(t("Open: {picture}. Choose a place on the picture.", { picture: result.caption }));
    } catch (error) {
      complain(error);
    } finally {
      choosers.forEach((chooser) => (chooser.disabled = false));
      tab.panels.forEach((panel) => panel.ready());
    }
  }

  find(".sc-draw", root).addEventListener("submit", (event) => {
    event.preventDefault();
    const value = (name) => control(name).value;
    open({ prompt: value("prompt"), style: value("style"), seed: value("seed") });
  });

  control("file").addEventListener("change", ({ target }) => {
    const file = target.files[0];
    target.value = ""; // the same file may be chosen again
    if (file) openFile(file);
  });

  async function openFile(file) {
    if (file.size > LARGEST) return complain(new Error(t("{file} is too large: at most 15 MB.", { file: file.name })));
    try {
      await open({ png: await base64(file), file: file.name, visitor: visitor() });
    } catch (error) {
      complain(error);
    }
  }

  function shown() {
    refresh().catch(complain);
    const file = taken();
    if (file) openFile(file);
  }

  return { shown, open };
}
