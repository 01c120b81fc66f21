"""The outline of a shape as curves to cut along: marching squares (Lorensen and Cline, 1987, in two dimensions)."""

import math

import numpy as np

Point = tuple[float, float]

# The sides of a square that the outline joins, from and to, by which of its corners are inside (1 upper left, 2 upper
# right, 4 lower right, 8 lower left). What is inside lies on the left as one looks along. Of the two
# squares with opposite corners inside, the corners stay apart.
TOP, RIGHT, BOTTOM, LEFT = range(4)
SEGMENTS = {
    1: [(LEFT, TOP)], 2: [(TOP, RIGHT)], 3: [(LEFT, RIGHT)], 4: [(RIGHT, BOTTOM)],
    5: [(LEFT, TOP), (RIGHT, BOTTOM)], 6: [(TOP, BOTTOM)], 7: [(LEFT, BOTTOM)], 8: [(BOTTOM, LEFT)],
    9: [(BOTTOM, TOP)], 10: [(TOP, RIGHT), (BOTTOM, LEFT)], 11: [(BOTTOM, RIGHT)], 12: [(RIGHT, LEFT)],
    13: [(RIGHT, TOP)], 14: [(TOP, LEFT)],
}  # fmt: skip


def outlines(alpha: np.ndarray, tolerance: float = 0.5) -> list[list[Point]]:
    """Closed outlines (x, y) of where alpha, uint8 (h, w), is half or more; holes have none.

    Coordinates in pixels, (0, 0) the upper left corner of the upper left pixel. tolerance: how far, in pixels, an
    outline may leave the shape's for fewer points.
    """
    values = np.pad(alpha.astype(np.float32) / 255 - 0.5, 1, constant_values=-0.5)
    inside = (values >= 0).astype(np.uint8)
    cases = inside[:-1, :-1] | inside[:-1, 1:] << 1 | inside[1:, 1:] << 2 | inside[1:, :-1] << 3
    follows = {}
    for row, column in np.argwhere((cases > 0) & (cases < 15)).tolist():
        for start, end in SEGMENTS[int(cases[row, column])]:
            follows[_edge(row, column, start)] = _edge(row, column, end)
    loops = []
    while follows:
        edge = next(iter(follows))
        loop = []
        while edge in follows:
            loop.append(_crossing(values, edge))
            edge = follows.pop(edge)
        if area(loop) > 0:  # a hole runs the other way round
            loops.append(_simplified(loop, tolerance))
    return loops


def _edge(row, column, side):
    """The side of a square as (row, column, whether it runs down), the same for both squares that share it."""
    return row + (side == BOTTOM), column + (side == RIGHT), side in (LEFT, RIGHT)


def _crossing(values, edge):
    """Where the value is zero on an edge, between the middles of two pixels."""
    row, column, down = edge
    first, second = values[row, column], values[row + down, column + (not down)]
    part = float(first / (first - second))
    # Half a pixel to a pixel's middle, and one less for the padding.
    return column - 0.5 + part * (not down), row - 0.5 + part * down


def area(loop: list[Point]) -> float:
    """Signed, by the shoelace formula: positive where what is inside lies on the left, y pointing down."""
    points = np.array(loop)
    x, y = points.T
    return float((y * np.roll(x, -1) - x * np.roll(y, -1)).sum() / 2)


def _simplified(loop, tolerance):
    """Fewer points (Douglas and Peucker, 1973), in two halves: to the point farthest from the first, and back."""
    points = np.array([*loop, loop[0]])
    far = int(np.hypot(*(points - points[0]).T).argmax())
    kept, parts = {0, far}, [(0, far), (far, len(points) - 1)]
    while parts:
        start, end = parts.pop()
        if end - start < 2:
            continue
        (x, y), between = points[end] - points[start], points[start + 1 : end] - points[start]
        length = math.hypot(x, y)
        away = np.abs(between[:, 0] * y - between[:, 1] * x) / length if length else np.hypot(*between.T)
        worst = start + 1 + int(away.argmax())
        if away.max() > tolerance:
            kept.add(worst)
            parts += [(start, worst), (worst, end)]
    return [loop[i] for i in sorted(kept)]
