"""Where to look next: strategies over the unit interval or square. All are asked for places and told values there.

gradient  weighted by gradients, in rounds: ours, after GWASS (Olowe and Chitnis, 2024, arXiv 2412.16172)
uniform   a grid of equal steps
sobol     Sobol's sequence, scrambled
adaptive  the learners of the library `adaptive` (an extra: pip install 'lit-studio[sweeps]')
"""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

import numpy as np

from lit.errors import LiTError
from lit.explore.sweeps import neighbours

Place = tuple[float, ...]
SHARE = 0.25  # of the budget that the first grid may take; GWASS: 0.1, which of a few dozen images is none
ROUND = 4  # images between two looks
EXPLORE = 0.1  # share of images that go anywhere, however flat it looks there
TRIES = 200  # to find a place that nothing was drawn at


class Strategy(Protocol):
    def ask(self, n: int) -> list[Place]:
        """Up to n places in [0, 1]^D, none of them twice; fewer while those asked for have to be told of first."""
        ...

    def tell(self, place: Place, value: np.ndarray) -> None:
        """The value (F,) at a place that was asked for."""
        ...

    @property
    def between_rounds(self) -> bool:
        """Whether all of the box has been looked at as finely as anything, so that one may stop here."""
        ...


class Gradient:
    """Gradient-weighted sampling in rounds.

    The first places are a grid of m^D, m = floor(max(floor(share B), D + 1)^(1/D)) and at least 2. Then, round by
    round, n more are drawn: how many in each cell by a multinomial of

        p_c = (1 - e) g_c V_c / sum(g V) + e V_c / sum(V),

    and uniformly within it. g_c: mean over the edges of the cell of |f_i - f_j| / |u_i - u_j|, 0 for those no longer
    than `finest`; V_c: its volume. The cells of the first round are those of the grid; later they are the intervals, or
    Delaunay's triangles, between all places. With one round (per_round None), e = 0 and finest = 0 this is GWASS, whose
    gradient at the corners is that along the edges here; GWASS has neither floor nor seed, and axes in their own units.

    budget: B.  snap: a place as the nearest one that can be drawn; none is drawn twice.
    """

    def __init__(
        self,
        dimensions: int,
        budget: int,
        seed: int = 0,
        snap: Callable[[Place], Place] = lambda place: place,
        share: float = SHARE,
        per_round: int | None = ROUND,
        explore: float = EXPLORE,
        finest: float = neighbours.FINEST,
    ):
        self.dimensions, self.budget, self.snap = dimensions, budget, snap
        self.per_round, self.explore, self.finest = per_round, explore, finest
        self._random = np.random.default_rng(seed)
        m = max(2, _root(max(int(share * budget), dimensions + 1), dimensions))
        if m**dimensions > budget:
            m = max(1, _root(budget, dimensions))
        self._side = m
        self._queue = list(dict.fromkeys(snap(place) for place in lattice((m,) * dimensions)))
        self._asked: list[Place] = []
        self._values: dict[Place, np.ndarray] = {}

    def ask(self, n: int) -> list[Place]:
        if self.between_rounds and len(self._asked) < self.budget:
            self._queue = self._round(min(self.per_round or self.budget, self.budget - len(self._asked)))
        asked, self._queue = self._queue[:n], self._queue[n:]
        self._asked += asked
        return asked

    def tell(self, place: Place, value: np.ndarray) -> None:
        self._values[place] = value

    @property
    def between_rounds(self) -> bool:
        return not self._queue and len(self._values) == len(self._asked)

    def _round(self, n: int) -> list[Place]:
        places = np.array(self._asked)
        values = np.array([self._values[place] for place in self._asked])
        corners, boxes = self._cells(places)
        new: list[Place] = []
        if len(corners):
            counts = self._random.multinomial(n, self.shares(places, values, corners, boxes))
            for corner, count in zip(corners, counts, strict=True):
                for _ in range(count):
                    new += self._place(lambda: self._within(places[corner], boxes), new)  # noqa: B023 (called at once)
        for _ in range(n - len(new)):
            new += self._place(lambda: self._random.random(self.dimensions), new)
        return new

    def shares(self, places: np.ndarray, values: np.ndarray, corners: np.ndarray, boxes: bool) -> np.ndarray:
        """p_c of cells (c, k) by their corners."""
        pairs = neighbours.edges(corners) if not boxes else _box_edges(places, corners)
        apart, length = neighbours.distances(values, pairs), neighbours.distances(places, pairs)
        rates = np.where(length > self.finest, apart / np.maximum(length, 1e-12), 0)
        slope = dict(zip(map(tuple, pairs.tolist()), rates, strict=True))
        steep = np.array([np.mean([slope[pair] for pair in _pairs(corner) if pair in slope]) for corner in corners])
        spans = np.ptp(places[corners], axis=1)
        if boxes or self.dimensions == 1:
            volume = spans.prod(axis=1)
        else:
            one, two = (places[corners[:, i]] - places[corners[:, 0]] for i in (1, 2))
            volume = abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]) / 2
        mass, even = steep * volume, volume / volume.sum()
        shares = even if mass.sum() == 0 else (1 - self.explore) * mass / mass.sum() + self.explore * even
        return shares / shares.sum()  # or one of them may be a little above 1

    def _cells(self, places):
        """Corners of the cells, and whether they are boxes: those of the first grid, where all of it was drawn."""
        m = self._side
        if self.dimensions == 2 and len(places) == m * m and m > 1:
            first = np.arange(m * m).reshape(m, m)
            parts = (first[:-1, :-1], first[:-1, 1:], first[1:, :-1], first[1:, 1:])
            return np.stack([part.ravel() for part in parts], 1), True
        return neighbours.cells(places), False

    def _within(self, corners, boxes):
        if boxes or self.dimensions == 1:
            low, high = corners.min(axis=0), corners.max(axis=0)
            return low + self._random.random(self.dimensions) * (high - low)
        return self._random.dirichlet(np.ones(3)) @ corners

    def _place(self, draw, new) -> list[Place]:
        """A place that nothing was drawn at, or none."""
        for _ in range(TRIES):
            place = self.snap(tuple(float(one) for one in np.clip(draw(), 0, 1)))
            if place not in self._values and place not in new:
                return [place]
        return []


