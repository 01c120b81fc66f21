// Where a key leads in a sweep's pictures.

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

// From { row, column, layer } among { rows, columns, layers }: arrows stay inside, Home and End go along the row, with
// Control to the first and last picture, Page Up and Down from layer to layer. null for nowhere.
export function walked(key, { row, column, layer }, { rows, columns, layers }, control = false) {
  const inside = (value, count) => Math.min(count - 1, Math.max(0, value));
  if (key in STEPS) return { row: inside(row + STEPS[key][0], rows), column: inside(column + STEPS[key][1], columns), layer };
  if (key === "Home") return { row: control ? 0 : row, column: 0, layer };
  if (key === "End") return { row: control ? rows - 1 : row, column: columns - 1, layer };
  if (key === "PageUp" || key === "PageDown") {
    if (layers < 2) return null;
    return { row, column, layer: inside(layer + (key === "PageUp" ? -1 : 1), layers) };
  }
  return null;
}
