// Choosing one of the recent stickers.

import { address, post } from "../asking.js";
import { find, make } from "../ui.js";

// Returns a function: (visitor) to { id, said } or null once it is given up.
export function choosing(dialog) {
  let done = null;
  find(".mix-recent-close", dialog).addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => done?.(null));

  return async function choose(visitor) {
    const { recent } = await post("drawings/recent", { visitor });
    const chosen = new Promise((told) => (done = told));
    find(".mix-recent-none", dialog).hidden = recent.length > 0;
    find("ul", dialog).replaceChildren(
      ...recent.map((picture) => {
        const [item, button] = [make("li"), make("button", "lit-thumb")];
        button.type = "button";
        button.append(Object.assign(make("img"), { src: address(`pictures/${picture.id}`), alt: picture.said, loading: "lazy" }));
        button.addEventListener("click", () => {
          done(picture);
          dialog.close();
        });
        item.append(button);
        return item;
      }),
    );
    dialog.showModal();
    return chosen;
  };
}
