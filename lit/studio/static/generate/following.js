// How the page's drawings stand: asked again and again, seldom where there is nothing to wait for.

const OFTEN = 500; // milliseconds: each look has the page paint, on the same cores as the drawing
const SELDOM = 5000; // that a studio has gone is seen by then
const AGAIN = 2000; // while it is gone

// ask(jobs, have): how they stand.  news(answer): told of every answer.  gone(is): told when that changes.
// clock: { wait, drop, hidden, seen }, of the page; nothing is asked while nobody sees it.
export function following({ ask, news, gone, clock = pageClock }) {
  const jobs = new Set();
  let have = []; // names of the previews that have come
  let away = false;
  let asking = false;
  let again = false; // somebody could not wait
  let timer;

  async function look() {
    clock.drop(timer);
    if (asking) return void (again = true);
    if (clock.hidden()) return;
    asking = true;
    let pause = AGAIN;
    try {
      const answer = await ask([...jobs], have);
      if (away) gone((away = false));
      have = answer.active.flatMap((job) => job.previews.map((preview) => preview.id));
      for (const job of answer.ended) jobs.delete(job.id);
      news(answer);
      pause = answer.active.some((job) => !job.held) || answer.model === "loading" ? OFTEN : SELDOM;
    } catch (error) {
      if (!away) gone((away = true));
    } finally {
      asking = false;
      timer = clock.wait(look, again ? 0 : pause);
      again = false;
    }
  }

  clock.seen(look);

  return {
    also(job) {
      jobs.add(job);
      look();
    },
    now: look,
    // Somebody else was not answered.
    lost() {
      if (!away) gone((away = true));
      clock.drop(timer);
      timer = clock.wait(look, AGAIN);
    },
  };
}

const pageClock = {
  wait: (call, milliseconds) => setTimeout(call, milliseconds),
  drop: (timer) => clearTimeout(timer),
  hidden: () => document.hidden,
  seen: (call) => document.addEventListener("visibilitychange", () => document.hidden || call()),
};
