"""Laws of the fits: what they find where the answer is known."""

from itertools import combinations

import numpy as np
import pytest
import torch

from lit.evaluation.solvers import fit
from lit.evaluation.solvers.classical import adams_bashforth, held, shifted_times, skipping
from lit.sampling.objectives import Flow
from lit.sampling.solvers.flow_fitted import Multistep

STEPS = 8


class Known:
    """Pairs of a network that is known: what it answers is velocity(x, t). noise: (pairs, numbers)."""

    def __init__(self, velocity, count=16, numbers=40):
        self.velocity = velocity
        generator = torch.Generator().manual_seed(0)
        self.noise = torch.randn(count, numbers, generator=generator, dtype=torch.float64)

    def __len__(self):
        return len(self.noise)

    def ask(self, latents, evaluation):
        return self.velocity(latents, evaluation.t / 1000)


def curved(x, t):
    return torch.sin(2 * x) * (1 + t) + torch.cos(5 * t * torch.ones_like(x)) * x


def recorded(velocity, fine=STEPS * 8):
    pairs = Known(velocity)
    return pairs, fit.record(pairs, fine, STEPS)


def both(trajectories, true_ways):
    aside = torch.arange(16) % 4 == 0
    return [fit.Gram.of(trajectories.of(rows), true_ways) for rows in (~aside, aside)]


def test_what_is_recorded_is_the_fine_solution_at_the_grids_times():
    pairs, found = recorded(curved)
    assert found.states.shape == (STEPS + 1, 16, 40) and found.velocities.shape == (STEPS, 16, 40)
    assert list(found.times) == shifted_times(STEPS, 1.0)
    torch.testing.assert_close(found.velocities, torch.stack(
        [curved(x, t) for x, t in zip(found.states, found.times[:-1], strict=False)]
    ))  # fmt: skip
    x = pairs.noise
    for t in shifted_times(STEPS * 8, 1.0)[:-1]:
        x = x - curved(x, t) / (STEPS * 8)
    torch.testing.assert_close(found.states[-1], x, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("true_ways", [False, True])
def test_the_search_finds_the_best_of_all_sets(true_ways):
    """Beside the plain way: each set's forecasts by the closed form, one by one."""
    _, found = recorded(curved)
    gram = fit.Gram.of(found, true_ways)
    velocities = found.velocities.flatten(1)
    gaps = -torch.tensor(np.diff(found.times))
    ways = (found.states[0] - found.states).flatten(1)
    if not true_ways:
        ways = torch.cat([ways[:1], (gaps[:, None] * velocities).cumsum(0)])

    def cost(calls):
        total = 0.0
        for j, (call, end) in enumerate(zip(calls, [*calls[1:], STEPS], strict=True)):
            gap, missed = found.times[call] - found.times[end], ways[end] - ways[call]
            known = [velocities[one] for one in calls[: j + 1]]
            differences = torch.stack([v - known[-1] for v in known[:-1]], 1) if j else torch.zeros(640, 0).double()
            rest = missed - gap * known[-1]
            solved = torch.linalg.lstsq(differences, rest[:, None]).solution if j else torch.zeros(0, 1).double()
            total += float((rest - (differences @ solved)[:, 0]).square().sum())
        return total

    best = fit.search_calls(gram, (2, 3, 5), torch.device("cpu"))
    for count in (2, 3, 5):
        sets = [[0, *others] for others in combinations(range(1, STEPS), count - 1)]
        least = min(cost(calls) for calls in sets)
        assert len(best[count]) == count
        assert cost(best[count]) <= least * 1.01 + 1e-9


def test_on_straight_ways_every_fit_is_exact():
    pairs, found = recorded(lambda x, t: torch.ones_like(x))
    end = pairs.noise - 1
    seen, unseen = both(found, False)
    calls = [0, 2, 5]
    closed, missed = fit.closed_loop(pairs, found, calls, torch.arange(16) % 4 == 0)
    times = [*(found.times[call] for call in calls), 0.0]
    assert missed < 1e-10
    for weights in (closed, fit.open_loop(seen, unseen, calls)):
        solver, x, outputs = Multistep(Flow({}), times, weights), pairs.noise, []
        for i in range(len(calls)):
            outputs.append(torch.ones_like(x))
            x = solver.step(i, outputs, [x])
        torch.testing.assert_close(x, end, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("velocity", [curved, lambda x, t: x])
def test_nlinears_weights_sum_to_the_time_that_passes(velocity):
    pairs, found = recorded(velocity)
    seen, unseen = both(found, False)
    calls = [0, 1, 4]
    gaps = [found.times[a] - found.times[b] for a, b in zip(calls, [1, 4, STEPS], strict=True)]
    for rows in (fit.open_loop(seen, unseen, calls), fit.closed_loop(pairs, found, calls, torch.arange(16) < 4)[0]):
        assert [sum(row) for row in rows] == pytest.approx(gaps, abs=1e-9)


def test_an_open_loop_that_skips_nothing_is_euler_to_the_bit():
    _, found = recorded(curved)
    assert fit.open_loop(*both(found, False), list(range(STEPS))) == adams_bashforth(found.times, 1)


def end_error(pairs, found, times, weights):
    solver, x, outputs = Multistep(Flow({}), times, weights), pairs.noise, []
    for i, (t, _) in enumerate(solver.evaluations):
        outputs.append(curved(x, t / 1000))
        x = solver.step(i, outputs, [x])
    return float((x - found.states[-1])[torch.arange(16) % 4 == 0].square().mean())


def test_fits_come_nearer_than_the_classical_solvers():
    """On pairs that were not fitted to: the open loop than holding, the closed one than AB2 too, its prior."""
    pairs, found = recorded(curved)
    calls = [0, 2, 4, 6]
    times = [*(found.times[call] for call in calls), 0.0]
    aside = torch.arange(16) % 4 == 0
    closed, missed = fit.closed_loop(pairs, found, calls, aside)
    opened = fit.open_loop(*both(found, False), calls)
    errors = {
        "closed": end_error(pairs, found, times, closed),
        "open": end_error(pairs, found, times, opened),
        "AB2": end_error(pairs, found, times, adams_bashforth(times, 2)),
        "hold": end_error(pairs, found, times, skipping(found.times, calls, held(STEPS, calls))),
    }
    assert errors["closed"] == pytest.approx(missed, rel=1e-4)
    assert errors["closed"] < errors["AB2"] and errors["closed"] < errors["open"] < errors["hold"]
