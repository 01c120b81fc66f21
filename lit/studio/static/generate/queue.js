// What is drawn and what waits, on every page and device of its visitor: cancel, to the front, pause and go on.

import { post } from "../asking.js";
import { plural, t } from "../languages.js";
import { find, make } from "../ui.js";
import { offer } from "../undoing.js";

// visitor(): who looks.  changed(queue): told what the studio answers to the buttons.
// back(jobs): told of those that wait again.  complain(error).
export function queue(place, { visitor, changed, back, complain }) {
  const list = find("ol", place);
  const pause = find("#queue-pause", place);
  let shown = { lines: [], paused: false, said: "" };

  const steer = (path, more) => post(`drawings/${path}`, { visitor: visitor(), ...more }).then((now) => (changed(now), now), complain);

  // more: { job }, or {} for all. What waited can be brought back for a while; what was being drawn cannot.
  async function cancel(more) {
    const { waited: jobs = [], drawn } = (await steer("cancel", more)) ?? {};
    if (!jobs.length) return;
    const said = [plural(jobs.length, "{n} drawing cancelled", "{n} drawings cancelled"), drawn && t("the one that was being drawn is stopped")];
    offer(said.filter(Boolean).join("; "), async () => (await steer("back", { jobs })) && back(jobs));
  }

  function button(words, title, press) {
    const made = Object.assign(make("button", "lit-button", words), { type: "button" });
    made.setAttribute("aria-label", `${words} “${title}”`);
    made.addEventListener("click", press);
    return made;
  }

  function line({ id, title, mine }) {
    const item = make("li");
    item.dataset.job = id;
    const doings = make("div", "lit-doings");
    const [front, end] = [button(t("To the front"), title, () => steer("front", { job: id })), button(t("Cancel"), title, () => cancel({ job: id }))];
    front.dataset.front = "";
    if (mine) doings.append(front, end);
    const text = make("div", "lit-queue-text");
    text.append(make("strong", "", title), make("span", "lit-beside"));
    item.append(text, doings);
    return item;
  }

  // What is done to a line takes the focus from it: back to its control, to what stands beside that, or where the line was.
  function keepingFocus(change) {
    const held = document.activeElement;
    const line = list.contains(held) && held.closest("li");
    const after = line && line.nextElementSibling;
    change();
    if (!line || document.activeElement === held) return;
    const places = [line.isConnected && !held.hidden && held, line.isConnected && line, after?.isConnected && after, list.lastElementChild];
    const place = places.find(Boolean);
    (place === held ? held : place?.querySelector("button:not([hidden])") ?? pause).focus({ preventScroll: true });
  }

  pause.addEventListener("click", () => steer("pause", { on: !shown.paused }));
  find("#queue-cancel", place).addEventListener("click", () => cancel({}));

  return {
    cancel,
    show(now) {
      const ids = (queue) => queue.lines.map((one) => one.id).join();
      const other = ids(now) !== ids(shown);
      shown = now;
      if (other) document.dispatchEvent(new Event("lit-queue"));
      const { lines, paused, said } = now;
      place.hidden = !paused && lines.length < 2 && lines.every((one) => one.mine);
      find(".lit-queue-said", place).textContent = [paused && t("Paused: nothing of yours is drawn until you go on."), said].filter(Boolean).join(" ");
      pause.textContent = paused ? t("Go on") : t("Pause");
      find("#queue-cancel", place).disabled = !lines.some((one) => one.mine);
      keepingFocus(() => arrange(lines));
    },
  };

  function arrange(lines) {
    const items = new Map([...list.children].map((one) => [one.dataset.job, one]));
    lines.forEach((job, index) => {
      const item = items.get(job.id) ?? line(job);
      items.delete(job.id);
      find("span", item).textContent = job.said;
      const front = find("[data-front]", item);
      if (front) front.hidden = !job.front;
      if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
    });
    for (const gone of items.values()) gone.remove();
  }
}
