"""A sweep drawn point by point: what is on disk is not drawn again, and what is drawn is kept at once."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from lit.explore.sweeps.distances import Eye
from lit.explore.sweeps.folder import SweepFolder
from lit.explore.sweeps.grid import Point, Sweep, cost, seconds_left
from lit.settings import GenerationSettings, Source

Draw = Callable[[Sequence[GenerationSettings]], Iterable[Image.Image]]


@dataclass(frozen=True)
class Drawn:
    """A point with its picture, RGBA. features: (D,), None without an eye.  seconds: that drawing took; None where it
    was on disk.  left: seconds until all are drawn, None before the first."""

    point: Point
    picture: Image.Image
    features: np.ndarray | None
    seconds: float | None
    left: float | None


def walk(
    sweep: Sweep,
    draw: Draw,
    eye: Eye | None = None,
    folder: SweepFolder | None = None,
    at_once: int = 1,
    source: Source | None = None,
) -> Iterator[Drawn]:
    """Draw a sweep to its end, or until `draw` gives fewer pictures than it was asked for: it was stopped.

    draw: pictures of settings, in their order, as they are drawn.  at_once: asked for together, at most.
    """
    taken = folder.taken if folder is not None else []
    while points := sweep.ask(at_once):
        there = {} if folder is None else {p.coordinates: folder.picture(p) for p in points}
        missing = [point for point in points if there.get(point.coordinates) is None]
        pictures = iter(draw([point.settings for point in missing]) if missing else ())
        for point in points:
            picture, seconds = there.get(point.coordinates), None
            if picture is None:
                began = time.perf_counter()
                picture = next(pictures, None)
                if picture is None:
                    return
                seconds = time.perf_counter() - began
                if folder is not None:
                    folder.add(point, picture, seconds, source)
                taken.append((point.settings, seconds))
            features = None if eye is None else eye([picture])[0]
            sweep.tell(point, features)
            yield Drawn(point, picture, features, seconds, left(sweep, taken))


def left(sweep: Sweep, taken: Sequence[tuple[GenerationSettings, float]]) -> float | None:
    """Seconds that a sweep still takes at most, by what drawing took: (settings, seconds) of some pictures."""
    points = getattr(sweep, "points", None)
    if points is not None:
        return seconds_left(taken, [point.settings for point in points[sweep.done :]])
    if sweep.finished:
        return 0.0
    # Where an adaptive sweep will go is not known; what it costs there is, at its ends.
    ends = [sweep.settings, *(settings for settings, _ in taken)]
    return seconds_left(taken, [max(ends, key=cost)] * (sweep.total - sweep.done))
