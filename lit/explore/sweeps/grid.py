"""Points of a sweep; and the sweep that draws every combination of the axes' values."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product
from math import prod
from typing import Any, Protocol

from lit.errors import InputError, Phrase
from lit.explore.sweeps.axes import Axis, check_axes, varied
from lit.sampling import registry
from lit.settings import GenerationSettings

MOST = 1000  # images of one sweep


@dataclass(frozen=True)
class Point:
    """One image of a sweep. coordinates: the value of each axis, in their order.  settings: all that draws it."""

    coordinates: tuple
    settings: GenerationSettings


class Sweep(Protocol):
    """What is drawn point by point: ask, draw, tell.

    total: images at most.  done: images told of.  why: once it is finished, the reason: "all" points were drawn, the
    "budget" is spent, or neighbours look "alike"; else "".
    """

    settings: GenerationSettings
    axes: tuple[Axis, ...]
    total: int
    done: int
    why: str

    def ask(self, n: int = 1) -> list[Point]:
        """Up to n points to draw, none of them twice. Fewer, or none, while those asked for have to be told of first,
        and none once the sweep is finished."""
        ...

    def tell(self, point: Point, features: Any = None) -> None:
        """What was drawn at a point: its picture as numbers (D,), which a grid has no use for."""
        ...

    @property
    def finished(self) -> bool: ...


class Grid:
    """Every combination of the values of one to three axes: the first along the columns, the second down the rows, the
    third as grids behind one another. Points come in that order, the first axis fastest.

    Raises InputError for axes that do not go together, more than 1000 images, and settings that no model can draw.
    """

    def __init__(self, settings: GenerationSettings, axes: Sequence[Axis]):
        self.settings, self.axes = replace(settings, num_images_per_prompt=1), tuple(axes)
        check_axes(self.settings, self.axes)
        self.total = prod(len(axis.values) for axis in self.axes)
        if self.total > MOST:
            raise InputError("axes", Phrase("{n} images", n=self.total), Phrase("at most {most}", most=MOST))
        self.points = [
            point_at(self.settings, self.axes, values[::-1])
            for values in product(*(axis.values for axis in self.axes[::-1]))
        ]
        self.done, self._asked = 0, 0

    def ask(self, n: int = 1) -> list[Point]:
        asked = self.points[self._asked : self._asked + n]
        self._asked += len(asked)
        return asked

    def tell(self, point: Point, features: Any = None) -> None:
        self.done += 1

    @property
    def finished(self) -> bool:
        return self.done >= self.total

    @property
    def why(self) -> str:
        return "all" if self.finished else ""


def point_at(settings: GenerationSettings, axes: Sequence[Axis], coordinates: Sequence) -> Point:
    """The point with each axis at its value. Raises InputError for settings that no model can draw."""
    found = varied(settings, axes, coordinates).resolved()
    # A model's own styles and multiple of a side are checked when it draws.
    found.validate(styles=(found.style,) if isinstance(found.style, str) else None, multiple=1)
    return Point(tuple(coordinates), found)


def cost(settings: GenerationSettings) -> float:
    """What drawing costs, in pixel evaluations: decoding takes about as long as one evaluation of the network, and a
    seventh more at twice the size, which is nothing beside it."""
    asked = registry.evaluations(settings.scheduler, settings.num_inference_steps)
    return settings.width * settings.height * (asked + 1)


def seconds_left(taken: Iterable[tuple[GenerationSettings, float]], left: Iterable[GenerationSettings]) -> float | None:
    """How long what is left will take, by what was drawn before: (settings, seconds) each; None where nothing was."""
    taken = list(taken)
    if not taken:
        return None
    return sum(map(cost, left)) * sum(seconds for _, seconds in taken) / sum(cost(one) for one, _ in taken)
