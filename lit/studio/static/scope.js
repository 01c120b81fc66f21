// The LinearScope tab: choosing pictures, the timeline, and what goes for all panels at once.
// Runs when the tab is first opened, inside a function of Gradio's with: element, props, server, watch.
// scope_draw.js, scope_point.js, scope_panel.js and scope_save.js stand before it in the same function.

const root = element.querySelector(".sc");
const find = (selector, from = root) => from.querySelector(selector);
const sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
const control = (name) => find(`[name="${name}"]`);

// time: 0 (noise) to 1 (picture), so that pictures of unlike step counts stay beside each other.
// box: [left, top, right, bottom] as shares of the picture's sides; null before the first click.
const scope = { panels: [], time: 1, box: null };

function make(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

// Call a function of the session; its refusals arrive as sentences.
async function ask(name, request = {}) {
  const answer = await server[name](request);
  if (!answer) throw new Error("The studio does not answer. Is it still running?");
  if (answer.error) throw new Error(answer.error);
  return answer;
}

// Start long work and show how far it is, with a Stop, until there is a result. It is also stopped once `wanted`
// says no.  slowest: milliseconds between two looks, at most.
async function follow(name, request, place, wanted = () => true, slowest = 500) {
  const [bar, said, stop] = ["progress", ".sc-wait-said", ".sc-stop"].map((part) => find(part, place));
  place.hidden = false;
  bar.removeAttribute("value");
  said.textContent = "";
  try {
    const { task } = await ask(name, request);
    let ended = false;
    const end = () => {
      if (ended) return;
      ended = true;
      stop.setAttribute("aria-disabled", "true"); // one that is disabled loses the focus
      ask("stop", { task }).catch(complain);
    };
    stop.onclick = end;
    stop.removeAttribute("aria-disabled");
    // Ever less often: asking takes time from the same two cores.
    for (let pause = 100; ; pause = Math.min(slowest, 1.2 * pause)) {
      const now = await ask("progress", { task });
      if (now.result) return now.result;
      if (now.of) [bar.max, bar.value] = [now.of, now.done];
      said.textContent = now.said;
      if (!wanted()) end();
      await sleep(pause);
    }
  } finally {
    hideWait(place);
  }
}

// A Stop that had the focus takes it along when it goes: the first control beside it gets it, once those are enabled.
function hideWait(place) {
  const held = place.contains(document.activeElement);
  place.hidden = true;
  if (!held) return;
  setTimeout(() => {
    if (document.activeElement !== document.body && !place.contains(document.activeElement)) return;
    const beside = place.parentElement.querySelectorAll("canvas, :is(button, input, select):enabled");
    [...beside].find((control) => control.checkVisibility() && !place.contains(control))?.focus({ preventScroll: true });
  });
}

function complain(error) {
  const notice = find(".sc-notice");
  notice.textContent = error ? error.message : "";
  notice.hidden = !error;
  if (error) notice.scrollIntoView({ block: "nearest" });
}

function announce(text) {
  find(".sc-said").textContent = text;
}

function fillSelect(select, choices, chosen) {
  select.replaceChildren(...choices.map(([value, label]) => new Option(label, value, false, value === chosen)));
}

// Choosing a picture ---------------------------------------------------------------------------

async function refreshRecent() {
  const { pictures, styles, models } = await ask("pictures", { visitor: props.value || "" });
  const strip = find(".sc-recent");
  const names = pictures.map(({ name }) => name).join();
  // A strip that is as it was keeps its focus.
  if (strip.dataset.names !== names) strip.replaceChildren(...pictures.map(pictureButton));
  strip.dataset.names = names;
  if (!control("style").options.length) fillSelect(control("style"), styles, styles[0][0]);
  if (control("model").options.length !== models.length) fillSelect(control("model"), models, models[0][0]);
  find(".sc-models").hidden = models.length < 2;
}

function pictureButton({ name, caption, thumb }) {
  const button = make("button");
  button.type = "button";
  button.title = caption;
  const image = make("img");
  image.src = thumb;
  image.alt = `Look into: ${caption}`;
  button.append(image);
  button.onclick = () => open({ recent: name });
  return button;
}

async function open(request) {
  complain(null);
  const choosers = root.querySelectorAll(".sc-draw :is(button, input, select), .sc-recent button");
  choosers.forEach((chooser) => (chooser.disabled = true));
  scope.panels.forEach((panel) => panel.rest());
  try {
    const common = { visitor: props.value || "", model: control("model").value };
    const result = await follow("open", { ...common, ...request }, find(".sc-pick .sc-wait"));
    if (result.stopped) return announce("Stopped; the picture was not opened.");
    addPanel(result);
    refreshRecent();
    announce(`Open: ${result.caption}. Choose a place on the picture.`);
  } catch (error) {
    complain(error);
  } finally {
    choosers.forEach((chooser) => (chooser.disabled = false));
    scope.panels.forEach((panel) => panel.ready());
  }
}

function base64(file) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.split(",")[1] || "");
    reader.onerror = () => failed(new Error(`${file.name} cannot be read.`));
    reader.readAsDataURL(file);
  });
}

