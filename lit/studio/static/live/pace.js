// When a live picture is asked for: at a pause in typing, and once more, with more steps, when it has been quiet.

export const PAUSE = 150; // milliseconds without a change before a picture is asked for
export const QUIET = 1000; // and before it is drawn again with more steps

// draw(values, settled, signal): resolves to { settled, ... } or to null for what is outdated; rejects with a sentence.
// show(picture), fail(error).  clock: { now, wait, drop }, of the page.
export function pacing({ draw, show, fail, clock = pageClock }) {
  let wanted = null; // what the page says: { key, values, at }
  let shown = null; // the last picture: { key, settled }
  let underWay = null; // { key, controller }
  let timer;

  function later(settled, milliseconds) {
    clock.drop(timer);
    timer = clock.wait(() => ask(settled), Math.max(0, milliseconds));
  }

  // Something has changed on the page, or may have.
  function changed(values) {
    wanted = { key: JSON.stringify(values), values, at: clock.now() };
    later(false, PAUSE);
  }

  // Nothing is wanted any more.
  function stop() {
    clock.drop(timer);
    underWay?.controller.abort();
    wanted = shown = underWay = null;
  }

  const settle = () => later(true, wanted.at + QUIET - clock.now());

  async function ask(settled) {
    const { key, values } = wanted;
    if (underWay?.key === key) return; // what it ends with says how to go on
    if (!settled && shown?.key === key) return shown.settled || settle();
    underWay?.controller.abort();
    const mine = (underWay = { key, controller: new AbortController() });
    try {
      const picture = await draw(values, settled, mine.controller.signal);
      if (mine !== underWay) return;
      underWay = null;
      if (!picture) return; // another request of this page has taken its place
      shown = { key, settled: picture.settled };
      show(picture);
      if (!picture.settled && wanted.key === key) settle();
    } catch (error) {
      if (mine !== underWay) return;
      underWay = null;
      fail(error);
    }
  }

  return { changed, stop };
}

const pageClock = {
  now: () => performance.now(),
  wait: (call, milliseconds) => setTimeout(call, milliseconds),
  drop: (timer) => clearTimeout(timer),
};
