"""Fixed points and cycles of one network, by linear algebra: the map is affine in each region.

A point that lies in its own regions is real; else it is virtual: the solution of a region's equation somewhere else,
which no run ever stays at. The search for cycles moves to the regions of a virtual solution and tries again, as in
SCYFI (Eisenmann et al., arXiv 2310.17561).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from lit.errors import InputError, Phrase
from lit.explore.dynamics.model import Networks

MOST_LISTED = 12  # units with a ReLU of which all 2^P regions are looked at
SINGULAR = 1e-9  # of I - J: the equation has no one solution
TRIES, JUMPS = 64, 32


@dataclass(frozen=True)
class Cycle:
    """A point that comes back after k steps; a fixed point for k = 1.

    states: (k, M), float64.  regions: of each, whose equations were solved.  real: whether the states lie in them.
    eigenvalues: complex (M,), of the map of k steps.
    """

    states: Tensor
    regions: tuple[int, ...]
    real: bool
    eigenvalues: Tensor

    @property
    def radius(self) -> float:
        """The size of the largest eigenvalue."""
        return float(self.eigenvalues.abs().max())

    @property
    def stable(self) -> bool:
        return self.radius < 1


def fixed_points(network: Networks, regions: Tensor | None = None) -> list[Cycle]:
    """The fixed point of each region's map, real ones first; none for a region whose I - A - W D is singular.

    network: one of them.  regions: where to look; None for all 2^P.  Raises InputError for more than 2^12 of them.
    """
    if regions is None:
        if network.relu > MOST_LISTED:
            most = Phrase("at most {most}, or the regions to look at", most=MOST_LISTED)
            raise InputError("relu", network.relu, most)
        regions = torch.arange(2**network.relu)
    found = [_solved(network, (region,)) for region in regions.tolist()]
    return sorted((point for point in found if point is not None), key=lambda point: not point.real)


def cycles(network: Networks, length: int, words: Tensor | None = None, seed: int = 0) -> list[Cycle]:
    """Real cycles of that many steps that are none of fewer, each once.

    words: sequences of regions to begin the search with, (words, length), such as a run shows; 64 more are drawn.
    """
    if length < 1:
        raise InputError("length", length, "a whole number of steps from 1")
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randint(2**network.relu, (TRIES, length), generator=generator)
    begun = drawn if words is None else torch.cat([words, drawn])
    found: dict[tuple[int, ...], Cycle] = {}
    tried: set[tuple[int, ...]] = set()
    for word in map(tuple, begun.unique(dim=0).tolist()):
        for _ in range(JUMPS):
            if word in tried:
                break
            tried.add(word)
            cycle = _solved(network, word)
            if cycle is None:
                break
            if cycle.real:
                if _prime(cycle):
                    found.setdefault(min(word[i:] + word[:i] for i in range(length)), cycle)
                break
            word = tuple(network.regions(cycle.states).tolist())
    return list(found.values())


def _solved(network: Networks, word: tuple[int, ...]) -> Cycle | None:
    network = network.double()
    kinds, place = torch.tensor(word).unique(return_inverse=True)
    steps, h = network.matrices(kinds)[place], network.h[0]
    matrix, bias = torch.eye(network.units, dtype=torch.float64), torch.zeros_like(h)
    for step in steps:
        matrix, bias = step @ matrix, step @ bias + h
    open_ = torch.eye(network.units, dtype=torch.float64) - matrix
    sizes = torch.linalg.svdvals(open_)
    if not sizes.isfinite().all() or sizes[-1] <= SINGULAR * sizes[0]:
        return None
    states = [torch.linalg.solve(open_, bias)]
    for step in steps[:-1]:
        states.append(step @ states[-1] + h)
    states = torch.stack(states)
    real = tuple(network.regions(states).tolist()) == word
    return Cycle(states, word, real, torch.linalg.eigvals(matrix))


def _prime(cycle):
    """Whether it comes back no sooner: one of two steps also comes back after four."""
    k, scale = len(cycle.states), 1 + cycle.states.abs().max()
    shorter = (n for n in range(1, k) if k % n == 0)
    return not any((cycle.states[n] - cycle.states[0]).abs().max() < 1e-8 * scale for n in shorter)
