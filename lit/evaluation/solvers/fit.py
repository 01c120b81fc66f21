"""Multistep weights fitted to a network's own trajectories (docs/solvers.md).

Open loop, from one Gram matrix of velocities recorded on a grid of times: which of them to ask for, and how the
others follow from those (NLinear, or Linear). Closed loop, call by call, on the states that the solver itself visits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lit.evaluation.solvers.classical import Weights, adams_bashforth, dpm_2m, shifted_times, skipping
from lit.evaluation.solvers.pairs import Pairs
from lit.forecast.closed_form import Forecast, Moments, nlinear, ridge
from lit.sampling.solvers import Evaluation

GRID = 20  # steps whose times a solver may be called at
STRENGTHS = tuple(10.0**k for k in range(-6, 3))  # of the ridge, as a share of the inputs' mean square
SEARCH_STRENGTH = 1e-6  # of the ridge while calls are searched for
SETS_AT_ONCE = 20_000  # of calls, in the search


@dataclass(frozen=True)
class Trajectories:
    """Fine solutions at a grid's times. times: 1 = t_0 > ... > t_n = 0.  states: (n + 1, pairs, channels, h, w).
    velocities: (n, pairs, channels, h, w), at all but the last."""

    times: Sequence[float]
    states: Tensor
    velocities: Tensor

    def of(self, rows: Tensor) -> "Trajectories":
        """Those of the pairs where `rows`, bool (pairs,), is true."""
        rows = rows.to(self.states.device)
        return replace(self, states=self.states[:, rows], velocities=self.velocities[:, rows])


def record(pairs: Pairs, fine: int, steps: int = GRID) -> Trajectories:
    """Euler's solution in `fine` steps, a multiple of `steps`, kept at each of `steps` equal steps."""
    times, every = shifted_times(fine, 1.0), fine // steps
    latents, states, velocities = pairs.noise, [], []
    for i, (t, r) in enumerate(zip(times, times[1:], strict=False)):
        velocity = pairs.ask(latents, Evaluation(1000 * t, 1000 * r))
        if i % every == 0:
            states.append(latents)
            velocities.append(velocity)
        latents = latents - (t - r) * velocity
    return Trajectories(shifted_times(steps, 1.0), torch.stack([*states, latents]), torch.stack(velocities))


@dataclass(frozen=True)
class Gram:
    """Sums of products of velocities v_n and of the ways e_m from the start to time m, <v, v>, <v, e> and <e, e>, as
    one float64 matrix (2 n + 1, 2 n + 1): the n velocities first. All that the open loop's fits need."""

    products: Tensor
    times: Sequence[float]
    count: int

    @staticmethod
    def of(recorded: Trajectories, true_ways: bool) -> "Gram":
        """true_ways: the fine solution's, else Euler's with these velocities."""
        velocities = recorded.velocities.flatten(1).double()
        gaps = -torch.tensor(np.diff(recorded.times)).to(velocities)
        ways = recorded.states[:1].flatten(1).double() - recorded.states.flatten(1).double()
        if not true_ways:
            ways = torch.cat([ways[:1], (gaps[:, None] * velocities).cumsum(0)])
        rows = torch.cat([velocities, ways])
        return Gram((rows @ rows.T).cpu(), recorded.times, rows.shape[1])

    @property
    def steps(self) -> int:
        return len(self.times) - 1

    def moments(self, inputs: Sequence[int], target: int) -> Moments:
        """Of velocities, the newest last, and one more. No bias is fitted, so no sums are there."""
        inputs = list(inputs)
        xx, xy = self.products[inputs][:, inputs], self.products[inputs, target][:, None]
        return Moments(
            self.count, torch.zeros(len(inputs)).double(), torch.zeros(1).double(), xx, xy,
            self.products[target, target][None],
        )  # fmt: skip


def search_calls(gram: Gram, counts: Sequence[int], device: torch.device) -> dict[int, list[int]]:
    """For each number of calls K those, of all sets with the first, from which the ways between them follow best.

    From each call to the next the way is forecast by NLinear from the velocities so far: that costs the square of
    what is missed, and a set costs the sum. No network is asked. Returns K -> calls.

    device: to search on; a million small systems are solved.
    """
    steps, largest, best = gram.steps, max(counts), {}
    products, times = gram.products.to(device), torch.tensor(gram.times, dtype=torch.float64, device=device)
    sets, costs = torch.zeros(1, 1, dtype=torch.long, device=device), torch.zeros(1).to(products)
    for size in range(1, largest + 1):
        ahead = torch.cat([_missed(products, times, part) for part in sets.split(SETS_AT_ONCE)])  # (sets, steps + 1)
        totals = costs[:, None] + ahead
        if size in counts:
            best[size] = sets[totals[:, steps].argmin()].tolist()
        if size == largest:
            break
        parents, calls = torch.nonzero(torch.arange(steps, device=device) > sets[:, -1:], as_tuple=True)
        sets, costs = torch.cat([sets[parents], calls[:, None]], 1), totals[parents, calls]
    return best


