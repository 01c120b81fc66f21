// Emoji by name: what fits what is typed, the best first.

const fold = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");

// emoji: [glyph, name, words] each.  Returns (words) => those that all of these words begin a word of: names before
// other words, the shorter name first.
export function searching(emoji) {
  const known = emoji.map((one) => ({ one, name: fold(one[1]), words: ` ${fold(one[1])} ${fold(one[2])}` }));
  return (typed) => {
    const wanted = fold(typed).split(/\s+/).filter(Boolean);
    if (!wanted.length) return emoji;
    if (emoji.some(([glyph]) => glyph === typed.trim())) return emoji.filter(([glyph]) => glyph === typed.trim());
    const rank = ({ name }) => (name === wanted.join(" ") ? 0 : name.startsWith(wanted.join(" ")) ? 1 : wanted.every((word) => ` ${name}`.includes(` ${word}`)) ? 2 : 3);
    return known
      .filter(({ words }) => wanted.every((word) => words.includes(` ${word}`)))
      .map((found) => [rank(found), found])
      .sort(([a, one], [b, other]) => a - b || (a < 3 ? one.name.length - other.name.length : 0))
      .map(([, { one }]) => one);
  };
}

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

// Where an arrow leads among `count` in rows of `columns`; undefined for another key, -1 for out at the top.
export function moved(key, at, count, columns) {
  if (key in STEPS) return Math.min(count - 1, Math.max(0, at + STEPS[key]));
  if (key === "ArrowUp") return at - columns < 0 ? -1 : at - columns;
  if (key === "ArrowDown") return Math.min(count - 1, at + columns);
  return { Home: 0, End: count - 1 }[key];
}
