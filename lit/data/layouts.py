"""Where the objects of a composite go: boxes (x0, y0, x1, y1) in [0, 1] of the canvas, y down."""

import numpy as np

# The words between two objects, from the first to the second.
RELATIONS = ("to the left of", "to the right of", "above", "below", "on top of", "next to", "with", "and")
MARGIN = 0.02  # of the canvas, left free at its edge
GAP = 0.82  # of its cell that a copy may fill: what is left is the clear gap between copies
# Rows of cells for each number; copies are laid out in one of them.
GRIDS = {
    2: ((2,), (1, 1)),
    3: ((3,), (2, 1), (1, 2)),
    4: ((2, 2), (2, 2), (4,)),
    5: ((3, 2), (2, 3)),
    6: ((3, 3), (2, 2, 2)),
}
Box = tuple[float, float, float, float]


def single(rng: np.random.Generator, size: float) -> Box:
    """One object in the middle, `size` of the canvas, a little smaller and off at random."""
    side = size * rng.uniform(0.93, 1)
    slack = (1 - side) / 2
    x, y = (0.5 + slack * rng.uniform(-0.4, 0.4) for _ in range(2))
    return x - side / 2, y - side / 2, x + side / 2, y + side / 2


def copies(count: int, aspect: float, rng: np.random.Generator) -> list[Box]:
    """`count` boxes of about one size with clear gaps; aspect: width over height of what goes there."""
    grids = GRIDS[count]
    # Weigh the grids by the area that the object gets in them: tall things go side by side.
    areas = np.array([_fitted_area(rows, aspect) for rows in grids])
    rows = grids[rng.choice(len(grids), p=areas**2 / (areas**2).sum())]
    columns = max(rows)
    width, height = (1 - 2 * MARGIN) / columns, (1 - 2 * MARGIN) / len(rows)
    object_width = min(width, height * aspect) * GAP
    object_height = object_width / aspect
    # Close up the rows and columns about the middle, where a cell is much larger than what it holds.
    width, height = min(width, object_width * 1.45), min(height, object_height * 1.45)
    boxes = []
    for row, filled in enumerate(rows):
        for column in range(filled):
            x = 0.5 + (column - (filled - 1) / 2) * width
            y = 0.5 + (row - (len(rows) - 1) / 2) * height
            size = rng.uniform(0.92, 1)
            x += (width - object_width) * rng.uniform(-0.12, 0.12)
            y += (height - object_height) * rng.uniform(-0.12, 0.12)
            boxes.append(_about(x, y, object_width * size, object_height * size))
    return boxes


def relation_boxes(relation: str, first: float, second: float, rng: np.random.Generator) -> tuple[Box, Box]:
    """The boxes of two objects in a relation of RELATIONS; first, second: their widths over heights."""
    if relation in ("next to", "and"):
        relation = ("to the left of", "to the right of")[int(rng.integers(2))]
    if relation in ("to the right of", "below"):
        mirror = {"to the right of": "to the left of", "below": "above"}[relation]
        return relation_boxes(mirror, second, first, rng)[::-1]
    if relation == "to the left of":
        return _beside(first, second, rng)
    if relation == "above":
        left, right = _beside(1 / first, 1 / second, rng)
        return _transposed(left), _transposed(right)
    if relation == "on top of":
        return _stacked(first, second, rng)
    return _accompanied(first, second, rng)


def _beside(first: float, second: float, rng: np.random.Generator) -> tuple[Box, Box]:
    """The first left of the second, centred in height, with a gap between them."""
    gap = rng.uniform(0.04, 0.08)
    room = 1 - 2 * MARGIN - gap
    widths = [min(room / 2 * rng.uniform(0.92, 1), 0.85 * aspect) for aspect in (first, second)]
    heights = [width / aspect for width, aspect in zip(widths, (first, second), strict=True)]
    left = 0.5 - (sum(widths) + gap) / 2
    middle = 0.5 + rng.uniform(-0.03, 0.03)
    boxes = []
    for width, height in zip(widths, heights, strict=True):
        boxes.append((left, middle - height / 2, left + width, middle + height / 2))
        left += width + gap
    return boxes[0], boxes[1]


def _stacked(first: float, second: float, rng: np.random.Generator) -> tuple[Box, Box]:
    """The first stands on the second: its lower edge a little below the upper edge of the other."""
    room = 1 - 2 * MARGIN
    height = min(room * rng.uniform(0.50, 0.56), room / second)
    lower_width = height * second
    overlap = 0.05 * height
    upper_height = min(room - height + overlap, 0.48, 1.1 * lower_width / first, room / first)
    total = height + upper_height - overlap
    bottom = 0.5 + total / 2
    lower = (0.5 - lower_width / 2, bottom - height, 0.5 + lower_width / 2, bottom)
    upper_width = upper_height * first
    slack = max(0.0, min(0.03 * lower_width, (room - upper_width) / 2))  # rounding may leave less than no room
    x = 0.5 + rng.uniform(-slack, slack)
    upper = (x - upper_width / 2, bottom - total, x + upper_width / 2, bottom - total + upper_height)
    return upper, lower


def _accompanied(first: float, second: float, rng: np.random.Generator) -> tuple[Box, Box]:
    """The first large, the second smaller in a lower corner, over a little of the first."""
    side = rng.choice((-1, 1))
    large_height = min(0.80, 0.76 / first)
    small_height = min(0.40, 0.40 / second)
    large_width, small_width = large_height * first, small_height * second
    large_x = 0.5 - side * (0.5 - MARGIN - large_width / 2)
    overlap = rng.uniform(0.25, 0.4) * small_width
    # To the corner, yet not away from the large one where that is narrow.
    reach = large_x + side * (large_width / 2 + small_width / 2 - overlap)
    corner = 0.5 + side * (0.5 - MARGIN - small_width / 2)
    small_x = min(reach, corner) if side > 0 else max(reach, corner)
    # Together in the middle of the canvas, whatever their widths.
    ends = (large_x - large_width / 2, large_x + large_width / 2, small_x - small_width / 2)
    low, high = min(ends), max(*ends, small_x + small_width / 2)
    shift = 0.5 - (low + high) / 2
    bottom = 0.5 + (large_height + 0.1 * small_height) / 2
    large = _about(large_x + shift, bottom - 0.1 * small_height - large_height / 2, large_width, large_height)
    small = _about(small_x + shift, bottom - small_height / 2, small_width, small_height)
    return large, small


def _fitted_area(rows: tuple[int, ...], aspect: float) -> float:
    width = min(1 / max(rows), aspect / len(rows))
    return width * width / aspect


def _about(x: float, y: float, width: float, height: float) -> Box:
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _transposed(box: Box) -> Box:
    return box[1], box[0], box[3], box[2]
