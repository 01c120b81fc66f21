"""Solvers at equal evaluations: the classical ones on three grids of times each, and how near each one draws."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from lit.evaluation.solvers.classical import (
    adams_bashforth,
    dpm_2m,
    held,
    line,
    nearest_calls,
    shifted_times,
    skipping,
    unipc,
)
from lit.evaluation.solvers.fit import GRID
from lit.evaluation.solvers.measures import grounds, interval, latents_psnr, pixels_psnr, ssim
from lit.evaluation.solvers.pairs import Pairs
from lit.sampling.objectives import Flow, Objective
from lit.sampling.solvers import Solver
from lit.sampling.solvers.flow_fitted import Multistep
from lit.sampling.solvers.flow_heun import FlowHeun

SHIFTS = (1.0, 2.0, 3.0)  # the three grids: equal steps, and more of them near the noise
WORST = 0.05  # the share of pairs that is looked at for itself
GAIN = 0.5  # dB that the median must gain for a table to be shipped


@dataclass(frozen=True)
class Candidate:
    """One way of drawing. evaluations: of the network, a picture.  grid: its times, in words."""

    name: str
    evaluations: int
    grid: str
    solver: Solver


@dataclass(frozen=True)
class References:
    """What drawings are compared with: latents by name, and what is seen of them, (pairs, 6, H, W), on both grounds."""

    latents: dict[str, Tensor]
    seen: dict[str, Tensor]

    @staticmethod
    def of(pairs: Pairs, fine: int) -> "References":
        """The fine solution, and the product's Euler in GRID steps."""
        latents = {"fine": euler(pairs, fine), "euler": euler(pairs, GRID)}
        return References(latents, {name: grounds(pairs.decode(x)) for name, x in latents.items()})


def euler(pairs: Pairs, steps: int) -> Tensor:
    """Latents by Euler's method in equal steps; in many it is the fine solution."""
    times = shifted_times(steps, 1.0)
    return pairs.solve(Multistep(pairs.objective, times, adams_bashforth(times, 1)))


@dataclass(frozen=True)
class Row:
    """A candidate's figures, float (pairs,) each, by reference and measure: "latents" and "pixels" in dB, "ssim"."""

    candidate: Candidate
    figures: dict[str, dict[str, Tensor]]

    @property
    def psnr(self) -> Tensor:
        """Of the latents to the fine solution: what solvers are chosen and judged by."""
        return self.figures["fine"]["latents"]

    def summary(self, styles: Sequence[str | None]) -> dict:
        """For JSON: all means, and of `psnr` the worst style and the worst pairs."""
        known = dict.fromkeys(styles)
        by_style = {one: float(self.psnr[[style == one for style in styles]].mean()) for one in known}
        worst = min(by_style, key=lambda style: by_style[style])
        count = max(1, round(WORST * len(self.psnr)))
        means = {name: {key: float(x.mean()) for key, x in part.items()} for name, part in self.figures.items()}
        return {
            "name": self.candidate.name,
            "evaluations": self.candidate.evaluations,
            "grid": self.candidate.grid,
            **means,
            "worst_style": [worst, by_style[worst]],
            "worst_pairs": float(self.psnr.sort().values[:count].mean()),
        }


def classical(objective: Objective, count: int) -> Iterator[Candidate]:
    """Each classical solver on each grid, at `count` evaluations; Heun has an odd number, so one less of an even."""
    grid = shifted_times(GRID, 1.0)
    for shift in SHIFTS:
        times, words = shifted_times(count, shift), f"shift {shift:g}"
        calls = nearest_calls(grid, times)
        called = [*(grid[call] for call in calls), 0.0]
        families = {
            "Euler" if shift == 1 else "Euler, shifted": (times, adams_bashforth(times, 1)),
            "AB2": (times, adams_bashforth(times, 2)),
            "AB3": (times, adams_bashforth(times, 3)),
            "2M": (times, dpm_2m(times)),
            "UniPC-2": (times, unipc(times)),
            "TaylorSeer-1 on outputs": (called, skipping(grid, calls, line(calls, GRID))),
            "hold": (called, skipping(grid, calls, held(GRID, calls))),
        }
        for name, (nodes, weights) in families.items():
            yield Candidate(name, count, words, Multistep(objective, nodes, weights))
        heun = FlowHeun(Flow({"shift": shift}), (count + 1) // 2)
        yield Candidate("Heun", len(heun.evaluations), words, heun)


def best_of_each(pairs: Pairs, fine: Tensor, candidates: Iterator[Candidate]) -> list[Candidate]:
    """Of each name the candidate that comes nearest to the fine solution (pairs, ...) of these pairs, in the mean."""
    best: dict[str, tuple[float, Candidate]] = {}
    for candidate in candidates:
        psnr = float(latents_psnr(pairs.solve(candidate.solver), fine).mean())
        if candidate.name not in best or psnr > best[candidate.name][0]:
            best[candidate.name] = psnr, candidate
    return [candidate for _, candidate in best.values()]


def measure(pairs: Pairs, references: References, candidate: Candidate) -> Row:
    latents = pairs.solve(candidate.solver)
    seen = grounds(pairs.decode(latents))
    figures = {}
    for name, reference in references.latents.items():
        there = references.seen[name]
        likeness = [ssim(a, b) for a, b in zip(seen.split(32), there.split(32), strict=True)]
        figures[name] = {
            "latents": latents_psnr(latents, reference).cpu(),
            "pixels": pixels_psnr(seen, there).cpu(),
            "ssim": torch.cat(likeness).cpu(),
        }
    return Row(candidate, figures)


def verdict(fitted: Tensor, rival: Tensor) -> dict:
    """How much nearer, in dB (pairs,), the fitted solver comes than another: the mean with its interval, the median,
    and whether that is enough to offer it."""
    gain = fitted - rival
    low, high = interval(gain)
    median = float(gain.median())
    return {
        "gain": float(gain.mean()),
        "interval": [low, high],
        "median": median,
        "offered": low > 0 and median >= GAIN,
    }
