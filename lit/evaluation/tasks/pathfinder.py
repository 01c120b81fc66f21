"""Pathfinder (NeurIPS 2018, arXiv 1805.08315) as Long Range Arena has it: are two discs on one dashed curve?

Pictures of 32 x 32 grey pixels, read row by row: two curves of 14 dashes, five of four beside them, a disc at one
curve's beginning and one at the end of the same curve (class 1) or of the other (class 0).

A generator of our own to the published numbers, in which every dash has the same brightness: of the original's two
kinds one is brighter as its code reads, which would give the answer away. Scores are therefore not to be compared
with published ones.
"""

import math

import numpy as np

from lit.evaluation.tasks.examples import Task, majority

SIDE, FINE = 32, 2  # pixels; each drawn as FINE x FINE and averaged
TARGETS, TARGET_DASHES = 2, 14
OTHERS, OTHER_DASHES = 5, 4
LENGTH, THICKNESS, MARGIN, RADIUS = 2.0, 0.5, 1.0, 1.5  # pixels
FROM_BORDER, APART = 14, 7  # pixels: of the first curve's beginning from the border, of the second's from it
CONTINUITY = 1.0
TRIES = 3  # of a dash before its curve is given up
OVERLAP = 0.8  # of what is taken, from which on a dash does not fit
AROUND = THICKNESS / 2 + MARGIN + 0.5  # pixels around a dash that it can touch

_AXIS = (np.arange(SIDE * FINE) + 0.5) / FINE
_X, _Y = np.meshgrid(_AXIS, _AXIS)
_TURNS = np.deg2rad(np.arange(-90, 91))
# cos^2 of the turn: none is likeliest, a right angle never happens.
_LIKELY = np.cos(np.minimum(CONTINUITY * np.abs(_TURNS), math.pi / 2)) ** 2


def make(count: int, seed: int) -> list[tuple[np.ndarray, int]]:
    """So many pictures as (grey values row by row, class)."""
    chance = np.random.default_rng(seed)
    return [_picture(chance) for _ in range(count)]


def _picture(chance) -> tuple[np.ndarray, int]:
    label = int(chance.integers(2))
    while (curves := _targets(chance)) is None:
        pass
    drawn, taken = curves.drawn, curves.taken
    for _ in range(OTHERS):
        other = _Curves(drawn, taken)
        for _ in range(TRIES + 1):
            if other.begin(_free_place(chance, taken), chance.uniform(0, 2 * math.pi)):
                for _ in range(OTHER_DASHES - 1):
                    if not other.grow(0, chance):
                        break  # it stays short
                break
        other.settle()
        drawn, taken = other.drawn, other.taken
    first = int(chance.integers(TARGETS))
    last = first if label else 1 - first
    for point in (curves.begins[first], curves.ends[last]):
        drawn = np.maximum(drawn, _within(np.hypot(_X - point[0], _Y - point[1]), RADIUS))
    small = drawn.reshape(SIDE, FINE, SIDE, FINE).mean((1, 3))
    return np.round(255 * small).astype(np.uint8).ravel(), label


def _targets(chance) -> "_Curves | None":
    """Both curves, grown in turns so that neither takes all the room; None where one got stuck."""
    curves = _Curves(np.zeros_like(_X), np.zeros_like(_X))
    middle = chance.uniform(FROM_BORDER, SIDE - FROM_BORDER, 2)
    away = chance.uniform(0, 2 * math.pi)
    places = middle, middle + APART * np.array([math.cos(away), math.sin(away)])
    if not all(curves.begin(place, math.radians(int(chance.integers(360)))) for place in places):
        return None
    for _ in range(TARGET_DASHES - 1):
        if not all(curves.grow(number, chance) for number in range(TARGETS)):
            return None
    curves.settle()
    return curves


