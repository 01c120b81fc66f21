// Prompts that stand for several: how many, and whether all of them are drawn or one.

import { t } from "../languages.js";
import { find, make } from "../ui.js";

const place = () => document.getElementById("template");

// What is to be drawn of a template: "all" or "random".
export const chosen = () => find("input:checked", place() ?? document.createElement("p"))?.value ?? "random";

// A function that is told of each reading, and gives what stands below it; null where the words are no template.
export function templating() {
  const group = Object.assign(make("fieldset", "lit-template"), { id: "template" });
  const said = make("legend");
  const ways = Object.entries({ random: t("One, by the seed"), all: t("All") }).map(([value, label]) => {
    const line = make("label");
    const input = Object.assign(make("input"), { type: "radio", name: "lit-template", value, checked: value === "random" });
    line.append(input, make("span", "", label));
    return line;
  });
  group.append(said, ...ways);

  return ({ template }) => {
    if (!template) return null;
    said.textContent = template.said;
    find("span", ways[1]).textContent = template.all ? t("All {n}", { n: template.all }) : t("All");
    return group;
  };
}
