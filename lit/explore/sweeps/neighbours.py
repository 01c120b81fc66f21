"""Points beside one another: along a line by their order, over a square by Delaunay's triangles."""

import numpy as np

FINEST = 0.01  # of an axis: a flip is found to this, no image is spent on finding it better, and no rate is told finer


def cells(places: np.ndarray) -> np.ndarray:
    """Places (n, D), D 1 or 2 -> the corners of the pieces that they cut the space between them into, as numbers of
    places (pieces, D + 1): intervals, or triangles. None where the places do not span it."""
    n, dimensions = places.shape
    if dimensions == 1:
        order = np.argsort(places[:, 0], kind="stable")
        return np.stack([order[:-1], order[1:]], 1)
    if n < 3 or np.linalg.matrix_rank(places - places[0], tol=1e-9) < 2:
        return np.empty((0, 3), int)
    from scipy.spatial import Delaunay  # a tenth of a second that most commands need not wait for

    return Delaunay(places).simplices.astype(int)


def edges(pieces: np.ndarray) -> np.ndarray:
    """Corners (pieces, k) -> the pairs of neighbours, each once, the lower number first: (e, 2)."""
    k = pieces.shape[1]
    pairs = [pieces[:, [i, j]] for i in range(k) for j in range(i + 1, k)]
    return np.unique(np.sort(np.concatenate(pairs), axis=1), axis=0) if len(pieces) else np.empty((0, 2), int)


def neighbours(places: np.ndarray) -> np.ndarray:
    """Pairs (e, 2) of places (n, D) that nothing lies between."""
    return edges(cells(places))


def distances(values: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Euclid's distance of values (n, ...) of each pair (e, 2): (e,)."""
    flat = values.reshape(len(values), -1)
    return np.linalg.norm(flat[pairs[:, 0]] - flat[pairs[:, 1]], axis=1)


def slopes(places: np.ndarray, values: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Distance of values over that of places, which counts as FINEST at least, of each pair (e, 2): (e,)."""
    return distances(values, pairs) / np.maximum(distances(places, pairs), FINEST)


def interpolated(places: np.ndarray, values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Values (n, F) at places (n, D), between them linearly within each piece, beyond them those of the nearest, at
    other places (m, D): (m, F)."""
    near = nearest(places, values, at)
    if places.shape[1] == 1:
        order = np.argsort(places[:, 0])
        x, y = places[order, 0], values[order]
        left = np.clip(np.searchsorted(x, at[:, 0]) - 1, 0, max(len(x) - 2, 0))
        right = np.minimum(left + 1, len(x) - 1)
        share = np.clip((at[:, 0] - x[left]) / np.maximum(x[right] - x[left], 1e-12), 0, 1)[:, None]
        return (1 - share) * y[left] + share * y[right]
    if not len(cells(places)):
        return near
    from scipy.interpolate import LinearNDInterpolator

    found = LinearNDInterpolator(places, values)(at)
    return np.where(np.isnan(found), near, found)


def nearest(places: np.ndarray, values: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Values (n, F) of the places (n, D) nearest to others (m, D): (m, F)."""
    apart = ((at[:, None] - places[None]) ** 2).sum(-1)
    return values[apart.argmin(1)]
