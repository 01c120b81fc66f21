"""Pictures as SVG: a trajectory coloured by symbol, and a graph of symbols."""

import math
from collections.abc import Sequence
from itertools import groupby

import torch
from torch import Tensor

from lit.explore.dynamics.symbols import Graph

SIDE = 480  # pixels
EDGE = 30  # around what is drawn
# Okabe and Ito's colours, which those tell apart as well who see few.
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#999999", "#000000")
FONT = 'font-family="system-ui, sans-serif" font-size="14"'
LARGEST, SMALLEST = 44, 14  # pixels of a node's radius
RING = 150  # of the circle on which nodes stand
THICKEST = 7
GAP = 6  # between a node and the tip of an arrow
SEEN = 0.005  # of the probability of an edge that is drawn


def portrait(
    points: Tensor, symbols: Tensor, marks: Sequence[tuple[float, float, bool]] = (), title: str = "A trajectory"
) -> str:
    """A trajectory (length, 2), each step in the colour of its symbol (length,).

    marks: fixed points, x, y, and whether they are real; those are filled. Any farther off than a third of the
    trajectory's width or height is left out.
    """
    low, high = points.min(0).values, points.max(0).values
    room = (high - low) / 3
    ends = [torch.tensor(mark[:2]).to(points) for mark in marks]
    marks = [mark for mark, at in zip(marks, ends) if ((at >= low - room) & (at <= high + room)).all()]
    whole = torch.cat([points, torch.tensor([mark[:2] for mark in marks]).to(points).reshape(-1, 2)])
    low, high = whole.min(0).values, whole.max(0).values
    scale = (SIDE - 2 * EDGE) / (high - low)

    def place(x, y):
        across, up = (x - float(low[0])) * float(scale[0]), (y - float(low[1])) * float(scale[1])
        return f"{EDGE + across:.1f} {SIDE - EDGE - up:.1f}"

    colours = {symbol: COLOURS[i % len(COLOURS)] for i, symbol in enumerate(symbols.unique().tolist())}
    ways: dict[int, list[str]] = {symbol: [] for symbol in colours}
    path, first = points.tolist(), 0
    for symbol, stay in groupby(symbols.tolist()):
        last = first + len(list(stay))
        ways[symbol].append("M" + " ".join(place(*point) for point in path[first : last + 1]))
        first = last
    drawn = [
        f'<path d="{"".join(way)}" fill="none" stroke="{colours[symbol]}" stroke-width="0.8"/>'
        for symbol, way in ways.items()
    ]
    for x, y, real in marks:
        cx, cy = place(x, y).split()
        fill = "#000000" if real else "#ffffff"
        drawn.append(f'<circle cx="{cx}" cy="{cy}" r="6" fill="{fill}" stroke="#000000" stroke-width="2"/>')
    return _page(drawn, title)


def diagram(graph: Graph, names: Sequence[str], title: str = "What follows what") -> str:
    """Symbols as discs whose area is the time spent there, arrows as thick as they are probable when one leaves, and in
    each disc the mean number of steps of a stay."""
    count, share = len(graph.symbols), graph.visits / graph.visits.sum()
    places = [
        (
            SIDE / 2 + (RING * math.sin(2 * math.pi * i / count) if count > 1 else 0),
            SIDE / 2 - (RING * math.cos(2 * math.pi * i / count) if count > 1 else 0),
        )
        for i in range(count)
    ]
    sizes = [max(SMALLEST, LARGEST * math.sqrt(float(part) / float(share.max()))) for part in share]
    drawn = [
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="12" markerHeight="12"'
        ' markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0 8 4 0 8Z" fill="#555555"/></marker></defs>'
    ]
    for i in range(count):
        for j in range(count):
            probability = float(graph.probabilities[i, j])
            if i != j and probability > SEEN:
                drawn += _arrow(places[i], places[j], sizes[i], sizes[j], probability)
    for i, ((x, y), size) in enumerate(zip(places, sizes)):
        colour = COLOURS[i % len(COLOURS)]
        drawn.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" fill="{colour}"/>')
        outside = 1 if y > SIDE / 2 else -1
        label = y + outside * (size + 14) + (5 if outside > 0 else 0)
        text = f"{names[i]}: {float(share[i]):.0%}, {float(graph.dwell[i]):.0f} steps a stay"
        drawn.append(f'<text x="{x:.1f}" y="{label:.1f}" text-anchor="middle">{text}</text>')
    return _page(drawn, title)


def _arrow(begin, end, near, far, probability):
    (x, y), (u, v) = begin, end
    length = math.hypot(u - x, v - y)
    across = (v - y) / length, (x - u) / length
    bend = 0.16 * length  # so that the way back has a line of its own
    middle = (x + u) / 2 + bend * across[0], (y + v) / 2 + bend * across[1]

    def towards(point, size):
        away = math.hypot(middle[0] - point[0], middle[1] - point[1])
        return tuple(p + (m - p) * size / away for p, m in zip(point, middle))

    (a, b), (c, d) = towards(begin, near), towards(end, far + GAP)
    width = max(1.0, THICKEST * probability)
    at = (x + u) / 2 + 0.62 * bend * across[0] + 20 * across[0], (y + v) / 2 + 0.62 * bend * across[1] + 14 * across[1]
    return [
        f'<path d="M{a:.1f} {b:.1f}Q{middle[0]:.1f} {middle[1]:.1f} {c:.1f} {d:.1f}" fill="none" stroke="#555555"'
        f' stroke-width="{width:.1f}" marker-end="url(#tip)"/>',
        f'<text x="{at[0]:.1f}" y="{at[1] + 5:.1f}" text-anchor="middle" fill="#333333">{probability:.2f}</text>',
    ]


def _page(drawn, title):
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE} {SIDE}" width="{SIDE}" height="{SIDE}" {FONT}'
        f' role="img"><title>{title}</title><rect width="{SIDE}" height="{SIDE}" fill="#ffffff"/>\n'
        + "\n".join(drawn)
        + "\n</svg>\n"
    )
