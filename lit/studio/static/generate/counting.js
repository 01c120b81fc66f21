// How many stickers: 1, 2, 4 or 8 beside Generate, and another number where settings say so.

import { plural } from "../languages.js";
import { find } from "../ui.js";

// place: the fieldset.  Its choice is what Generate draws.
export function counting(place) {
  const titled = (label, count) => (label.title = plural(Number(count), "{n} sticker", "{n} stickers"));
  for (const label of place.querySelectorAll("label")) titled(label, find("input", label).value);
  return {
    value: () => Number(find("input:checked", place).value),
    set(count) {
      const found = find(`input[value="${count}"]`, place);
      if (found) return void (found.checked = true);
      find("[data-other]", place)?.remove();
      const other = find("label", place).cloneNode(true);
      const input = find("input", other);
      titled(other, count);
      other.dataset.other = "";
      Object.assign(input, { value: count, checked: true });
      find("span", other).textContent = count;
      place.append(other);
    },
  };
}
