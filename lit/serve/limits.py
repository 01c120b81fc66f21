"""How much one who asks may have a minute."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable

NAMES = 10_000  # remembered; those that have asked for nothing for longest are forgotten


class Allowance:
    """So much at once and as much again in a minute, for each name: a bucket that fills up evenly.

    most: of whatever is counted.  clock: seconds.  Any thread may take.
    """

    def __init__(self, most: float, clock: Callable[[], float] = time.monotonic):
        self.most, self._clock = most, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # what is left, and since when
        self._guard = threading.Lock()

    def take(self, name: str, amount: float = 1) -> float:
        """Take so much; 0 if that was there, else the seconds until it is, and nothing is taken. What is more than a
        minute has counts as all of it."""
        amount, now = min(amount, self.most), self._clock()
        with self._guard:
            left, since = self._left.pop(name, (self.most, now))
            left = min(self.most, left + (now - since) * self.most / 60)
            enough = left >= amount
            self._left[name] = (left - amount if enough else left), now
            while len(self._left) > NAMES:
                self._left.popitem(last=False)
        return 0.0 if enough else (amount - left) * 60 / self.most
