// One picture and what is found in it: the canvas, the sum, the words, the modes.

import { number, t } from "../languages.js";
import { find, make, signed } from "../ui.js";
import { paint } from "./draw.js";
import { layWords } from "./words.js";
import { toPixels } from "./geometry.js";
import { listen } from "./point.js";
import { showChart, showTable, SHORT, spotName, stepName } from "./sum.js";

const MAPS = ["reads", "spreads"];
const MOMENT = 500; // milliseconds after which a page says that an answer takes longer
const WHOLE_WAY = "trajectory"; // among the layers: through all steps

// tab: what start.js makes.  drawing: what `open` was answered with.
export function makePanel(tab, drawing) {
  const { ask, announce } = tab;
  const panel = {
    drawing,
    element: find(".sc-panel-template", tab.root).content.firstElementChild.cloneNode(true),
    pinned: false,
    dragged: null, // box under the hand or the arrow keys, in pixels
    answer: null, // of the last look
    asked: "", // what it answers
    lit: null, // the word whose part is shown
    words: [], // what each draws: {picture, part, group}
    buttons: [], // one a word
    modes: [],
    closed: false,
    layered: false, // biases layer by layer in the chart
  };
  const here = (selector) => find(selector, panel.element);
  const complain = (error) => tab.complain(error, here(".sc-right"));
  const canvas = here("canvas");
  const size = [drawing.width, drawing.height];
  const pictures = new Map();

  const index = () => Math.round(tab.time * (drawing.steps.length - 1));
  panel.step = () => stepName(drawing, index());
  // What is chosen for all panels; where this picture's model has no such layer or path, its first one.
  const own = (name, choices) => {
    const { value } = tab.control(name);
    return choices.some(([known]) => known === value) ? value : choices[0][0];
  };
  const place = () => ({
    drawing: drawing.id,
    step: index(),
    layer: own("layer", drawing.layers),
    path: own("path", drawing.paths),
    channel: own("channel", drawing.channels),
  });
  // A place with a box of all panels, in this picture's pixels.
  const spot = (box, where = place()) => ({ ...where, box: toPixels(box, size) });
  // Whether the answer is of the step and place that are chosen now.
  panel.current = () => panel.asked === (tab.box ? JSON.stringify(spot(tab.box)) : "");

  function loaded(source) {
    if (!pictures.has(source)) {
      const image = new Image();
      image.onload = () => panel.redraw();
      image.src = source;
      pictures.set(source, image);
    }
    return pictures.get(source);
  }

  // The canvas: the picture at this step, a word's part over it, and the box.
  panel.redraw = () => {
    const chosen = tab.box && toPixels(tab.box, size);
    paint(canvas, {
      picture: loaded(drawing.steps[index()].picture),
      part: panel.lit === null ? null : loaded(panel.words[panel.lit].part),
      box: panel.dragged || chosen,
      size,
    });
    peek();
    const values = { picture: drawing.caption, step: index() + 1 };
    const said = chosen ? t("{picture}, step {step}, chosen {spot}", { ...values, spot: spotName(chosen) }) : t("{picture}, step {step}", values);
    canvas.setAttribute("aria-label", said);
    here(".sc-sum").classList.toggle("sc-old", !panel.current()); // at once: what is asked waits until the hand rests
  };
  // On a phone the words are below what they light: a small picture shows it where the hand is.
  function peek() {
    const small = here(".sc-peek");
    const { top, bottom } = canvas.getBoundingClientRect();
    small.hidden = panel.lit === null || (top < innerHeight - 80 && bottom > 80);
    if (!small.hidden) paint(small, { picture: loaded(drawing.steps[index()].picture), part: loaded(panel.words[panel.lit].part), box: null, size });
  }
  const drag = (box) => {
    panel.dragged = box;
    panel.redraw();
  };

  // Ask what is in the box. While one question is under way only the newest other one waits.
  let asking = false;
  let again = false;
  panel.look = async () => {
    again = true;
    panel.redraw();
    if (asking || !tab.box) return;
    asking = true;
    panel.element.setAttribute("aria-busy", "true");
    try {
      while (again && !panel.closed) {
        again = false;
        shown = null;
        const where = place();
        const request = spot(tab.box, where);
        const wanted = () => !again && !panel.closed;
        const answer =
          where.layer === WHOLE_WAY
            ? await tab.follow("sweep", request, { place: here(".sc-sweep"), wanted })
            : await patiently(ask("look", request));
        if (answer.stopped || !wanted()) continue;
        showAnswer(answer, request);
        showMaps(answer, request);
        showWords(where);
      }
    } catch (error) {
      complain(error);
    } finally {
      asking = false;
      panel.element.removeAttribute("aria-busy");
    }
  };

  // A step whose map has made room for others is made ready again, which takes a while.
  async function patiently(answer) {
    const late = setTimeout(() => (here(".sc-moment").hidden = false), MOMENT);
    return await answer.finally(() => {
      clearTimeout(late);
      here(".sc-moment").hidden = true;
    });
  }

  function showAnswer(answer, request) {
    panel.answer = answer;
    panel.asked = JSON.stringify(request);
    here(".sc-empty").hidden = true;
    here(".sc-sum").hidden = false;
    here(".sc-sum h3").textContent = t("What adds up {spot}", { spot: spotName(answer.box) });
    here(".sc-sum-said").textContent = answer.said;
    showChart(here(".sc-chart"), answer, panel.layered, light);
    showTable(here(".sc-numbers"), answer);
    showWordValues();
    panel.redraw();
    announce(`${spotName(answer.box)}: ${signed(answer.total, SHORT)}. ${answer.said}`);
  }

  // The maps come with the sum where they are known. Else they take longer: meanwhile the old ones fade, and the new
  // ones are not shown when the hand has moved on.
  let shown; // the request whose maps are wanted
  async function showMaps(answer, request) {
    shown = request;
    const lacking = MAPS.filter((name) => !answer[name]);
    for (const name of MAPS) here(`.sc-${name}`).closest("figure").classList.toggle("sc-old", lacking.includes(name));
    for (const name of MAPS) if (answer[name]) showMap(name, answer[name]);
    try {
      for (const name of lacking) {
        const map = await ask("look", { ...request, part: name });
        if (shown !== request || panel.closed) return;
        showMap(name, map);
      }
    } catch (error) {
      complain(error);
    }
  }

  function showMap(name, { picture, said }) {
    here(".sc-maps").hidden = false;
    const image = here(`.sc-${name}`);
    image.closest("figure").classList.remove("sc-old");
    image.src = picture;
    image.previousElementSibling.src = drawing.steps[index()].picture;
    image.alt = find("figcaption", image.closest("figure")).textContent = said;
  }

  // The words' parts of the whole picture: the same for every spot, so found once for a place. With them come the
  // parts of all spots, and from then on a click is answered at once.
  let wordsOf = "";
  let finding = Promise.resolve(); // one search after the other; a new place ends the one before
  function showWords(where) {
    const key = JSON.stringify(where);
    if (wordsOf === key) return;
    wordsOf = key;
    const wanted = () => wordsOf === key && !panel.closed;
    finding = finding.then(async () => {
      here(".sc-prepared").hidden = true;
      if (!wanted()) return;
      setWords([], 0);
      try {
        const result = await tab.follow("words", where, { place: here(".sc-ready"), wanted });
        if (wanted() && result.words) setWords(result.words, result.full);
        if (result.stopped && wanted()) wordsOf = ""; // the next look tries again
        if (!result.stopped) prepare(where, wanted);
      } catch (error) {
        complain(error);
      }
    });
  }
  // Then the answers of all squares are found ahead, while nobody waits for anything; of one place after the other.
  let ahead = Promise.resolve();
  function prepare(where, wanted) {
    if (where.layer === WHOLE_WAY) return;
    ahead = ahead.then(async () => {
      if (!wanted()) return;
      try {
        const result = await tab.follow("prepare", where, { place: here(".sc-ahead"), wanted, slowest: 1500 });
        here(".sc-prepared").hidden = result.stopped || !wanted();
      } catch (error) {
        if (wanted()) complain(error);
      }
    });
  }

  // Those under the hand come first.
  panel.near = (box) => ask("near", spot(box)).catch(complain);
  panel.ready = () => showWords(place());
  panel.rest = () => {
    if (!panel.words.length) wordsOf = "";
  };

  // full: the value of full colour.
  function setWords(words, full) {
    light(null);
    panel.words = words;
    here(".sc-words-area").hidden = !words.length;
    here(".sc-full").textContent = t("Full colour: {value}, for every word alike.", { value: signed(full, SHORT) });
    panel.buttons = layWords(here(".sc-groups"), words, light);
    words.forEach(({ part }) => loaded(part));
    showWordValues();
  }

  function showWordValues() {
    if (!panel.answer) return;
    const values = panel.answer.parts.filter((part) => part.kind === "word");
    panel.buttons.forEach((button, number) => {
      const part = values[number];
      [button.children[1].textContent, button.children[2].textContent] = [part.name, signed(part.value, SHORT)];
    });
  }

  function light(word) {
    panel.lit = panel.words[word] ? word : null;
    panel.buttons.forEach((button, number) => {
      button.setAttribute("aria-pressed", String(number === panel.lit));
    });
    panel.element.querySelectorAll(".sc-row[data-word]").forEach((line) => {
      line.dataset.lit = String(Number(line.dataset.word) === panel.lit);
    });
    panel.redraw();
  }

  // Modes
  async function findModes() {
    const button = here(".sc-find");
    button.disabled = true;
    complain(null);
    panel.rest(); // what is asked for comes before what may be
    try {
      const where = place();
      const waiting = { place: here(".sc-modes-area .sc-wait"), wanted: () => !panel.closed };
      showModes(await tab.follow("modes", where, waiting), where.step);
    } catch (error) {
      complain(error);
    } finally {
      button.disabled = false;
      if (panel.answer) panel.ready();
    }
  }

  function showModes({ modes = [], said = t("Stopped before the first was found.") }, step) {
    panel.modes = modes;
    here(".sc-modes-said").textContent = `${t("Step {step}", { step: step + 1 })}. ${said}`;
    here(".sc-modes").hidden = !modes.length;
    here(".sc-modes").replaceChildren(...modes.map(modeItem));
    announce(said);
  }

  // Buttons
  function toggle(button, pressed) {
    button.setAttribute("aria-pressed", String(pressed));
  }
  here(".sc-pin").onclick = (event) => {
    const pinned = !panel.pinned;
    tab.panels.forEach((other) => other.setPinned(other === panel && pinned));
    event.target.focus();
  };
  panel.setPinned = (pinned) => {
    panel.pinned = pinned;
    toggle(here(".sc-pin"), pinned);
    here(".sc-pin").textContent = pinned ? t("Pinned") : t("Pin beside the next");
  };
  here(".sc-table").onclick = (event) => {
    const table = here(".sc-numbers").hidden;
    here(".sc-numbers").hidden = !table;
    here(".sc-chart").hidden = here(".sc-layers").hidden = table;
    toggle(event.target, table);
  };
  here(".sc-layers").onclick = (event) => {
    panel.layered = !panel.layered;
    toggle(event.target, panel.layered);
    showChart(here(".sc-chart"), panel.answer, panel.layered, light);
  };
  listen(canvas, { size, square: drawing.square, drag, choose: tab.choose, hover: tab.hover, announce });
  here(".sc-find").onclick = findModes;
  panel.close = () => {
    panel.closed = true;
    panel.element.remove();
  };
  here(".sc-close").onclick = () => tab.remove(panel);
  here("h2").textContent = drawing.caption;
  here(".sc-note").textContent = drawing.note || "";
  here(".sc-note").hidden = !drawing.note;
  panel.element.setAttribute("aria-label", drawing.caption);
  return panel;
}

function modeItem(mode, at) {
  const item = make("li");
  const [drawn, read] = [make("img"), make("img")];
  [drawn.src, drawn.alt] = [mode.picture, t("What mode {n} draws", { n: at + 1 })];
  [read.src, read.alt] = [mode.reads, t("Where mode {n} is read", { n: at + 1 })];
  const pair = make("div");
  pair.append(drawn, read);
  item.append(pair, make("span", "", `${at + 1}: \u00d7 ${number(mode.value, SHORT)}`));
  return item;
}
