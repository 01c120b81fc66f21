// What is on the page as one file: HTML that needs nothing else, or a PNG.

const GONE = ".sc-tools, .sc-find, .sc-wait, .sc-hint, .sc-words-said, [hidden]"; // what a saved page cannot do

function download(blob, extension) {
  const link = make("a");
  link.href = URL.createObjectURL(blob);
  const words = scope.panels[0].drawing.caption.split("\u00b7")[0].trim().toLowerCase();
  link.download = `linearscope-${words.replace(/[^\p{L}\p{N}]+/gu, "-").slice(0, 40)}.${extension}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// Whether all that is shown belongs together; after a change of step the numbers come a moment later.
function readyToSave() {
  const current = scope.panels.every((panel) => panel.current());
  complain(current ? null : new Error("The numbers shown are not of this step and place yet. Save when they are there."));
  return current;
}

// A copy of the panels without what needs the studio; the table is open, for the numbers are the point.
function saveHtml() {
  if (!readyToSave()) return;
  const page = document.implementation.createHTMLDocument("LinearScope");
  page.documentElement.lang = "en";
  const meta = page.createElement("meta");
  meta.setAttribute("charset", "utf-8");
  const screen = page.createElement("meta");
  [screen.name, screen.content] = ["viewport", "width=device-width, initial-scale=1"];
  const style = page.createElement("style");
  style.textContent = SAVED_CSS;
  page.head.prepend(meta, screen);
  page.head.append(style);
  const body = make("main", "sc");
  body.append(make("h1", "", "LinearScope"));
  const panels = make("div", "sc-panels");
  panels.dataset.count = scope.panels.length;
  for (const panel of scope.panels) panels.append(lasting(panel));
  body.append(panels);
  page.body.append(page.adoptNode(body));
  const text = `<!doctype html>\n${page.documentElement.outerHTML}`;
  download(new Blob([text], { type: "text/html" }), "html");
}

function lasting(panel) {
  const copy = panel.element.cloneNode(true);
  const picture = make("img");
  const canvas = find("canvas", panel.element);
  picture.src = canvas.toDataURL("image/png");
  picture.alt = canvas.getAttribute("aria-label");
  find("canvas", copy).replaceWith(picture);
  find("header", copy).after(make("p", "sc-soft", panel.step()));
  find(".sc-numbers", copy).hidden = find(".sc-chart", copy).hidden = false;
  for (const map of copy.querySelectorAll(".sc-map")) {
    const figure = map.closest("figure");
    if (!map.lastElementChild.getAttribute("src") || figure.matches(".sc-old")) figure.remove(); // not there yet
  }
  if (!panel.modes.length) find(".sc-modes-area", copy).remove();
  if (!panel.answer) find(".sc-right", copy).remove();
  for (const gone of copy.querySelectorAll(GONE)) gone.remove();
  for (const button of copy.querySelectorAll(".sc-words button")) {
    const figure = make("div");
    figure.append(...button.childNodes);
    button.replaceWith(figure);
  }
  return copy;
}

// The picture, its maps and the sum, one column a panel.
function savePng() {
  if (!readyToSave()) return;
  const [width, gap, line] = [720, 32, 30];
  const map = (width - 3 * gap) / 2;
  const columns = scope.panels.map((panel) => ({
    panel,
    rows: panel.answer ? chartRows(panel.answer, panel.layered) : [],
    aspect: panel.drawing.height / panel.drawing.width,
  }));
  const tall = columns.map(({ rows, aspect }) => {
    const below = rows.length ? map * aspect + (rows.length + 4) * line : 0;
    return (width - 2 * gap) * aspect + below;
  });
  const canvas = make("canvas");
  canvas.width = width * columns.length;
  canvas.height = Math.max(...tall) + 4 * gap + 2 * line;
  const pen = canvas.getContext("2d");
  pen.fillStyle = colour("card");
  pen.fillRect(0, 0, canvas.width, canvas.height);
  columns.forEach(({ panel, rows, aspect }, number) => {
    const left = number * width + gap;
    const inner = width - 2 * gap;
    const write = (text, x, y, align = "left", weight = 400, room = inner) => {
      pen.font = `${weight} 19px system-ui, sans-serif`;
      pen.textAlign = align;
      pen.fillStyle = colour("ink");
      pen.fillText(text, x, y, room);
    };
    write(panel.drawing.caption, left, gap + 14, "left", 700);
    write(panel.step(), left, gap + 14 + line);
    let y = gap + 2 * line;
    pen.drawImage(find("canvas", panel.element), left, y, inner, inner * aspect);
    if (!rows.length) return;
    y += inner * aspect + gap;
    MAPS.forEach((name, at) => {
      if (find(`.sc-${name}`, panel.element).closest(".sc-old")) return;
      for (const image of find(`.sc-${name}`, panel.element).parentElement.children) {
        pen.imageSmoothingEnabled = name === "spreads";
        pen.globalAlpha = image.className === "sc-under" ? 0.3 : 1;
        if (image.src) pen.drawImage(image, left + at * (map + gap), y, map, map * aspect);
        pen.globalAlpha = 1;
      }
      const title = name === "reads" ? "Where it reads" : "Where it spreads";
      write(title, left + at * (map + gap), y + map * aspect + 24, "left", 600);
    });
    y += map * aspect + 2 * line;
    write(find(".sc-sum h3", panel.element).textContent, left, y + line / 2, "left", 700);
    const ends = [0, ...rows.flatMap((row) => [row.from, row.to])];
    const [low, high] = [Math.min(...ends), Math.max(...ends)];
    const [from, room] = [left + 190, inner - 290];
    const across = (value) => from + (room * (value - low)) / (high - low || 1);
    const inks = { input: colour("sky"), word: colour("sun"), bias: colour("soft-ink"), total: colour("ink") };
    for (const row of rows) {
      y += line;
      write(row.name, left, y + 14, "left", row.kind === "total" ? 700 : 400, 180);
      write(signed(row.value, SHORT), left + inner, y + 14, "right", row.kind === "total" ? 700 : 400);
      pen.fillStyle = inks[row.kind];
      const start = across(Math.min(row.from, row.to));
      pen.fillRect(start, y, Math.max(2, across(Math.max(row.from, row.to)) - start), 18);
    }
  });
  canvas.toBlob((blob) => download(blob, "png"), "image/png");
}