def _missed(products: Tensor, times: Tensor, sets: Tensor) -> Tensor:
    """(sets, steps + 1): the squared error of the way from a set's last call to each time after it."""
    steps = len(times) - 1
    last, others, way = sets[:, -1], sets[:, :-1], steps + torch.arange(steps + 1, device=sets.device)
    here = steps + last
    gaps = times[last][:, None] - times  # (sets, steps + 1)

    def along(i):  # <z_i, e_m - e_J - gap v_J>, i (sets, any) -> (sets, any, steps + 1)
        ways = products[i[:, :, None], way] - products[i, here[:, None]][:, :, None]
        return ways - gaps[:, None] * products[i, last[:, None]][:, :, None]

    own = along(last[:, None])[:, 0]  # with v_J
    squares = products[way, way] - 2 * products[here][:, way] + products[here, here][:, None]
    squares = squares - 2 * gaps * (products[last][:, way] - products[last, here][:, None])
    squares = squares + gaps**2 * products[last, last][:, None]
    if others.shape[1]:
        cross = along(others) - own[:, None]  # (sets, others, steps + 1)
        to_last = products[others, last[:, None]]
        inner = products[others[:, :, None], others[:, None]] - to_last[:, :, None] - to_last[:, None]
        inner = inner + products[last, last][:, None, None]
        scale = inner.diagonal(dim1=1, dim2=2).mean(1)[:, None, None]
        weights = torch.linalg.solve(inner + SEARCH_STRENGTH * scale * torch.eye(others.shape[1]).to(inner), cross)
        squares = squares - 2 * (weights * cross).sum(1) + (weights * (inner @ weights)).sum(1)
    return squares


def forecasts(seen: Gram, unseen: Gram, calls: Sequence[int], linear: bool = False) -> np.ndarray:
    """w (steps, calls): each skipped velocity from the calls before it, by NLinear, or by Linear without a bias. The
    ridge, one for all, is the best on unseen pairs."""
    skipped = [n for n in range(seen.steps) if n not in calls]

    def fit(moments, strength):
        weights = ridge(moments.xx, moments.xy, strength)
        return Forecast(weights, torch.zeros(1).double()) if linear else nlinear(moments, strength)

    best, least = np.zeros((seen.steps, len(calls))), np.inf
    for strength in STRENGTHS:
        found, error = np.zeros((seen.steps, len(calls))), 0.0
        for n in skipped:
            before = [call for call in calls if call < n]
            forecast = fit(seen.moments(before, n), strength)
            found[n, : len(before)] = forecast.weights[:, 0]
            error += float(unseen.moments(before, n).errors(forecast))
        if error < least:
            best, least = found, error
    return best


def open_loop(seen: Gram, unseen: Gram, calls: Sequence[int], linear: bool = False) -> Weights:
    """Euler on the grid with forecast velocities between the calls."""
    return skipping(seen.times, calls, forecasts(seen, unseen, calls, linear))


PRIORS: tuple[Callable[[Sequence[float]], Weights], ...] = (lambda times: adams_bashforth(times, 2), dpm_2m)


def closed_loop(pairs: Pairs, recorded: Trajectories, calls: Sequence[int], aside: Tensor) -> tuple[Weights, float]:
    """Weights on the solver's own path, and the mean squared error at its end on the pairs that were set aside.

    At each call the pairs go on to the fine solution's next state as well as the ridge allows:

        min over b, sum b = gap, of |x*(t_J+1) - x_J + sum b_j v_j|^2 + s |b - b_prior|^2

    with AB2's weights or 2M's as prior. aside: bool (pairs,), those not fitted to: prior and s are the best there.
    """
    grid = recorded.times
    times, ends = [*(grid[call] for call in calls), 0.0], [*calls[1:], len(grid) - 1]
    aside = aside.to(pairs.noise.device)
    latents, velocities, rows, priors = pairs.noise, [], [], [prior(times) for prior in PRIORS]
    for j, end in enumerate(ends):
        velocities.append(pairs.ask(latents, Evaluation(1000 * times[j], 1000 * times[j + 1])))
        gap = times[j] - times[j + 1]
        way = (latents - recorded.states[end]) / gap
        seen, unseen = (_moments(velocities, way, chosen) for chosen in (~aside, aside))
        candidates = [
            nlinear(seen, strength, torch.tensor(prior[j]).to(seen.xx)[:, None] / gap)
            for prior in priors
            for strength in STRENGTHS
        ]
        weights = min(candidates, key=lambda forecast: float(unseen.errors(forecast))).weights[:, 0]
        rows.append((gap * weights).tolist())
        for weight, velocity in zip(rows[-1], velocities, strict=True):
            latents = latents - weight * velocity
    missed = (latents - recorded.states[-1])[aside].square().mean()
    return rows, float(missed)


def _moments(velocities, way, chosen) -> Moments:
    x = torch.stack([velocity[chosen].flatten() for velocity in velocities], 1)  # (numbers, calls)
    return Moments.of(x, way[chosen].flatten()[:, None])
