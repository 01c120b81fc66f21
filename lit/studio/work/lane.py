"""Whose turn it is to compute: drawings and all other work share the processor step by step."""

import threading
from collections.abc import Callable

PATIENCE = 0.05  # seconds between two looks whether to go on waiting


class Lane:
    """Who may compute: one thread at a time, in the order of asking.

    Work is done inside `with lane:`. What takes long calls `pause()` between two of its steps, so that
    nobody waits for more than a step.
    """

    def __init__(self):
        self._turn = threading.Condition()
        self._asked = 0  # tickets given out
        self._served = 0  # tickets done with: this one computes
        self._given_up: set[int] = set()  # tickets that nobody waits with any more

    def __enter__(self):
        self.enter()

    def __exit__(self, *error):
        self.leave()

    def enter(self, unless: Callable[[], bool] | None = None) -> bool:
        """Wait for one's turn; False once `unless()`, which is looked at while waiting, and then there is none."""
        with self._turn:
            ticket = self._asked
            self._asked += 1
            while self._served != ticket:
                if unless is not None and unless():
                    self._given_up.add(ticket)
                    return False
                self._turn.wait(None if unless is None else PATIENCE)
            return True

    def leave(self):
        """The next one's turn."""
        with self._turn:
            self._served += 1
            while self._served in self._given_up:
                self._given_up.remove(self._served)
                self._served += 1
            self._turn.notify_all()

    @property
    def free(self) -> bool:
        """Whether nobody computes or waits for it."""
        return self._asked == self._served

    def pause(self, unless: Callable[[], bool] | None = None) -> bool:
        """Let those who wait compute before going on; False once `unless()` while one waits, and then it is no longer
        one's turn."""
        if self._asked == self._served + 1:
            return True
        self.leave()
        return self.enter(unless)
