"""Answers that lie ready, so that a click on a square of the picture needs no computing.

An answer is what the page shows for one spot: its sum, where it reads, where it spreads. Its parts are found one after
the other, ahead of time or for somebody who asked, by the same functions.
"""

import json
import threading
from collections import OrderedDict
from functools import partial

from lit.studio.tabs.scope.requests import Spot
from lit.studio.work.memory import Memory

ROOM = 128_000_000  # bytes of answers as JSON: nine steps of pictures of 256 pixels, 14 MB each


class Answers:
    """Answers by their spots, the latest ROOM bytes of them. Safe to use from any thread."""

    def __init__(self, memory: Memory | None = None):
        self._memory = memory or Memory()
        self._kept: OrderedDict[Spot, tuple[dict, int]] = OrderedDict()  # with the size in bytes
        self._guard = threading.Lock()
        self.size = 0

    def get(self, spot: Spot) -> dict[str, dict]:
        """The parts that are known: {"sum": ..., "reads": ..., "spreads": ...} or less."""
        with self._guard:
            if spot not in self._kept:
                return {}
            self._kept.move_to_end(spot)
            return self._kept[spot][0]

    def add(self, spot: Spot, parts: dict[str, dict]) -> dict[str, dict]:
        """Keep parts of an answer; answers that nobody has asked for the longest make room. Returns all its parts."""
        with self._guard:
            known, before = self._kept.pop(spot, ({}, 0))
            answer = known | parts
            size = len(json.dumps(answer))
            self._kept[spot] = answer, size
            self.size += size - before
            while self.size > ROOM:
                self.size -= self._kept.popitem(last=False)[1][1]
        self._memory.keep((id(self), spot.place.drawing), partial(self.forget, spot.place.drawing))
        return answer

    def forget(self, drawing: str):
        """Let go of a drawing's answers."""
        with self._guard:
            for spot in [spot for spot in self._kept if spot.place.drawing == drawing]:
                self.size -= self._kept.pop(spot)[1]
        self._memory.forget((id(self), drawing))
