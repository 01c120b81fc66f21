"""Ctrl+C and the like: the studio ends within a second and says so in one line, whatever it is doing.

Nothing needs a long farewell: the list of jobs is safe at any moment, and what is being drawn is called interrupted
by the next studio. So the process ends by `os._exit`: Python's own way would first wait for threads that import torch.
"""

import contextlib
import os
import signal
from collections.abc import Callable

GRACE = 0.6  # seconds for the step under way


def say(text: str, stream=None):
    """Print a line; nobody may be there to read it."""
    with contextlib.suppress(OSError):  # a closed pipe, a terminal that is gone
        print(text, file=stream, flush=True)


class Ending:
    """Inside `with`, SIGINT and SIGTERM end the process: at once while it starts, from `wait` on with a farewell."""

    def __init__(self):
        self._asked = False
        self._waited_for = False
        self._former: dict[int, Callable | int | None] = {}

    def __enter__(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            self._former[number] = signal.signal(number, self._ask)
        return self

    def __exit__(self, *error):
        for number, handler in self._former.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)  # None: one not set by Python

    def wait(self, over: Callable[[float], bool], close: Callable[[float], None]):
        """Wait for a signal, then `close(seconds)` and end; or for `over(seconds)`, which takes so long at most."""
        self._waited_for = True
        while not over(0.2):  # in pieces: on Windows a wait without end hears no Ctrl+C
            if self._asked:
                close(GRACE)
                self._exit()

    def _ask(self, number, frame):
        if self._asked or not self._waited_for:  # pressed twice, or nothing has begun
            self._exit()
        self._asked = True

    @staticmethod
    def _exit():
        say("LiT Studio has ended.")
        os._exit(0)
