// Which key does what: as it is at first, as somebody has chosen in this browser, and what cannot be had.

import { marked, t } from "../languages.js";

const PLACE = "lit-studio-keys";

// action: [its key at first, what it does]
export const ACTIONS = {
  draw: ["Ctrl+Enter", marked("Draw")],
  stop: ["Escape", marked("Stop, or close what is open")],
  another: ["r", marked("Another picture")],
  copy: ["c", marked("Copy the picture")],
  large: ["f", marked("Large, and back")],
  search: ["/", marked("Search in the library")],
  help: ["?", marked("These keys")],
};

const ALONE = ["Shift", "Control", "Alt", "Meta", "AltGraph", "CapsLock", "Dead", "Process", "Unidentified"];
const TAKEN = ["Tab", "Enter", " ", "Backspace", "Delete", "Home", "End", "PageUp", "PageDown"];

// The name of what is pressed, such as "Ctrl+Enter", "r" or "?"; "" for what is no key of its own.
export function pressed(event) {
  const { key, code, ctrlKey, metaKey, altKey, shiftKey, isComposing } = event;
  if (!key || isComposing || ALONE.includes(key)) return "";
  const writes = [...key].length === 1;
  // A letter of another script is the one that stands there on a Latin keyboard.
  const letter = writes && key > "\u007f" && /^Key([A-Z])$/.exec(code)?.[1];
  const name = letter || key;
  const third = event.getModifierState?.("AltGraph"); // by which some keyboards write / and ?
  const with_ = [(ctrlKey || metaKey) && !third && "Ctrl", altKey && !third && "Alt", shiftKey && !writes && "Shift"];
  return [...with_.filter(Boolean), writes ? name.toLowerCase() : name].join("+");
}

// One that writes something: a switch turns these off, for who speaks or whose hands meet keys by chance.
export const single = (key) => [...key].length === 1;

// Whether it is meant for the page even while somebody types.
export const whileTyping = (key) => key === "Escape" || /^(Ctrl|Alt)\+/.test(key);

export function shown(key) {
  const parts = key === "+" ? ["+"] : key.split("+");
  return parts.map((part) => (single(part) ? part.toUpperCase() : part.replace("Escape", "Esc"))).join(" + ");
}

// Why a key cannot be had, "" if it can.
function refusal(key) {
  if (TAKEN.includes(key) || key.startsWith("Arrow")) return t("{key} is needed to move and to write.", { key: shown(key === " " ? "Space" : key) });
  if (/^(Ctrl|Alt)\+(.|Shift\+.*)$/.test(key) || /^(.*\+)?F\d+$/.test(key)) return t("The browser needs {key} itself.", { key: shown(key) });
  return "";
}

// The keys of this browser.
export function bindings(storage = localStorage) {
  const first = () => Object.fromEntries(Object.entries(ACTIONS).map(([action, [key]]) => [action, key]));
  let keys = first();
  let singles = true;
  read();

  function read() {
    let kept;
    try {
      kept = JSON.parse(storage.getItem(PLACE)) ?? {};
    } catch {
      return; // somebody else's
    }
    singles = kept.singles !== false;
    const wanted = { ...keys };
    for (const action of Object.keys(keys)) if (typeof kept.keys?.[action] === "string") wanted[action] = kept.keys[action];
    const all = Object.values(wanted);
    if (all.every((key, index) => key && !refusal(key) && all.indexOf(key) === index)) keys = wanted;
  }

  const keep = () => storage.setItem(PLACE, JSON.stringify({ keys, singles }));

  return {
    of: (action) => keys[action],
    singles: () => singles,

    // What a key does at present, undefined for nothing.
    action: (key) => (single(key) && !singles ? undefined : Object.keys(keys).find((action) => keys[action] === key)),

    // Returns why it cannot be, "" once it is.
    assign(action, key) {
      const other = Object.keys(keys).find((one) => keys[one] === key && one !== action);
      const why = other ? t("{key} is the key of “{action}”.", { key: shown(key), action: t(ACTIONS[other][1]) }) : refusal(key);
      if (why) return `${why} ${t("Choose another.")}`;
      keys[action] = key;
      keep();
      return "";
    },

    turn(on) {
      singles = on;
      keep();
    },

    reset() {
      [keys, singles] = [first(), true];
      keep();
    },
  };
}
