"""Whose turn it is to compute: drawings and all other work share the processor step by step."""

import threading


class Lane:
    """Who may compute: one thread at a time, in the order of asking.

    Work is done inside `with lane:`. What takes long calls `pause()` between two of its steps, so that
    nobody waits for more than a step.
    """

    def __init__(self):
        self._turn = threading.Condition()
        self._asked = 0  # tickets given out
        self._served = 0  # tickets done with: this one computes

    def __enter__(self):
        with self._turn:
            ticket = self._asked
            self._asked += 1
            self._turn.wait_for(lambda: self._served == ticket)

    def __exit__(self, *error):
        with self._turn:
            self._served += 1
            self._turn.notify_all()

    @property
    def free(self) -> bool:
        """Whether nobody computes or waits for it."""
        return self._asked == self._served

    def pause(self):
        """Let those who wait compute before going on."""
        if self._asked > self._served + 1:
            self.__exit__()
            self.__enter__()
