// The words' field, written by scripts as if somebody typed: it can be undone, and whoever follows the words hears it.

let writing = false;

// Whether an event is of somebody's typing.
export const typed = (event) => event.isTrusted && !writing;

// Put `text` in the place of what stands from `start` to `end`.
export function write(field, start, end, text) {
  writing = true;
  field.focus();
  field.setSelectionRange(start, end);
  // The one way that keeps the browser's own undo; it tells of itself by an event.
  if (text || start !== end) document.execCommand(text ? "insertText" : "delete", false, text);
  writing = false;
}
