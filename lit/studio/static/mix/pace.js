// When a mix is asked for: what moves is drawn as fast as it can be, one picture at a time, the newest always; and once
// more, with more steps, when it has been quiet.

const QUIET = 600; // milliseconds

// draw(values, settled, signal): resolves to { settled, ... } or to null for what is outdated; rejects with a sentence.
// show(picture), fail(error).  clock: { wait, drop }, of the page.
export function steadily({ draw, show, fail, clock = pageClock }) {
  let wanted = null; // { key, values }
  let shown = null; // { key, settled }
  let underWay = null; // { key, settled, controller }
  let timer;

  // pause: milliseconds without a change before it is drawn.
  function changed(values, pause = 0) {
    wanted = { key: JSON.stringify(values), values };
    clock.drop(timer);
    if (underWay?.settled && underWay.key !== wanted.key) drop(); // nobody waits for a whole one any more
    if (!underWay) pause ? (timer = clock.wait(ask, pause, false)) : ask(false);
  }

  function drop() {
    underWay?.controller.abort();
    underWay = null;
  }

  function stop() {
    clock.drop(timer);
    drop();
    wanted = shown = null;
  }

  async function ask(settled) {
    const { key, values } = wanted;
    if (shown?.key === key && (shown.settled || !settled)) return shown.settled || settle();
    const mine = (underWay = { key, settled, controller: new AbortController() });
    try {
      const picture = await draw(values, settled, mine.controller.signal);
      if (mine !== underWay) return;
      if (picture) {
        shown = { key, settled: picture.settled };
        show(picture);
      }
      underWay = null;
      if (wanted.key !== key) ask(false);
      else if (picture && !picture.settled) settle();
    } catch (error) {
      if (mine !== underWay) return;
      underWay = null;
      if (wanted.key === key) fail(error);
      else ask(false);
    }
  }

  const settle = () => (timer = clock.wait(ask, QUIET, true));

  return { changed, stop };
}

const pageClock = { wait: (call, milliseconds, ...values) => setTimeout(call, milliseconds, ...values), drop: (timer) => clearTimeout(timer) };
