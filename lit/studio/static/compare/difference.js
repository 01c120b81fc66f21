// How two pictures differ, pixel by pixel. Pixels are RGBA bytes as a canvas gives them, with straight alpha; compared
// are colours times alpha, and alpha: what is transparent has no colour that could differ.

import { number, t } from "../languages.js";

const COLOUR = [226, 51, 112];
const FULL = 255;

// a, b: as many bytes each, four a pixel. Returns
// psnr: in dB, of all four numbers of all pixels: 10 log10(255^2 / mean squared difference); Infinity for the same.
// largest: the largest difference of one number, 0 to 255.  share: of the pixels that differ at all, 0 to 1.
// map: RGBA bytes: one colour, the more opaque the larger a pixel's largest difference; `largest` is opaque.
export function difference(a, b) {
  const apart = new Uint8ClampedArray(a.length / 4);
  let squares = 0;
  for (let pixel = 0, at = 0; at < a.length; pixel++, at += 4) {
    for (let channel = 0; channel < 4; channel++) {
      const gap = Math.abs(premultiplied(a, at, channel) - premultiplied(b, at, channel));
      squares += gap * gap;
      apart[pixel] = Math.max(apart[pixel], gap);
    }
  }
  const largest = apart.reduce((most, gap) => Math.max(most, gap), 0);
  const map = new Uint8ClampedArray(a.length);
  let differ = 0;
  apart.forEach((gap, pixel) => {
    if (!gap) return;
    differ += 1;
    map.set([...COLOUR, Math.round((FULL * gap) / largest)], 4 * pixel);
  });
  const psnr = squares ? 10 * Math.log10((FULL * FULL * a.length) / squares) : Infinity;
  return { psnr, largest, share: differ / apart.length, map };
}

const premultiplied = (bytes, at, channel) =>
  channel === 3 ? bytes[at + 3] : Math.round((bytes[at + channel] * bytes[at + 3]) / FULL);

// The same in a sentence or two.
export function said({ psnr, largest, share }) {
  if (!largest) return t("The two are the same to the bit.");
  const percent = 100 * share;
  const values = { psnr: number(psnr, 1), largest };
  return percent < 0.1
    ? t("PSNR {psnr} dB. Fewer than 0.1% of the pixels differ, by {largest} of 255 at most.", values)
    : t("PSNR {psnr} dB. {percent}% of the pixels differ, by {largest} of 255 at most.", { percent: number(percent, 1), ...values });
}
