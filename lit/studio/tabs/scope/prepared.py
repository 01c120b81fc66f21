"""Answers that lie ready, so that a click on a square of the picture needs no computing.

An answer is what the page shows for one box: its sum, where it reads, where it spreads. Its parts are found one after
the other, ahead of time or for somebody who asked, by the same functions.
"""

import json
import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass

PARTS = ("sum", "reads", "spreads")
ROOM = 128_000_000  # bytes of answers as JSON: nine steps of pictures of 256 pixels, 14 MB each
SUMS = 16  # of parts that are known, in a piece
BLANK = 4  # a square with nothing in it is prepared as if it were so many times farther away


@dataclass(frozen=True)
class Asked:
    """What an answer is for. box: left, top, right, bottom in pixels."""

    drawing: str
    step: int
    layer: str
    path: str
    channel: str
    box: tuple[int, int, int, int]

    @classmethod
    def of(cls, request: dict) -> "Asked | None":
        """What a request asks for; None for one that cannot be answered."""
        drawing, step, box = request.get("drawing"), request.get("step"), request.get("box")
        names = [request.get("layer") or "", request.get("path") or "value", request.get("channel") or "luminance"]
        plain = type(drawing) is str and type(step) is int and all(type(name) is str for name in names)
        if not plain or not isinstance(box, list) or [type(side) for side in box] != [int] * 4:
            return None
        return cls(drawing, step, *names, tuple(box))

    @property
    def middle(self) -> tuple[float, float]:
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2


class Answers:
    """Answers by what was asked, the latest ROOM bytes of them. Safe to use from any thread."""

    def __init__(self):
        self._kept: OrderedDict[Asked, tuple[dict, int]] = OrderedDict()  # with the size in bytes
        self._guard = threading.Lock()
        self.size = 0

    def get(self, asked: Asked | None) -> dict[str, dict]:
        """The parts that are known: {"sum": ..., "reads": ..., "spreads": ...} or less."""
        with self._guard:
            if asked not in self._kept:
                return {}
            self._kept.move_to_end(asked)
            return self._kept[asked][0]

    def add(self, asked: Asked, parts: dict[str, dict]):
        """Keep parts of an answer; answers that nobody has asked for the longest make room."""
        with self._guard:
            known, before = self._kept.pop(asked, ({}, 0))
            answer = known | parts
            size = len(json.dumps(answer))
            self._kept[asked] = answer, size
            self.size += size - before
            while self.size > ROOM:
                self.size -= self._kept.popitem(last=False)[1][1]

    def forget(self, drawing: str):
        """Let go of a drawing's answers."""
        with self._guard:
            for asked in [asked for asked in self._kept if asked.drawing == drawing]:
                self.size -= self._kept.pop(asked)[1]


def preparing(
    squares: dict[Asked, bool],
    answers: Answers,
    find: Callable[[Asked, str], None],
    near: Callable[[], tuple[float, float]],
    tell: Callable[[int, int], None],
    quick: bool,
) -> Iterator[None]:
    """Find all parts of the squares' answers, piece by piece; between two pieces others may compute.

    squares: what to ask, and whether something is there to be seen.  find(asked, part): puts it into `answers`.
    near(): the pixel around which to go on.  tell(done, of).  quick: sums are known but for the adding, so that those
    of all squares come first.
    """
    lacking = [asked for asked in squares if len(answers.get(asked)) < len(PARTS)]
    if quick:
        for number, asked in enumerate(lacking):
            if "sum" not in answers.get(asked):
                find(asked, "sum")
            if number % SUMS == SUMS - 1:
                yield

    def distance(asked):
        return math.dist(asked.middle, near()) * (1 if squares[asked] else BLANK)

    while lacking:
        tell(len(squares) - len(lacking), len(squares))
        asked = min(lacking, key=distance)
        for part in PARTS:
            if part not in answers.get(asked):
                find(asked, part)
                yield
        lacking.remove(asked)
