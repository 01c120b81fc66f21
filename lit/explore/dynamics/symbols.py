"""Symbols and what follows what: transition graphs, chains of Markov's, clusters, and how far two readings agree."""

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Graph:
    """What follows what in a series of symbols.

    symbols: those that occur, in their order.  visits: steps spent in each.  counts: steps from one to the next, itself
    included, int64 (K, K).  dwell: the mean number of steps of a stay in each.
    """

    symbols: tuple[int, ...]
    visits: Tensor
    counts: Tensor
    dwell: Tensor

    @property
    def seen(self) -> Tensor:
        """The topological graph: which transitions to another symbol there are, bool (K, K)."""
        return (self.counts > 0) & ~torch.eye(len(self.counts), dtype=torch.bool)

    @property
    def probabilities(self) -> Tensor:
        """Where one goes when one leaves, (K, K): each row sums to one. A symbol that is never left leads to itself."""
        leaving = self.counts * self.seen
        total = leaving.sum(1, keepdim=True)
        return torch.where(total > 0, leaving / total.clamp(min=1), torch.eye(len(leaving)))

    @staticmethod
    def of(*series: Tensor) -> "Graph":
        """series: of symbols, whole numbers (length,); no step leads from one into the next."""
        known, places = torch.cat(series).unique(return_inverse=True)
        visits, counts = places.bincount(minlength=len(known)), torch.zeros(len(known), len(known), dtype=torch.long)
        stays = torch.zeros_like(visits)
        for place in places.split([len(one) for one in series]):
            counts += transitions(place, len(known))
            begun = torch.cat([torch.ones(1, dtype=torch.bool), place[1:] != place[:-1]])
            stays += place[begun].bincount(minlength=len(known))
        return Graph(tuple(known.tolist()), visits, counts, visits / stays)


def transitions(symbols: Tensor, count: int) -> Tensor:
    """Steps from each of `count` symbols to each, int64 (count, count)."""
    return (symbols[:-1] * count + symbols[1:]).bincount(minlength=count * count).reshape(count, count)


def chain(symbols: Tensor, count: int) -> Tensor:
    """Probabilities of the next symbol, (count, count), rows of sum one; each transition counts half a time more than
    it was seen."""
    counts = transitions(symbols, count) + 0.5
    return counts / counts.sum(1, keepdim=True)


def bits(probabilities: Tensor, symbols: Tensor) -> float:
    """Mean bits that it takes to tell the next symbol to who knows a chain and the one before."""
    return float(-probabilities[symbols[:-1], symbols[1:]].log2().mean())


def agreement(one: Tensor, other: Tensor) -> float:
    """The adjusted Rand index of two partitions of the same points (length,): 1 for the same, about 0 for chance."""
    pairs = lambda n: n * (n - 1) / 2  # noqa: E731
    a, b = (labels.unique(return_inverse=True)[1] for labels in (one, other))
    table = (a * (b.max() + 1) + b).bincount().double()
    both, rows, columns = (pairs(n).sum() for n in (table, a.bincount().double(), b.bincount().double()))
    expected, most = rows * columns / pairs(len(a)), (rows + columns) / 2
    return 1.0 if most == expected else float((both - expected) / (most - expected))


def clusters(points: Tensor, count: int, seed: int = 0, rounds: int = 50) -> Tensor:
    """Centres (count, N) of k-means (Lloyd 1982), begun as k-means++ does (Arthur and Vassilvitskii 2007)."""
    generator = torch.Generator().manual_seed(seed)
    centres = points[torch.randint(len(points), (1,), generator=generator)]
    while len(centres) < count:
        away = torch.cdist(points, centres).min(1).values.square()
        away = away if away.sum() > 0 else torch.ones_like(away)
        chosen = torch.rand(1, generator=generator, dtype=torch.float64) * away.double().sum()
        place = int(torch.searchsorted(away.double().cumsum(0), chosen).clamp(max=len(points) - 1))
        centres = torch.cat([centres, points[place : place + 1]])
    for _ in range(rounds):
        label = nearest(points, centres)
        sums = torch.zeros_like(centres).index_add_(0, label, points)
        size = label.bincount(minlength=count)[:, None]
        moved = torch.where(size > 0, sums / size.clamp(min=1), centres)
        if torch.equal(moved, centres):
            break
        centres = moved
    return centres


def nearest(points: Tensor, centres: Tensor) -> Tensor:
    """The number of the nearest centre of each point, (length,)."""
    return torch.cdist(points, centres).argmin(1)
