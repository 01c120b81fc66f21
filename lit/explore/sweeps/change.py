"""How fast a picture changes along an axis, or over two, and where it flips."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lit.explore.sweeps import neighbours
from lit.explore.sweeps.axes import Axis
from lit.explore.sweeps.neighbours import FINEST

FLIP = 3.0  # times the mean: from there on a change is a flip and no drift
MOST = 8  # flips of a map that are told


@dataclass(frozen=True)
class Change:
    """What lies between two neighbours: distance of their pictures, and of that an axis' length (`rate`)."""

    low: float
    high: float
    distance: float
    rate: float


@dataclass(frozen=True)
class Flip:
    """The picture changes suddenly between two points. low, high: their coordinates, a value an axis.  distance: of
    their pictures.  times: as fast as on average."""

    low: tuple
    high: tuple
    distance: float
    times: float

    @property
    def middle(self) -> tuple[float, ...]:
        """Where it is, as far as is known."""
        return tuple((a + b) / 2 for a, b in zip(self.low, self.high, strict=True))


def places_of(axes: Sequence[Axis], coordinates: Sequence[Sequence]) -> np.ndarray:
    """Coordinates as places in the unit box (n, axes)."""
    rows = [[axis.place(value) for axis, value in zip(axes, one, strict=True)] for one in coordinates]
    return np.array(rows, np.float64).reshape(len(rows), len(axes))


def curve_of_change(axis: Axis, values: Sequence[float], features: np.ndarray) -> list[Change]:
    """Between each two neighbours along an axis: values (n), in any order, and features (n, D)."""
    order = np.argsort(values, kind="stable")
    along, features = [values[i] for i in order], np.asarray(features, np.float64)[order]
    apart = np.linalg.norm(np.diff(features.reshape(len(along), -1), axis=0), axis=1)
    pairs = zip(along[:-1], along[1:], apart, strict=True)
    return [Change(a, b, float(d), float(d / max(axis.place(b) - axis.place(a), FINEST))) for a, b, d in pairs]


def map_of_change(
    axes: Sequence[Axis], coordinates: Sequence[Sequence], features: np.ndarray, side: int = 64
) -> np.ndarray:
    """How fast the picture changes over two axes: (side, side), the first axis along the columns, the second down the
    rows; distance of features over the axes' lengths. Within a triangle of points it is the mean of its edges."""
    places, features = places_of(axes, coordinates), np.asarray(features, np.float64)
    corners = neighbours.cells(places)
    if not len(corners):
        return np.zeros((side, side))
    from scipy.spatial import Delaunay

    pairs = neighbours.edges(corners)
    rate = dict(zip(map(tuple, pairs.tolist()), neighbours.slopes(places, features, pairs), strict=True))
    triangles = Delaunay(places)
    steep = [np.mean([rate[_pair(c[i], c[j])] for i, j in ((0, 1), (0, 2), (1, 2))]) for c in triangles.simplices]
    line = (np.arange(side) + 0.5) / side
    at = np.stack(np.meshgrid(line, line), -1).reshape(-1, 2)
    found = triangles.find_simplex(at)
    # Beyond the points the rate of the nearest triangle.
    middles = places[triangles.simplices].mean(axis=1)
    near = ((at[:, None] - middles[None]) ** 2).sum(-1).argmin(1)
    return np.array(steep)[np.where(found < 0, near, found)].reshape(side, side)


def flips(axes: Sequence[Axis], coordinates: Sequence[Sequence], features: np.ndarray, threshold: float) -> list[Flip]:
    """Where the picture changes at least three times as fast as on average, by more than the eye's threshold.

    Along one axis neighbouring steps that do are one flip, in the order of the axis. Over two numeric ones, the
    steepest pairs of neighbouring points that share none, the steepest first, at most 8. With other axes beside a
    first numeric one, along that for each of their values; else none.
    """
    features = np.asarray(features, np.float64)
    if not axes[0].numeric:
        return []
    if len(axes) != 2 or not axes[1].numeric:
        return _flips_in_rows(axes[0], coordinates, features, threshold)
    places = places_of(axes, coordinates)
    pairs = neighbours.neighbours(places)
    if not len(pairs):
        return []
    apart, length = neighbours.distances(features, pairs), neighbours.distances(places, pairs)
    rate, mean = neighbours.slopes(places, features, pairs), apart.sum() / length.sum()
    found: list[Flip] = []
    taken: set[int] = set()
    for i in np.argsort(-rate):
        a, b = map(int, pairs[i])
        if rate[i] < FLIP * mean or len(found) == MOST:
            break
        if apart[i] >= threshold and not taken & {a, b}:
            found.append(Flip(tuple(coordinates[a]), tuple(coordinates[b]), float(apart[i]), float(rate[i] / mean)))
            taken |= {a, b}
    return found


def _flips_in_rows(axis, coordinates, features, threshold):
    rows: dict[tuple, list[int]] = {}
    for i, one in enumerate(coordinates):
        rows.setdefault(tuple(one[1:]), []).append(i)
    return [
        Flip((low, *rest), (high, *rest), distance, times)
        for rest, row in rows.items()
        for low, high, distance, times in _flips_along(axis, [coordinates[i][0] for i in row], features[row], threshold)
    ]


def _flips_along(axis, values, features, threshold):
    """(low, high, distance, times) of each flip along one axis."""
    curve = curve_of_change(axis, values, features)
    if not curve:
        return
    mean = sum(one.distance for one in curve) / (axis.place(curve[-1].high) - axis.place(curve[0].low))
    runs: list[list[Change]] = []
    for before, one in zip([None, *curve], curve):
        if one.rate < FLIP * mean or not mean:
            continue
        if runs and runs[-1][-1] is before:
            runs[-1].append(one)
        else:
            runs.append([one])
    for run in runs:
        low, high, distance = run[0].low, run[-1].high, sum(one.distance for one in run)
        if distance >= threshold:
            yield low, high, distance, distance / max(axis.place(high) - axis.place(low), FINEST) / mean


def _pair(a, b):
    return (int(a), int(b)) if a < b else (int(b), int(a))