class Listed:
    """Places that are known from the start."""

    def __init__(self, places: list[Place]):
        self._queue = places

    def ask(self, n: int) -> list[Place]:
        asked, self._queue = self._queue[:n], self._queue[n:]
        return asked

    def tell(self, place: Place, value: np.ndarray) -> None:
        pass

    @property
    def between_rounds(self) -> bool:
        return not self._queue


class Library:
    """The learners of `adaptive` through its own ask and tell: each asks where its loss, an interval's length or a
    triangle's bend, is largest."""

    def __init__(self, dimensions: int, snap: Callable[[Place], Place]):
        try:
            import adaptive
        except ImportError as error:
            raise LiTError("strategy 'adaptive' needs a library; pip install 'lit-studio[sweeps]'") from error
        if dimensions == 1:
            self._learner = adaptive.Learner1D(None, bounds=(0, 1))
        else:
            self._learner = adaptive.Learner2D(None, bounds=[(0, 1)] * 2)
        self._dimensions, self._snap = dimensions, snap
        self._theirs: dict[Place, object] = {}
        self._values: dict[Place, np.ndarray] = {}

    def ask(self, n: int) -> list[Place]:
        found: list[Place] = []
        for _ in range(TRIES):
            if len(found) == n:
                break
            ((theirs,), _) = self._learner.ask(1)
            place = self._snap((float(theirs),) if self._dimensions == 1 else tuple(map(float, theirs)))
            if place in self._values:  # it knows no whole numbers: what it asks for may have been drawn
                self._learner.tell(theirs, self._values[place])
            elif place not in self._theirs:
                self._theirs[place] = theirs
                found.append(place)
        return found

    def tell(self, place: Place, value: np.ndarray) -> None:
        self._values[place] = value
        self._learner.tell(self._theirs[place], value)

    @property
    def between_rounds(self) -> bool:
        return len(self._values) == len(self._theirs)


def uniform(dimensions: int, budget: int, seed: int, snap: Callable[[Place], Place]) -> Strategy:
    """Equal steps with both ends: B of them, or the largest grid of at most B that is nearly square."""
    side = _root(budget, dimensions)
    sides = (side,) if dimensions == 1 else (side, budget // side)
    return Listed(_apart(lattice(sides), snap, budget))


def sobol(dimensions: int, budget: int, seed: int, snap: Callable[[Place], Place]) -> Strategy:
    from scipy.stats import qmc

    engine = qmc.Sobol(dimensions, scramble=True, rng=np.random.default_rng(seed))
    # Twice as many, for those that a snap puts upon another.
    drawn = engine.random_base2(math.ceil(math.log2(2 * budget)))
    return Listed(_apart([tuple(map(float, one)) for one in drawn], snap, budget))


STRATEGIES: Mapping[str, Callable[[int, int, int, Callable[[Place], Place]], Strategy]] = MappingProxyType(
    {
        "gradient": Gradient,
        "uniform": uniform,
        "sobol": sobol,
        "adaptive": lambda dimensions, budget, seed, snap: Library(dimensions, snap),
    }
)


def lattice(sides: tuple[int, ...]) -> list[Place]:
    """Evenly spaced places of the unit box, the ends among them; the last axis fastest. One of a side is its middle."""
    lines = [np.linspace(0, 1, side) if side > 1 else np.array([0.5]) for side in sides]
    return [tuple(map(float, one)) for one in np.stack(np.meshgrid(*lines, indexing="ij"), -1).reshape(-1, len(sides))]


def _apart(places, snap, most):
    return list(dict.fromkeys(map(snap, places)))[:most]


def _root(number: int, degree: int) -> int:
    """The whole part of a root, to which 64 ** (1 / 3) does not come."""
    root = round(number ** (1 / degree))
    return root if root**degree <= number else root - 1


def _pairs(corner):
    return [tuple(sorted((int(a), int(b)))) for i, a in enumerate(corner) for b in corner[i + 1 :]]


def _box_edges(places, corners):
    """Pairs of a box's corners that differ in one coordinate alone."""
    pairs = neighbours.edges(corners)
    return pairs[(np.abs(places[pairs[:, 0]] - places[pairs[:, 1]]) > 1e-12).sum(1) == 1]
