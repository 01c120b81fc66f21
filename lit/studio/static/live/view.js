// The live picture: each fades into the next, on the large board and, where that is out of sight, beside the words.

import { t } from "../languages.js";
import { make } from "../ui.js";

const FADE = 180; // milliseconds

// boards(): the elements that show the picture, the large one first.  still(): whether nothing may move.
export function viewing(boards, still) {
  let address = "";

  async function show({ blob, caption, alt = t("Live picture: {picture}", { picture: caption }) }) {
    const before = address;
    const now = (address = URL.createObjectURL(blob));
    const [large, ...others] = boards().map((board) => [board, picture(now)]);
    large[1].alt = alt; // the others only repeat it
    const images = [large, ...others];
    await Promise.allSettled(images.map(([, image]) => image.decode())); // never a blank in between
    if (now !== address) return URL.revokeObjectURL(now); // a newer one was there first
    for (const [board, image] of images) replace(board, image, still());
    if (before) URL.revokeObjectURL(before);
  }

  function clear() {
    for (const board of boards()) board.replaceChildren();
    if (address) URL.revokeObjectURL(address);
    address = "";
  }

  return { show, clear };
}

function picture(source) {
  const image = make("img");
  image.src = source;
  image.alt = "";
  return image;
}

// Stickers are transparent: the old one has to go while the new one comes.
function replace(board, image, still) {
  const old = [...board.children];
  board.append(image);
  if (still || !old.length) return old.forEach((one) => one.remove());
  image.animate([{ opacity: 0 }, { opacity: 1 }], FADE);
  for (const one of old) {
    one.alt = "";
    one.animate([{ opacity: 1 }, { opacity: 0 }], { duration: FADE, fill: "forwards" }).onfinish = () => one.remove();
  }
}

// A sentence beside the control that it is about, or in `otherwise` where that is not to be seen.
export function complaining(places, otherwise) {
  let notice = null;
  return (error) => {
    if (error && notice?.isConnected && notice.textContent === error.message) return; // said once
    notice?.remove();
    notice = null;
    if (!error) return;
    notice = make("p", "lit-notice lit-error", error.message);
    notice.setAttribute("role", "alert");
    const control = places[error.field] && document.getElementById(places[error.field]);
    (control?.checkVisibility() ? control : otherwise).append(notice);
  };
}
