"""Laws of the classical solvers' weights: consistent, of their order, and those of other programs."""

from math import log

import numpy as np
import pytest
import torch
from diffusers import DPMSolverMultistepScheduler
from sampling.test_solvers import Gaussian, drawn

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
from lit.sampling.objectives import Flow
from lit.sampling.solvers.flow_fitted import Multistep

SOLVERS = {
    "Euler": (lambda times: adams_bashforth(times, 1), 1),
    "AB2": (lambda times: adams_bashforth(times, 2), 2),
    "AB3": (lambda times: adams_bashforth(times, 3), 3),
    "2M": (dpm_2m, 2),
    "UniPC-2": (unipc, 3),  # its corrector raises the order by one
}
every_solver = pytest.mark.parametrize("name", SOLVERS)
every_grid = pytest.mark.parametrize("shift", [1.0, 3.0])


@every_solver
@every_grid
@pytest.mark.parametrize("steps", [1, 2, 4, 9])
def test_weights_of_a_step_sum_to_the_time_that_passes(name, shift, steps):
    times = shifted_times(steps, shift)
    rows = SOLVERS[name][0](times)
    assert [len(row) for row in rows] == list(range(1, steps + 1))
    np.testing.assert_allclose([sum(row) for row in rows], -np.diff(times), atol=1e-12 if name != "UniPC-2" else 3e-6)


@every_solver
def test_a_step_from_exact_ground_misses_by_its_order(name):
    """On Gaussian data, half way: one step misses by h^(order + 1). A whole way would not tell the third order, for
    the first steps, which have nothing to look back on, are of lower ones."""
    make, order = SOLVERS[name]
    errors = []
    for steps in (40, 160):
        times = np.linspace(1, 0, steps + 1).tolist()
        solver, i = Multistep(Flow({}), times, make(times)), steps // 2
        model = Gaussian(solver.objective)
        exact = [model.at(1000 * t) for t in times]
        outputs = [model(x, 1000 * t) for x, t in zip(exact[: i + 1], times, strict=False)]
        errors.append((solver.step(i, outputs, [exact[i]]) - exact[i + 1]).norm().item())
    assert log(errors[0] / errors[1]) / log(4) == pytest.approx(order + 1, abs=0.3)


def test_two_velocities_reach_ahead_by_half_the_square():
    """H^2 / (2 g) (v_J - v_J-1) beyond Euler's step, g the gap before: Adams and Bashforth's second method."""
    (_, row) = adams_bashforth([1.0, 0.7, 0.5], 2)
    assert row == pytest.approx([-(0.2**2) / (2 * 0.3), 0.2 + 0.2**2 / (2 * 0.3)])


def test_2m_is_that_of_diffusers():
    scheduler = DPMSolverMultistepScheduler(
        use_flow_sigmas=True, prediction_type="flow_prediction", solver_order=2, euler_at_final=True
    )
    scheduler.set_timesteps(7)
    times = scheduler.sigmas.tolist()
    generator = torch.Generator().manual_seed(0)
    noise, *velocities = torch.randn(8, 1, 2, 3, 3, generator=generator, dtype=torch.float64)
    theirs = [noise]
    for timestep, velocity in zip(scheduler.timesteps, velocities, strict=True):
        theirs.append(scheduler.step(velocity, timestep, theirs[-1], return_dict=False)[0])
    given = iter(velocities)
    ours = drawn(Multistep(Flow({}), times, dpm_2m(times)), lambda x, t: next(given), noise)
    torch.testing.assert_close(ours[-1], theirs[-1], rtol=1e-4, atol=1e-5)


GRID = shifted_times(20, 1.0)
CALLS = [0, 3, 4, 9, 15]


def test_calling_everywhere_is_euler_to_the_bit():
    calls = list(range(20))
    for weights in (held(20, calls), line(calls, 20)):
        assert skipping(GRID, calls, weights) == adams_bashforth(GRID, 1)


def test_holding_the_last_velocity_is_euler_from_call_to_call():
    times = [*(GRID[call] for call in CALLS), 0.0]
    for one, other in zip(skipping(GRID, CALLS, held(20, CALLS)), adams_bashforth(times, 1), strict=True):
        assert one == pytest.approx(other, abs=1e-7)


def test_a_line_over_m_steps_adds_what_the_algebra_says():
    """H (H - h) / (2 g) (v_J - v_J-1): short of Adams and Bashforth's H^2 / (2 g), for it follows Euler's steps."""
    rows, h = skipping(GRID, CALLS, line(CALLS, 20)), 1 / 20
    for j in range(1, len(CALLS)):
        gap = ([*CALLS, 20][j + 1] - CALLS[j]) * h
        before = (CALLS[j] - CALLS[j - 1]) * h
        added = gap * (gap - h) / (2 * before)
        expected = [*[0.0] * (j - 1), -added, gap + added]
        assert rows[j] == pytest.approx(expected, abs=1e-6)


def test_the_nearest_calls_are_each_others_successors():
    for count in range(1, 21):
        for shift in (1.0, 2.0, 3.0):
            calls = nearest_calls(GRID, shifted_times(count, shift))
            assert calls[0] == 0 and len(calls) == count and all(np.diff(calls) > 0) and calls[-1] < 20
    assert nearest_calls(GRID, shifted_times(10, 1.0)) == list(range(0, 20, 2))
