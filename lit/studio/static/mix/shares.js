// Shares of a mix: as they are set, and as parts of one.

import { t } from "../languages.js";

// What each has of all; the same for each where none has any.
export function shared(shares) {
  const sum = shares.reduce((all, one) => all + one, 0);
  return shares.map((one) => (sum ? one / sum : 1 / shares.length));
}

export const percent = (part) => t("{n} %", { n: Math.round(100 * part) });
