// What a press would do, said beside its button before it: asked a moment after the last change.

const PAUSE = 250; // milliseconds without a change

// ask(): asks the studio, which answers { said, ... } or refuses.  place: where that is said.  complain(error): says what
// is refused, nothing for null.  more(found): shows what else was found.
export function makePlanning({ ask, place, complain, more = () => {} }) {
  let asking = 0;
  let timer;

  async function now() {
    const mine = ++asking;
    try {
      const found = await ask();
      if (mine !== asking) return;
      place.textContent = found.said;
      more(found);
      complain(null);
    } catch (error) {
      if (mine !== asking) return;
      place.textContent = "";
      complain(error);
    }
  }

  function soon() {
    hold();
    timer = setTimeout(now, PAUSE);
  }

  // No answer is said that has not come yet.
  function hold() {
    asking++;
    clearTimeout(timer);
  }

  // Do it. begin(): asks for it; what is refused then is said once, and stays said.  follow(found): until it has ended.
  async function press(begin, follow) {
    hold();
    try {
      const found = await begin();
      complain(null);
      now(); // which the press did not wait for
      await follow(found);
      now(); // how long it takes is known better then
    } catch (error) {
      hold(); // an answer that comes later does not take that away
      complain(error);
    }
  }

  return { now, soon, press };
}
