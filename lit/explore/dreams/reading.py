"""What a dream's frames say: principal components, an almost-linear RNN on them, and whether it knows more than a
chain.

Loops are held out whole. What is asked about their next frame is the same for everyone: the cell of k-means that it
falls into. A chain is told the present cell; the almost-linear RNN forecasts the next frame, and how its forecast's
cell goes with the true one is counted on the training loops; nobody knows but how frequent cells are, as in symbols
that were shuffled.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

import torch
from torch import Tensor

from lit.errors import InputError, Phrase
from lit.explore.dynamics import ALRNN, Graph, Recipe, scores
from lit.explore.dynamics.model import Networks
from lit.explore.dynamics.symbols import agreement, bits, clusters, nearest, transitions
from lit.explore.dynamics.training import Training

COMPONENTS, HIDDEN = 6, 12
RELU = 3
SEEDS = 4
FEWEST, LOOPS = 200, 3  # frames in all, and loops: one to hold out, one to choose the epoch by
ENOUGH, GROWING = 0.75, 6  # of the variance, that cells are to tell; and frames to each cell, at least
MOST = 8  # cells
AHEAD = (1, 4, 16)  # frames


@dataclass(frozen=True)
class Components:
    """Principal components of latents. mean: (numbers,).  axes: (N, numbers), of length one.  kept: the share of the
    variance that they hold."""

    mean: Tensor
    axes: Tensor
    kept: float

    @staticmethod
    def of(frames: Tensor, count: int = COMPONENTS) -> "Components":
        """frames: (frames, ...); fewer components where the frames span less."""
        flat = frames.float().flatten(1)
        mean = flat.mean(0)
        away = flat - mean
        # Of the frames with each other: they are fewer than a frame's numbers.
        values, vectors = torch.linalg.eigh((away @ away.T).double())
        values, vectors = values.flip(0).clamp(min=0), vectors.flip(1)
        count = max(1, min(count, int((values > 1e-9 * values[0]).sum())))
        axes = vectors[:, :count].T.float() @ away
        axes = axes / axes.norm(dim=1, keepdim=True).clamp(min=1e-12)
        return Components(mean, axes, float(values[:count].sum() / values.sum().clamp(min=1e-12)))

    def __call__(self, frames: Tensor) -> Tensor:
        """Coordinates (frames, N)."""
        return (frames.float().flatten(1) - self.mean) @ self.axes.T


@dataclass(frozen=True)
class Reading:
    """What was read. symbols: of each loop, by the better of the two readers.  medoids: (loop, frame) of each symbol.
    scores: figures, as `report` of the command shows them.  better: "alrnn" or "k-means".
    """

    components: Components
    model: ALRNN
    symbols: list[Tensor]
    graph: Graph
    medoids: list[tuple[int, int]]
    scores: dict
    better: str


def sketch(points: Tensor) -> Tensor:
    """Symbols of a loop that is still under way, int64 (frames,): cells of k-means, as few as tell three quarters of
    the variance, at most 8; numbered as the loop comes to them. points: its principal components (frames, N)."""
    whole = (points - points.mean(0)).square().sum()
    found = torch.zeros(len(points), dtype=torch.long)
    for count in range(2, min(MOST, len(points) // GROWING) + 1):
        centres = clusters(points, count)
        found = nearest(points, centres)
        if (points - centres[found]).square().sum() <= (1 - ENOUGH) * whole:
            break
    return in_order(found)


def in_order(symbols: Tensor) -> Tensor:
    """The same symbols, numbered by when they first occur."""
    order = list(dict.fromkeys(symbols.tolist()))
    return torch.tensor([order.index(symbol) for symbol in symbols.tolist()])


def medoids(points: Tensor, symbols: Tensor) -> list[int]:
    """The frame of each symbol, in their order, that is nearest to the mean of its frames. points: (frames, N)."""
    return [frame for _, frame in _medoids([points], [symbols], Graph.of(symbols))]


def read(
    loops: Sequence[Tensor],
    relu: int = RELU,
    epochs: int = 60,
    tell: Callable[[Training], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Reading:
    """Read loops (frames, channels, h, w); the last one is held out, and the one before chooses the epoch.

    Raises InputError for fewer than three loops or 200 frames in all, or a loop of too few.
    """
    check_enough(sum(map(len, loops)), len(loops))
    components = Components.of(torch.cat(list(loops[:-2])))
    paths = [components(loop) for loop in loops]
    training, held = paths[:-2], paths[-1]
    window = max(2, min(16, min(map(len, paths)) // 3))
    size = components.axes.shape[0]
    recipe = Recipe(
        units=size + HIDDEN, relu=relu, forcing=2, window=window, batch=16, epochs=epochs, rates=(5e-3, 1e-4)
    )
    model = ALRNN(recipe, range(SEEDS)).fit(training, paths[-2], _one_ahead, tell=tell, stop=stop)
    points, count = torch.cat(training), max(2, min(2**relu, 8))
    centres = clusters(points, count)
    cells = [nearest(path, centres) for path in training]
    truth = nearest(held, centres)
    found = {
        "kept": components.kept,
        "cells": count,
        "bits": {
            "shuffled": _bits_of_none(torch.cat(cells), truth, count),
            "k-means and Markov": bits(_chain_of(cells, count), truth),
            "almost-linear RNN": _bits_of_forecast(model, training, held, centres),
        },
        "ahead": {str(n): _ahead(model, held, n) for n in AHEAD if n < len(held) // 2},
        "agreement": _seeds_agree(model, held),
    }
    bits_ = found["bits"]
    better = "alrnn" if bits_["almost-linear RNN"] < bits_["k-means and Markov"] else "k-means"
    symbols = [model.symbols(path) if better == "alrnn" else nearest(path, centres) for path in paths]
    graph = Graph.of(*symbols)
    return Reading(components, model, symbols, graph, _medoids(paths, symbols, graph), found, better)


def check_enough(frames: int, loops: int):
    """Raises InputError for frames too few to be read, in all loops together, or for too few loops."""
    if loops < LOOPS or frames < FEWEST:
        got = Phrase("{frames} frames in {loops} loops", frames=frames, loops=loops)
        raise InputError("frames", got, Phrase("{frames} in {loops} loops at least", frames=FEWEST, loops=LOOPS))


def _one_ahead(networks: Networks, validation: Tensor) -> Tensor:
    return scores.ahead_error(networks, validation, 1)


def _chain_of(cells, count):
    counts = sum(transitions(path, count) for path in cells) + 0.5
    return counts / counts.sum(1, keepdim=True)


def _bits_of_none(cells, truth, count):
    share = cells.bincount(minlength=count) + 0.5
    return float(-(share / share.sum())[truth[1:]].log2().mean())


def _forecast(model, path, which=None):
    """The next frame's coordinates at each of the path's frames but the last, (length - 1, N)."""
    network = model.network(which)
    states = network.begun(((path - model.mean) / model.scale)[None, :-1])
    return network.step(states)[0, :, : network.observed].detach() * model.scale + model.mean


def _bits_of_forecast(model, training, held, centres):
    count = len(centres)
    told = torch.full((count, count), 0.5)
    for path in training:
        said, true = nearest(_forecast(model, path), centres), nearest(path[1:], centres)
        told += (said * count + true).bincount(minlength=count * count).reshape(count, count)
    told = told / told.sum(1, keepdim=True)
    return float(-told[nearest(_forecast(model, held), centres), nearest(held[1:], centres)].log2().mean())


def _ahead(model, held, steps):
    """Mean squared errors n frames ahead, in the training loops' variance: of the forecast, and of staying."""
    inner = (held - model.mean) / model.scale
    error = float(scores.ahead_error(model.network(), inner, steps)[0])
    return {"almost-linear RNN": error, "stay": float((inner[steps:] - inner[:-steps]).square().mean())}


def _seeds_agree(model, held):
    said = [model.symbols(held, which) for which in range(len(model.networks))]
    pairs = [agreement(one, other) for one, other in combinations(said, 2)]
    return sum(pairs) / len(pairs)


def _medoids(paths, symbols, graph):
    """The frame of each symbol that is nearest to the mean of its frames."""
    found = []
    for symbol in graph.symbols:
        own = [(loop, int(i)) for loop, path in enumerate(symbols) for i in (path == symbol).nonzero()[:, 0]]
        points = torch.stack([paths[loop][i] for loop, i in own])
        found.append(own[int((points - points.mean(0)).norm(dim=1).argmin())])
    return found
