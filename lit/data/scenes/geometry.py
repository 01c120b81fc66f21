"""Where the things of a scene go: boxes (x0, y0, x1, y1), y down, in heights of the first of them until `settle`."""

from dataclasses import dataclass

import numpy as np

from lit.data.composition import Box

MARGIN = 0.02  # of the canvas, left free at its edge


@dataclass(frozen=True)
class Fit:
    """How a thing is worn: its width in head widths, and how much of its height lies over the head."""

    width: float
    over: float


def about(x: float, y: float, width: float, height: float) -> Box:
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def settle(
    boxes: list[Box], rng: np.random.Generator, size: float = 0.96
) -> tuple[list[Box], tuple[float, float, float]]:
    """All boxes scaled and moved together until they fill the canvas, a little less and off at random. Returns them
    and (scale, x, y): a point comes to scale * point + (x, y)."""
    edges = np.array(boxes)
    x0, y0, x1, y1 = *edges[:, :2].min(0), *edges[:, 2:].max(0)
    scale = size * rng.uniform(0.93, 1) / max(x1 - x0, y1 - y0)
    free = [1 - 2 * MARGIN - scale * (x1 - x0), 1 - 2 * MARGIN - scale * (y1 - y0)]
    slack = [max(0.0, space) * rng.uniform(-0.15, 0.15) for space in free]
    x, y = 0.5 - scale * (x0 + x1) / 2 + slack[0], 0.5 - scale * (y0 + y1) / 2 + slack[1]
    moved = edges * scale + np.array([x, y, x, y])
    return [(a, b, c, d) for a, b, c, d in moved.tolist()], (scale, x, y)


def hat(wearer: float, thing: float, head: np.ndarray, crown: float, fit: Fit, peak: np.ndarray | None = None) -> Box:
    """On a wearer (0, 0, wearer, 1). wearer, thing: widths over heights.  head, crown, peak: as in `Anchors`; with a
    peak that is where the head is."""
    left, _, width, height = head
    middle = left + width / 2
    if peak is not None:
        middle, width = peak[0], min(max(peak[1], 0.2), 0.4)
    wide = width * wearer * fit.width
    high = wide / thing
    most = 0.8 * height if peak is None else 0.4
    if high > most:
        wide, high = most * thing, most
    bottom = crown + fit.over * high
    return about(middle * wearer, bottom - high / 2, wide, high)


def glasses(wearer: float, thing: float, head: np.ndarray, eyes: float) -> Box:
    wide = 0.80 * head[2] * wearer
    return about((head[0] + head[2] / 2) * wearer, eyes, wide, wide / thing)


def scarf(wearer: float, thing: float, head: np.ndarray, figure: bool, small: bool) -> Box:
    """Around a figure's neck, below a head without one. small: a tie or a bow."""
    wide = (0.45 if small else 0.9) * head[2] * wearer * (1 if figure else 0.75)
    high = wide / thing
    if high > (0.5 if figure else 0.4):
        high = 0.5 if figure else 0.4
        wide = high * thing
    top = head[1] + head[3] - (0.12 if small else 0.3) * high
    return about((head[0] + head[2] / 2) * wearer, top + high / 2, wide, high)


def held(holder: float, thing: float, sides: np.ndarray, rng: np.random.Generator) -> Box:
    """At a hand: over the edge of the holder, some of it outside."""
    size = rng.uniform(0.46, 0.58)  # of the holder's larger side
    high = size * max(1.0, holder) * min(1.0, 1 / thing)
    wide = high * thing
    right = rng.random() < 0.5
    edge = sides[1 if right else 0] * holder
    inside = rng.uniform(0.28, 0.42) * wide
    x = edge + (wide / 2 - inside if right else inside - wide / 2)
    return about(x, sides[2] - 0.1 * high, wide, high)


def rider(mount: float, aspect: float, back: float, sunk: float, rng: np.random.Generator, most: float = 0.85) -> Box:
    """On a mount (0, 0, mount, 1). sunk: how much of the rider lies below the back."""
    high = rng.uniform(0.85, 1) * min(most, 0.62 * mount / aspect, 0.95)
    wide = high * aspect
    x = mount * (0.5 + rng.uniform(-0.04, 0.04))
    return about(x, back + (sunk - 0.5) * high, wide, high)


