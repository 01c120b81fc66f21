"""Adaptive sweeps: as many images as there are to spend, where the picture changes most along one or two numbers."""

from collections.abc import Sequence
from dataclasses import replace
from math import prod

import numpy as np

from lit.errors import InputError, Phrase
from lit.explore.sweeps import neighbours
from lit.explore.sweeps.axes import MOST as VALUES
from lit.explore.sweeps.axes import Axis, adaptable, check_axes
from lit.explore.sweeps.distances import SEEN
from lit.explore.sweeps.grid import Point, point_at
from lit.explore.sweeps.strategies import STRATEGIES, Place
from lit.settings import SETTINGS, GenerationSettings
from lit.settings.declaration import Whole

BUDGET = 24  # images
LEAST = {1: 5, 2: 9}  # images of one axis, or two, below which neighbours are too far apart to be compared
MOST = {1: VALUES, 2: 400}


class AdaptiveSweep:
    """A sweep along one or two numeric settings that asks where to draw by what it was told.

    budget: images at most.  seed: of what is left to chance; the same seed and pictures give the same points.
    strategy: a name of STRATEGIES.  threshold: distance of features below which two pictures look alike; the sweep ends
    once all neighbours do. 0 spends the whole budget.
    Raises InputError for axes that are no ranges of numbers, and a budget, seed, strategy or threshold that does not
    fit; LiTError for a strategy whose library is not there.
    """

    def __init__(
        self,
        settings: GenerationSettings,
        axes: Sequence[Axis],
        budget: int = BUDGET,
        seed: int = 0,
        strategy: str = "gradient",
        threshold: float = SEEN,
    ):
        self.settings, self.axes = replace(settings, num_images_per_prompt=1), tuple(axes)
        check_axes(self.settings, self.axes, most=2)
        for axis in self.axes:
            if not axis.numeric or axis.low == axis.high:
                expected = Phrase("a range of a number for an adaptive sweep: {names}", names=", ".join(adaptable()))
                raise InputError("axis", axis.name, expected)
        least, most = LEAST[len(self.axes)], MOST[len(self.axes)]
        if isinstance(budget, bool) or not isinstance(budget, int) or not least <= budget <= most:
            expected = Phrase("a whole number of images from {least} to {most}", least=least, most=most)
            raise InputError("budget", budget, expected)
        SETTINGS["seed"].check("seed", seed)
        if strategy not in STRATEGIES:
            raise InputError("strategy", strategy, Phrase("one of {names}", names=", ".join(STRATEGIES)))
        if isinstance(threshold, bool) or not isinstance(threshold, int | float) or not 0 <= threshold < float("inf"):
            raise InputError("threshold", threshold, "a number from 0")
        point_at(self.settings, self.axes, [axis.low for axis in self.axes])
        self.threshold = threshold
        self.total = min(budget, prod(_places(axis) for axis in self.axes))
        self.why = ""
        self._strategy = STRATEGIES[strategy](len(self.axes), self.total, seed, self._snapped)
        self._places: dict[tuple, Place] = {}  # of the coordinates that were asked for
        self._told: dict[Place, np.ndarray] = {}

    @property
    def done(self) -> int:
        return len(self._told)

    @property
    def finished(self) -> bool:
        return bool(self.why)

    @property
    def places(self) -> np.ndarray:
        """Where pictures were told of, (n, axes) in [0, 1]."""
        return np.array(list(self._told)).reshape(-1, len(self.axes))

    @property
    def values(self) -> np.ndarray:
        """Features (n, D) of those."""
        return np.array(list(self._told.values()))

    def ask(self, n: int = 1) -> list[Point]:
        if self.why:
            return []
        places = self._strategy.ask(min(n, self.total - len(self._places)))
        if not places and len(self._places) == self.done:
            self.why = "budget"  # nothing is left to ask for, as where a grid does not use all of it
        points = [point_at(self.settings, self.axes, self._coordinates(place)) for place in places]
        self._places |= {point.coordinates: place for point, place in zip(points, places, strict=True)}
        return points

    def tell(self, point: Point, features: np.ndarray) -> None:
        """Raises KeyError for a point that was not asked for."""
        place = self._places[point.coordinates]
        self._told[place] = np.asarray(features, np.float64).ravel()
        self._strategy.tell(place, self._told[place])
        if self.done >= self.total:
            self.why = "budget"
        elif self.done >= LEAST[len(self.axes)] and self._strategy.between_rounds and self.largest < self.threshold:
            self.why = "alike"

    @property
    def largest(self) -> float:
        """The largest distance of pictures between neighbours that are not as near as anybody asks; infinite before
        there are two."""
        pairs = neighbours.neighbours(self.places)
        if not len(pairs):
            return float("inf")
        far = neighbours.distances(self.places, pairs) > neighbours.FINEST
        return float(neighbours.distances(self.values, pairs[far]).max(initial=0.0))

    def _coordinates(self, place: Place) -> tuple:
        return tuple(axis.at(one) for axis, one in zip(self.axes, place, strict=True))

    def _snapped(self, place: Place) -> Place:
        values = self._coordinates(place)
        return tuple(float(axis.place(value)) for axis, value in zip(self.axes, values, strict=True))


def _places(axis: Axis) -> float:
    """How many values an axis has between its ends."""
    whole = isinstance(axis.setting, Whole)
    return (axis.high - axis.low) // axis.setting.step + 1 if whole else MOST[2]
