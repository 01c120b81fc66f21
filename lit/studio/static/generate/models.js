// The models that Generate draws with: which one, what is known of it, and others put on the list. A folder is looked
// at before anything of it is loaded, and the hub is asked only when somebody presses for that.

import { post } from "../asking.js";
import { t } from "../languages.js";
import { fillSelect, find, seen, sleep } from "../ui.js";
import { drawnBy } from "./model.js";

const OWN = "This studio's own";
const ONLY = "It draws when you press Generate; the other tabs draw with the studio's own model.";
const LOOK = 500; // milliseconds between two looks at what is fetched
const HUB = /^[\w-][\w.-]*\/[\w.-]+$/;

// Called with what Gradio gives the component.
export async function start({ element }) {
  const part = (name) => find(`#model-${name}`, element);
  const select = find("#model", element);
  const form = find("form", element);
  const found = part("found");
  let models = [];
  let own = { values: {}, schedulers: null }; // what the studio's own model begins with
  let shown = null; // the model that the controls were told of
  let fetching = false;

  const asked = () => ({ model: form.model.value.trim(), mount: form.mount.value.trim() });
  const offer = (...names) => ["look", "add", "ask", "fetch", "stop"].forEach((name) => (part(name).hidden = !["look", ...names].includes(name)));
  const say = (text, wrong = false) => {
    found.textContent = text;
    found.classList.toggle("lit-error", wrong);
  };

  function listed(all) {
    if (String(models.map((model) => model.name)) !== String(all.models.map((model) => model.name))) document.dispatchEvent(new Event("lit-models"));
    ({ models, own } = all);
    const name = models.some((model) => model.name === drawnBy()) ? drawnBy() : "";
    fillSelect(select, [["", t(OWN)], ...models.map((model) => [model.name, model.name])], name);
    if (name !== drawnBy()) drawnBy(name);
    else told();
  }

  // The controls begin with what a model is drawn with, unless a picture's settings have just been put there.
  function told(begins = false) {
    const model = models.find((one) => one.name === drawnBy());
    select.value = model?.name ?? "";
    part("said").textContent = model ? [model.trouble || model.said, t(ONLY)].join(" ") : "";
    part("said").classList.toggle("lit-error", Boolean(model?.trouble));
    part("forget").hidden = !model;
    document.documentElement.toggleAttribute("data-other-model", Boolean(model)); // what it does not do is not offered
    document.documentElement.toggleAttribute("data-no-styles", model?.styles === false);
    if (!begins && shown === (model?.name ?? "")) return;
    if (shown !== null || model) begin(model, begins);
    shown = model?.name ?? "";
  }

  function begin(model, begins) {
    const { values, schedulers } = model ?? own;
    const detail = { name: model?.name ?? "", values: begins ? values : {}, schedulers };
    document.dispatchEvent(new CustomEvent("lit-model", { detail }));
  }

  const trying = (act) => async (event) => {
    event?.preventDefault();
    try {
      await act();
    } catch (error) {
      say(error.message, true);
      offer(...(HUB.test(asked().model) ? ["ask"] : []));
    }
  };

  async function followed() {
    if (fetching) return;
    fetching = true;
    try {
      for (;;) {
        await seen();
        const { active, said, failed, asked: looked } = await post("models/fetching", {});
        say(said, failed);
        if (!active) return offer(...(failed ? ["ask"] : looked ? ["fetch"] : ["add"]));
        await sleep(LOOK);
      }
    } finally {
      fetching = false;
    }
  }

  form.addEventListener("submit", trying(async () => {
    say("");
    offer();
    say((await post("models/look", asked())).said);
    offer("add");
  }));
  form.addEventListener("input", () => offer());
  part("add").addEventListener("click", trying(async () => {
    const { name, ...all } = await post("models/add", asked());
    form.reset();
    offer();
    say(t("It is on the list: {name}.", { name }));
    listed(all);
    drawnBy(name);
    told(true);
    select.focus();
  }));
  for (const name of ["ask", "fetch"]) {
    part(name).addEventListener("click", trying(async () => {
      say(t("Asking the hub."));
      await post(`models/${name}`, asked());
      offer("stop");
      await followed();
    }));
  }
  part("stop").addEventListener("click", trying(() => post("models/stop", {})));
  part("forget").addEventListener("click", trying(async () => {
    const all = await post("models/forget", { name: drawnBy() });
    drawnBy("");
    listed(all);
    told(true);
    select.focus();
  }));
  select.addEventListener("change", () => {
    drawnBy(select.value);
    told(true);
  });
  document.addEventListener("lit-model-named", () => told());

  offer();
  try {
    listed(await post("models/list", {}));
  } catch (error) {
    say(error.message, true);
  }
}
