// What the controls say, sent or not, kept in this browser: a reload finds it again.

const PLACE = "lit-studio-draft";
const PAUSE = 300; // milliseconds without a change

// names: of the settings that are kept. Only what is not as the page has it at first, so that what a newer studio has
// at first is taken over.
// clock: { wait, drop, leaving }, of the page.
export function drafting(names, storage = localStorage, clock = pageClock) {
  let first = null; // what the controls say on a new page
  let latest = null;
  let timer;

  function keep() {
    clock.drop(timer);
    if (!latest) return;
    const { visitor, values } = latest;
    const other = Object.fromEntries(names.filter((name) => values[name] !== first[name]).map((name) => [name, values[name]]));
    storage.setItem(PLACE, JSON.stringify({ visitor, values: other }));
    latest = null;
  }

  clock.leaving(keep);

  return {
    // A new page, which says { visitor, values }. Returns the values of this visitor's draft, null without one.
    begin({ visitor, values }) {
      first = values;
      let kept;
      try {
        kept = JSON.parse(storage.getItem(PLACE));
      } catch {
        return null; // somebody else's
      }
      if (!kept?.values || kept.visitor !== visitor) return null;
      const known = names.filter((name) => typeof kept.values[name] === typeof first[name]);
      return Object.fromEntries(names.map((name) => [name, known.includes(name) ? kept.values[name] : first[name]]));
    },

    // The controls say { visitor, values } now.
    note(now) {
      if (!first) return;
      latest = now;
      clock.drop(timer);
      timer = clock.wait(keep, PAUSE);
    },
  };
}

const pageClock = {
  wait: (call, milliseconds) => setTimeout(call, milliseconds),
  drop: (timer) => clearTimeout(timer),
  leaving: (call) => addEventListener("pagehide", call),
};