find(".sc-draw").addEventListener("submit", (event) => {
  event.preventDefault();
  const value = (name) => control(name).value;
  open({ prompt: value("prompt"), style: value("style"), seed: value("seed") });
});

control("file").addEventListener("change", async ({ target }) => {
  const file = target.files[0];
  target.value = ""; // the same file may be chosen again
  if (!file) return;
  if (file.size > 15e6) return complain(new Error(`${file.name} is too large: at most 15 MB.`));
  await open({ png: await base64(file), file: file.name });
});

// Panels: one, or two side by side -------------------------------------------------------------

function addPanel(drawing) {
  const pinned = scope.panels.find((panel) => panel.pinned);
  for (const panel of scope.panels) if (panel !== pinned) panel.close();
  const panel = makePanel(drawing);
  scope.panels = pinned ? [pinned, panel] : [panel];
  find(".sc-panels").append(panel.element);
  arrange();
  panel.redraw();
  if (scope.box) panel.look();
  find("canvas", panel.element).focus(); // the arrow keys are ready, and the picture in sight
}

function removePanel(panel) {
  panel.close();
  scope.panels = scope.panels.filter((other) => other !== panel);
  arrange();
}

// One timeline, layer and path for all panels: the first panel says what there is.
function arrange() {
  find(".sc-panels").dataset.count = scope.panels.length;
  find(".sc-desk").hidden = !scope.panels.length;
  if (!scope.panels.length) return;
  const { steps, layers, paths, channels } = scope.panels[0].drawing;
  const slider = control("step");
  slider.max = steps.length;
  slider.value = 1 + Math.round(scope.time * (steps.length - 1));
  for (const [name, choices] of [["layer", layers], ["path", paths], ["channel", channels]]) {
    const before = control(name).value;
    fillSelect(control(name), choices, choices.some(([value]) => value === before) ? before : choices[0][0]);
    control(name).parentElement.hidden = choices.length < 2;
  }
  sayStep();
}

function sayStep() {
  const { steps } = scope.panels[0].drawing;
  const index = control("step").value - 1;
  find(".sc-step-said").textContent = stepName(scope.panels[0].drawing, index);
  control("step").setAttribute("aria-valuetext", find(".sc-step-said").textContent);
  find(".sc-earlier").disabled = index === 0;
  find(".sc-later").disabled = index === steps.length - 1;
  find(".sc-explain").textContent = scope.panels[0].drawing.explain[control("layer").value] || "";
}

let settled; // scrubbing shows pictures at once and computes when the hand rests
function reconsider() {
  complain(null);
  const { steps } = scope.panels[0].drawing;
  scope.time = steps.length > 1 ? (control("step").value - 1) / (steps.length - 1) : 1;
  sayStep();
  scope.panels.forEach((panel) => panel.redraw());
  clearTimeout(settled);
  settled = setTimeout(() => scope.panels.forEach((panel) => panel.look()), REST);
}

function stepBy(difference) {
  control("step").value = Number(control("step").value) + difference;
  reconsider();
}

function choose(box) {
  complain(null);
  scope.box = box;
  return Promise.all(scope.panels.map((panel) => panel.look()));
}

// A hand that stays over a square will click it: its answer is found before those of others.
let hovered = "";
let staying;
function hover(box) {
  if (hovered === String(box)) return;
  hovered = String(box);
  clearTimeout(staying);
  staying = setTimeout(() => scope.panels.forEach((panel) => panel.near(box).catch(complain)), STAY);
}

// Two numbers are a pixel, four a box: left, top, right, bottom.
find(".sc-goto").addEventListener("submit", (event) => {
  event.preventDefault();
  const numbers = (control("pixel").value.match(/-?\d+/g) || []).map(Number);
  if (numbers.length !== 2 && numbers.length !== 4) {
    return complain(new Error(`Pixel: got ${control("pixel").value || "nothing"}; two numbers such as 120, 96.`));
  }
  const [left, top, right = left + 1, bottom = top + 1] = numbers;
  const { width, height } = scope.panels[0].drawing;
  choose([left / width, top / height, right / width, bottom / height]);
});

for (const name of ["step", "layer", "path", "channel"]) control(name).addEventListener("input", reconsider);
find(".sc-earlier").onclick = () => stepBy(-1);
find(".sc-later").onclick = () => stepBy(1);
find(".sc-html").onclick = () => saveHtml();
find(".sc-png").onclick = () => savePng();

// The tab may be left and come back to: new drawings then belong into the strip.
new IntersectionObserver(([entry]) => {
  if (entry.isIntersecting) refreshRecent().catch(complain);
}).observe(root);
watch("value", () => refreshRecent().catch(complain));