def inside(
    container: float, aspect: float, back: float, opened: bool, rng: np.random.Generator
) -> tuple[Box, float, float]:
    """In a container (0, 0, container, 1): the box, y of the rim at its sides, how much lower it is in the middle."""
    wide = container * rng.uniform(0.62, 0.72)
    high = wide / aspect
    most = 1.0 if opened else 1.1
    if high > most:
        wide, high = most * aspect, most
    shown = rng.uniform(0.58, 0.68)
    rim = back + (0.10 if opened else 0.0)
    y = rim + (0.5 - shown) * high
    return about(container / 2, y, wide, high), rim, 0.06 if opened else 0.0


def behind(front: float, back: float, rng: np.random.Generator) -> Box:
    """A thing behind another (0, 0, front, 1): half of it shows above and at one side."""
    high = rng.uniform(0.9, 1.1) * min(1.0, 1.2 * front / back)
    wide = high * back
    side = 1 if rng.random() < 0.5 else -1
    x = front / 2 + side * (front / 2 + wide / 2) * rng.uniform(0.58, 0.70)
    return about(x, 0.95 - rng.uniform(0.10, 0.22) - high / 2, wide, high)


def peeking(front: float, back: float, top: float, sideways: bool, rng: np.random.Generator) -> Box:
    """A thing of which a little more than half looks over the top of another (0, 0, front, 1), or past its side."""
    high = rng.uniform(0.55, 0.7) * min(1.0, front / back * 1.1)
    wide = high * back
    shown = rng.uniform(0.52, 0.62)
    if not sideways:
        return about(front * rng.uniform(0.4, 0.6), top + (0.5 - shown) * high, wide, high)
    x = front + (shown - 0.5) * wide if rng.random() < 0.5 else (0.5 - shown) * wide
    return about(x, rng.uniform(0.5, 0.7), wide, high)


def big_and_small(big: float, small: float, rng: np.random.Generator) -> tuple[Box, Box]:
    """Side by side on one line, the smaller two fifths of the other or less."""
    side = max(1.0, big) * rng.uniform(0.27, 0.40)
    high = side / max(1.0, small)
    wide = high * small
    gap = 0.05
    if rng.random() < 0.5:
        return (0, 0, big, 1), (big + gap, 1 - high, big + gap + wide, 1)
    return (0, 0, big, 1), (-gap - wide, 1 - high, -gap, 1)


def row(count: int, aspect: float, rng: np.random.Generator) -> list[Box]:
    gap = rng.uniform(0.06, 0.14) * aspect
    return [(i * (aspect + gap), 0, i * (aspect + gap) + aspect, 1) for i in range(count)]


def pile(count: int, aspect: float, rng: np.random.Generator) -> list[Box]:
    """Rows that lie on one another, each one shorter: 3, 6 or 10. From the lowest row up."""
    boxes, below = [], {3: 2, 6: 3, 10: 4}[count]
    for level, wide in enumerate(range(below, 0, -1)):
        for place in range(wide):
            x = (place - (wide - 1) / 2) * 0.92 * aspect + rng.uniform(-0.04, 0.04) * aspect
            boxes.append(about(x, -0.72 * level + rng.uniform(-0.03, 0.03), aspect, 1))
    return boxes


def ring(count: int, aspect: float, rng: np.random.Generator) -> list[Box]:
    """Upright things on a circle, clear of one another."""
    radius = 1.14 * max(1.0, aspect) / (2 * np.sin(np.pi / count))
    turn = rng.uniform(0, 2 * np.pi / count)
    angles = turn + 2 * np.pi * np.arange(count) / count
    return [about(radius * np.cos(angle), radius * np.sin(angle), aspect, 1) for angle in angles]


def together(aspects: list[float], rng: np.random.Generator) -> list[Box]:
    """Two or three things side by side on one line, or the third above the two."""
    sizes = [rng.uniform(0.9, 1) * min(1.0, 1.25 / aspect) for aspect in aspects]
    gap = rng.uniform(0.05, 0.10)

    def line(which: list[int], bottom: float) -> list[Box]:
        boxes, left = [], 0.0
        for i in which:
            wide = sizes[i] * aspects[i]
            boxes.append((left, bottom - sizes[i], left + wide, bottom))
            left += wide + gap
        middle = (left - gap) / 2
        return [(a - middle, b, c - middle, d) for a, b, c, d in boxes]

    everyone = list(range(len(aspects)))
    if len(aspects) == 2 or rng.random() < 0.4:
        return line(everyone, 1.0)
    lower = line(everyone[1:], 1.0)
    top = min(box[1] for box in lower)
    return line(everyone[:1], top - gap) + lower