class _Curves:
    """Dashed curves on a fine canvas. drawn: their ink, 0 to 1.  taken: where no other dash may be, 0 to 1; but for
    the last dash of each curve, which the next one of its own begins at (`settle` adds those, too)."""

    def __init__(self, drawn: np.ndarray, taken: np.ndarray):
        self.drawn, self.taken = drawn.copy(), taken.copy()
        self.begins: list[np.ndarray] = []
        self.ends: list[np.ndarray] = []
        self.directions: list[float] = []
        self._last: list[_Dash] = []

    def begin(self, place: np.ndarray, direction: float) -> bool:
        dash = _Dash(place, place + LENGTH * np.array([math.cos(direction), math.sin(direction)]))
        if not self._fits(dash, own=None):
            return False
        self.begins.append(place)
        self.ends.append(dash.end)
        self.directions.append(direction)
        self._last.append(dash)
        _add(self.drawn, dash, THICKNESS / 2)
        return True

    def grow(self, number: int, chance) -> bool:
        """One more dash, a gap behind the last one, more likely where its end has room and straight on; False if none
        fitted in so many tries."""
        end, direction = self.ends[number], self.directions[number]
        tips = end[:, None] + (MARGIN + LENGTH) * np.stack([np.cos(direction + _TURNS), np.sin(direction + _TURNS)])
        columns, rows = np.clip((tips * FINE).astype(int), 0, SIDE * FINE - 1)
        likely = _LIKELY * (1 - self.taken[rows, columns]) * ((tips >= 1) & (tips <= SIDE - 1)).all(0)
        total = likely.cumsum()
        if total[-1] < 1e-6:
            return False
        for turn in _TURNS[total.searchsorted(chance.random(TRIES) * total[-1])]:
            along = np.array([math.cos(direction + turn), math.sin(direction + turn)])
            dash = _Dash(end + MARGIN * along, end + (MARGIN + LENGTH) * along)
            if self._fits(dash, own=number):
                _add(self.taken, self._last[number], THICKNESS / 2 + MARGIN)
                _add(self.drawn, dash, THICKNESS / 2)
                self.ends[number], self.directions[number], self._last[number] = dash.end, direction + turn, dash
                return True
        return False

    def settle(self):
        """No dash follows any more."""
        for dash in self._last:
            _add(self.taken, dash, THICKNESS / 2 + MARGIN)

    def _fits(self, dash: "_Dash", own: int | None) -> bool:
        """Inside the picture with a pixel to spare, and on nothing that is taken, if not by the own last dash."""
        if min(*dash.start, *dash.end) < 1 or max(*dash.start, *dash.end) > SIDE - 1:
            return False
        inked = dash.distance < THICKNESS / 2 + 0.5 / FINE
        if (self.taken[dash.place][inked] > OVERLAP).any():
            return False
        points = np.linspace(dash.start, dash.end, 5)
        others = (last for number, last in enumerate(self._last) if number != own)
        return not any((_distances(points[:, 0], points[:, 1], one) < THICKNESS / 2 + MARGIN).any() for one in others)


class _Dash:
    """From one point to another. place: the part of the canvas around it.  distance: of each fine pixel there."""

    def __init__(self, start: np.ndarray, end: np.ndarray):
        self.start, self.end = start, end
        low = np.maximum((np.minimum(start, end) - AROUND) * FINE, 0).astype(int)
        high = np.maximum((np.maximum(start, end) + AROUND) * FINE, 0).astype(int) + 1
        self.place = slice(low[1], high[1]), slice(low[0], high[0])
        self.distance = _distances(_X[self.place], _Y[self.place], self)


def _distances(x: np.ndarray, y: np.ndarray, dash: _Dash) -> np.ndarray:
    """Of points from a dash, in pixels."""
    (x0, y0), (dx, dy) = dash.start, dash.end - dash.start
    share = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy), 0, 1)
    return np.hypot(x - x0 - share * dx, y - y0 - share * dy)


def _add(canvas: np.ndarray, dash: _Dash, reach: float):
    canvas[dash.place] = np.maximum(canvas[dash.place], _within(dash.distance, reach))


def _within(distance: np.ndarray, reach: float) -> np.ndarray:
    """1 inside, 0 outside, with an edge of one fine pixel."""
    return np.clip((reach - distance) * FINE + 0.5, 0, 1)


def _free_place(chance, taken) -> np.ndarray:
    rows, columns = np.nonzero(taken < 0.5)
    number = chance.integers(len(rows))
    return np.array([columns[number] + 0.5, rows[number] + 0.5]) / FINE


TASK = Task(
    name="pathfinder",
    symbols=256,
    classes=2,
    make=make,
    counts=(160_000, 20_000, 20_000),
    rules={"majority class": majority},
    grid=(SIDE, SIDE),
)
