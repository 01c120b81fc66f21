// Which pictures are meant: where the arrows lead, what lies between two, what a day is called.

import { t } from "../languages.js";

// names: of all tiles, in their order.  columns: of the row at hand.  Returns the name that a key leads to.
export function moved(names, current, key, columns) {
  const at = Math.max(0, names.indexOf(current));
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  const to = { Home: 0, End: names.length - 1 }[key] ?? at + by[key];
  return names[Math.min(names.length - 1, Math.max(0, to))];
}

// All names from one to another, both included, whichever comes first.
export function between(names, one, other) {
  const ends = [names.indexOf(one), names.indexOf(other)].sort((a, b) => a - b);
  return ends[0] < 0 ? [other] : names.slice(ends[0], ends[1] + 1);
}

// What has the focus once some names are gone: the next one that stays, or else the last before.
export function remaining(names, gone, current) {
  const at = names.indexOf(current);
  const stays = (name) => !gone.has(name);
  return names.slice(Math.max(0, at)).find(stays) ?? names.slice(0, Math.max(0, at)).reverse().find(stays) ?? null;
}

// day, today: as "2026-11-28".
export function dayName(day, today, language) {
  const days = Math.round((Date.parse(today) - Date.parse(day)) / 86_400_000);
  if (days === 0) return t("Today");
  if (days === 1) return t("Yesterday");
  const how = { weekday: "long", day: "numeric", month: "long", year: "numeric", timeZone: "UTC" };
  return new Date(`${day}T00:00:00Z`).toLocaleDateString(language, how);
}

// What a picture is called for who listens.
export const spoken = ({ prompt, label, seed, favourite, tags }) =>
  [prompt || t("a picture"), label, t("seed {seed}", { seed }), favourite && t("favourite"), tags.length && t("tags {tags}", { tags: tags.join(", ") })]
    .filter(Boolean)
    .join(", ");
