// One picture and what is found in it: the canvas, the sum, the words, the modes.

function makePanel(drawing) {
  const panel = {
    drawing,
    element: find(".sc-panel-template").content.firstElementChild.cloneNode(true),
    pinned: false,
    dragged: null, // box under the hand or the arrow keys, in pixels
    answer: null, // of the last look
    asked: "", // what it answers
    lit: null, // the word whose part is shown
    words: [], // what each draws: {picture, part}
    modes: [],
    closed: false,
    layered: false, // biases layer by layer in the chart
  };
  const here = (selector) => find(selector, panel.element);
  const canvas = here("canvas");
  const pictures = new Map();

  const index = () => Math.round(scope.time * (drawing.steps.length - 1));
  panel.step = () => stepName(drawing, index());
  // What is chosen for all panels; where this picture's model has no such layer or path, its first one.
  const own = (name, choices) => {
    const { value } = control(name);
    return choices.some(([known]) => known === value) ? value : choices[0][0];
  };
  const place = () => ({
    drawing: drawing.id,
    step: index(),
    layer: own("layer", drawing.layers),
    path: own("path", drawing.paths),
    channel: own("channel", drawing.channels),
  });

  // The box of all panels in this picture's pixels, at least one of them. What lies outside is for the server to say.
  function pixels(box) {
    const [left, top] = [Math.floor(box[0] * drawing.width + 1e-6), Math.floor(box[1] * drawing.height + 1e-6)];
    const [right, bottom] = [Math.round(box[2] * drawing.width), Math.round(box[3] * drawing.height)];
    return [left, top, Math.max(left + 1, right), Math.max(top + 1, bottom)];
  }

  const question = (where, box) => JSON.stringify([where, box]);
  // Whether the answer is of the step and place that are chosen now.
  panel.current = () => panel.asked === (scope.box ? question(place(), pixels(scope.box)) : "");

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
    paint(canvas, {
      picture: loaded(drawing.steps[index()].picture),
      part: panel.lit === null ? null : loaded(panel.words[panel.lit].part),
      box: panel.dragged || (scope.box && pixels(scope.box)),
      size: [drawing.width, drawing.height],
    });
    const spot = scope.box ? `, chosen ${spotName(pixels(scope.box))}` : "";
    canvas.setAttribute("aria-label", `${drawing.caption}, step ${index() + 1}${spot}`);
  };

  // Ask what is in the box. While one question is under way only the newest other one waits.
  let asking = false;
  let again = false;
  panel.look = async () => {
    again = true;
    panel.redraw();
    here(".sc-sum").classList.toggle("sc-old", !panel.current());
    if (asking || !scope.box) return;
    asking = true;
    panel.element.setAttribute("aria-busy", "true");
    try {
      while (again && !panel.closed) {
        again = false;
        await lookOnce(place(), pixels(scope.box));
      }
    } catch (error) {
      complain(error);
    } finally {
      asking = false;
      panel.element.removeAttribute("aria-busy");
    }
  };

  async function lookOnce(where, box) {
    const wanted = () => !again && !panel.closed;
    shown = null;
    if (where.layer === "trajectory") {
      const answer = await follow("sweep", { ...where, box }, here(".sc-sweep"), wanted);
      if (answer.stopped || !wanted()) return;
      showAnswer(answer, where, box);
      for (const name of MAPS) showMap(name, answer[name]);
    } else {
      const answer = await ask("look", { ...where, box });
      if (!wanted()) return;
      showAnswer(answer, where, box);
      showMaps(answer, { ...where, box });
    }
    showWords(where);
  }

  // The maps come with the sum where they are known. Else they take longer: meanwhile the old ones fade, and the new
  // ones are not shown when the hand has moved on.
  let shown; // the request whose maps are wanted
  async function showMaps(answer, request) {
    const mine = (shown = request);
    const lacking = MAPS.filter((name) => !answer[name]);
    for (const name of MAPS) here(`.sc-${name}`).closest("figure").classList.toggle("sc-old", lacking.includes(name));
    for (const name of MAPS) if (answer[name]) showMap(name, answer[name]);
    try {
      for (const name of lacking) {
        const map = await ask(name, request);
        if (shown !== mine || panel.closed) return;
        showMap(name, map);
      }
    } catch (error) {
      complain(error);
    }
  }

  function showAnswer(answer, where, box) {
    panel.answer = answer;
    panel.asked = question(where, box);
    here(".sc-empty").hidden = true;
    here(".sc-sum").classList.remove("sc-old");
    here(".sc-sum").hidden = here(".sc-words-area").hidden = false;
    here(".sc-sum h3").textContent = `What adds up ${spotName(answer.box)}`;
    here(".sc-sum-said").textContent = answer.said;
    showChart();
    showTable();
    showWordValues();
    panel.redraw();
    announce(`${spotName(answer.box)}: ${signed(answer.total, SHORT)}. ${answer.said}`);
  }

  function showMap(name, { picture, said }) {
    here(".sc-maps").hidden = false;
    const image = here(`.sc-${name}`);
    image.closest("figure").classList.remove("sc-old");
    image.src = picture;
    image.previousElementSibling.src = drawing.steps[index()].picture;
    image.alt = find("figcaption", image.closest("figure")).textContent = said;
  }

  // Each bar begins where the last one ended; the last row is the whole, from zero.
  function showChart() {
    const chart = here(".sc-chart");
    chart.replaceChildren();
    const rows = chartRows(panel.answer, panel.layered);
    const ends = [0, ...rows.flatMap((row) => [row.from, row.to])];
    const [low, high] = [Math.min(...ends), Math.max(...ends)];
    const share = (value) => `${(100 * (value - low)) / (high - low || 1)}%`;
    chart.style.setProperty("--zero", share(0));
    for (const row of rows) {
      const line = make("div", "sc-row");
      line.dataset.kind = row.kind;
      const bar = make("div", "sc-bar");
      bar.style.left = share(Math.min(row.from, row.to));
      bar.style.width = `calc(${share(Math.max(row.from, row.to))} - ${share(Math.min(row.from, row.to))})`;
      const track = make("div", "sc-track");
      track.append(bar);
      const name = make("div", "sc-name", row.name);
      name.title = row.name;
      line.append(name, track, make("div", "sc-value", signed(row.value, SHORT)));
      if (row.kind === "word") {
        line.dataset.word = row.word;
        line.onmouseenter = () => light(row.word);
        line.onmouseleave = () => light(null);
      }
      chart.append(line);
    }
  }

  function showTable() {
    const { parts, total } = panel.answer;
    const table = make("table");
    const row = (place, tag, ...cells) => {
      const line = place.insertRow();
      cells.forEach((text, number) => {
        const cell = make(number === 0 ? "th" : tag, "", text);
        if (cell.tagName === "TH") cell.scope = tag === "th" ? "col" : "row";
        line.append(cell);
      });
    };
    row(table.createTHead(), "th", "Part", "Kind", "Value");
    const body = table.createTBody();
    for (const part of parts) row(body, "td", part.name, KINDS[part.kind], signed(part.value, LONG));
    row(table.createTFoot(), "td", "What is there", "sum", signed(total, LONG));
    here(".sc-numbers").replaceChildren(table);
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
      setWords([]);
      try {
        const result = await follow("words", where, here(".sc-ready"), wanted);
        if (wanted() && result.words) setWords(result.words);
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
    if (where.layer === "trajectory") return;
    ahead = ahead.then(async () => {
      if (!wanted()) return;
      try {
        const result = await follow("prepare", where, here(".sc-ahead"), wanted, 1500);
        here(".sc-prepared").hidden = result.stopped || !wanted();
      } catch (error) {
        if (wanted()) complain(error);
      }
    });
  }

  // Those under the hand come first.
  panel.near = (box) => ask("near", { ...place(), box: pixels(box) });
  panel.ready = () => showWords(place());
  panel.rest = () => {
    if (!panel.words.length) wordsOf = "";
  };

  function setWords(words) {
    light(null);
    panel.words = words;
    here(".sc-words-said").hidden = !words.length;
    here(".sc-words").replaceChildren(...words.map(wordButton));
    showWordValues();
  }

  function showWordValues() {
    if (!panel.answer) return;
    const values = panel.answer.parts.filter((part) => part.kind === "word");
    [...here(".sc-words").children].forEach((button, number) => {
      const part = values[number];
      [button.children[1].textContent, button.children[2].textContent] = [part.name, signed(part.value, SHORT)];
    });
  }

  function wordButton(word, number) {
    const button = make("button");
    button.type = "button";
    const image = make("img");
    image.src = word.picture;
    image.alt = "";
    loaded(word.part);
    button.append(image, make("b"), make("span"));
    button.setAttribute("aria-pressed", "false");
    button.onmouseenter = button.onfocus = () => light(number);
    button.onmouseleave = button.onblur = () => light(null);
    return button;
  }

  function light(word) {
    panel.lit = panel.words[word] ? word : null;
    panel.element.querySelectorAll(".sc-words button").forEach((button, number) => {
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
      const result = await follow("modes", where, here(".sc-modes-area .sc-wait"), () => !panel.closed);
      showModes(result, where.step);
    } catch (error) {
      complain(error);
    } finally {
      button.disabled = false;
      if (panel.answer) panel.ready();
    }
  }

  function showModes({ modes = [], said = "Stopped before the first was found." }, step) {
    panel.modes = modes;
    here(".sc-modes-said").textContent = `Step ${step + 1}. ${said}`;
    here(".sc-modes").hidden = !modes.length;
    here(".sc-modes").replaceChildren(
      ...modes.map((mode, number) => {
        const item = make("li");
        const [drawn, read] = [make("img"), make("img")];
        [drawn.src, drawn.alt] = [mode.picture, `What mode ${number + 1} draws`];
        [read.src, read.alt] = [mode.reads, `Where mode ${number + 1} is read`];
        const pair = make("div");
        pair.append(drawn, read);
        item.append(pair, make("span", "", `${number + 1}: \u00d7 ${mode.value.toFixed(SHORT)}`));
        return item;
      }),
    );
    announce(said);
  }

  // Buttons
  function toggle(button, pressed) {
    button.setAttribute("aria-pressed", String(pressed));
  }
  here(".sc-pin").onclick = (event) => {
    const pinned = !panel.pinned;
    scope.panels.forEach((other) => other.setPinned(other === panel && pinned));
    event.target.focus();
  };
  panel.setPinned = (pinned) => {
    panel.pinned = pinned;
    toggle(here(".sc-pin"), pinned);
    here(".sc-pin").textContent = pinned ? "Pinned" : "Pin beside the next";
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
    showChart();
  };
  listen(panel, canvas);
  here(".sc-find").onclick = findModes;
  panel.close = () => {
    panel.closed = true;
    panel.element.remove();
  };
  here(".sc-close").onclick = () => removePanel(panel);
  here("h2").textContent = drawing.caption;
  here(".sc-note").textContent = drawing.note || "";
  here(".sc-note").hidden = !drawing.note;
  panel.element.setAttribute("aria-label", drawing.caption);
  return panel;
}
