"""Laws of every solver in the registry: what it asks, what it adds up, and how fast it comes to the exact solution."""

import subprocess
import sys
from math import log

import numpy as np
import pytest
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    FlowMatchEulerDiscreteScheduler,
    FlowMatchHeunDiscreteScheduler,
)

from lit.errors import InputError
from lit.sampling import registry, tables
from lit.sampling.objectives import OBJECTIVES
from lit.sampling.solvers import make_solver, predict_clean

# The fitted one, which draws in the steps of its tables alone, has its laws in test_flow_fitted.py.
PAIRS = [
    (name, objective)
    for name, entry in registry.SOLVERS.items()
    for objective in entry.objectives
    if name != tables.NAME
]
FLOW = ({}, {"shift": 3.0})
CONFIGS = {"flow": FLOW, "flow-map": FLOW, "epsilon": ({}, {"beta_schedule": "scaled_linear", "beta_end": 0.012})}
every_solver = pytest.mark.parametrize(("name", "objective"), PAIRS)


def drawn(solver, model, start):
    """The latents at every evaluation's time and at the end. model(x, t): the network's output."""
    latents, outputs = [start], []
    for i, (t, _) in enumerate(solver.evaluations):
        outputs.append(model(latents[-1], t))
        latents.append(solver.step(i, outputs[-solver.memory :], latents[-solver.memory :]))
    return latents


class Gaussian:
    """Data x_0 = mean + deviation z, one number a coordinate: its exact outputs, and the exact way of z.

    x_t = alpha x_0 + sigma n is normal around alpha mean with S^2 = alpha^2 deviation^2 + sigma^2, and the flow keeps
    each z at its quantile: x_t = alpha mean + S z.
    """

    def __init__(self, objective, size=64):
        generator = torch.Generator().manual_seed(0)
        self.objective = objective
        self.z = torch.randn(size, generator=generator, dtype=torch.float64)
        self.mean = torch.linspace(-1, 1, size, dtype=torch.float64)
        self.deviation = torch.linspace(1.5, 3, size, dtype=torch.float64)

    def _spread(self, alpha, sigma):
        return (alpha**2 * self.deviation**2 + sigma**2).sqrt()

    def at(self, t):
        alpha, sigma = self.objective.levels(t)
        return alpha * self.mean + self._spread(alpha, sigma) * self.z

    def __call__(self, x, t):
        alpha, sigma = self.objective.levels(t)
        deviant = (x - alpha * self.mean) / self._spread(alpha, sigma) ** 2
        noise, clean = sigma * deviant, self.mean + alpha * self.deviation**2 * deviant
        return {"flow": noise - clean, "flow-map": noise - clean, "epsilon": noise}[self.objective.name]

    def mean_velocity(self, x, t, r):
        """What a perfect map says of the flow from t down to r: z stays."""
        (alpha, sigma), (alpha_r, sigma_r) = self.objective.levels(t), self.objective.levels(r)
        z = (x - alpha * self.mean) / self._spread(alpha, sigma)
        return (x - alpha_r * self.mean - self._spread(alpha_r, sigma_r) * z) / (sigma - sigma_r)


@every_solver
def test_the_error_shrinks_with_the_declared_order(name, objective):
    """Up to the last evaluation: the step from there to the clean latents is one of first order in every solver, and
    its error, of second order in the flow's time, falls below the others' at different places (next test)."""
    errors = []
    for steps in (50, 250):
        solver = make_solver(name, objective, {}, steps)
        model = Gaussian(solver.objective)
        latents = drawn(solver, model, model.at(solver.evaluations[0].t))
        assert latents[-1].dtype == torch.float64
        errors.append((latents[-2] - model.at(solver.evaluations[-1].t)).norm().item())
    measured = log(errors[0] / errors[1]) / log(5)
    # 0.2 for DPM++, whose first steps cost it a logarithm: they start at log(alpha / sigma) = -7 (flow) or -5.
    assert measured == pytest.approx(registry.SOLVERS[name].order, abs=0.25)


@pytest.mark.parametrize("steps", [1, 2, 5, 20])
@pytest.mark.parametrize("shift", [1.0, 3.0])
def test_a_perfect_map_is_exact_in_any_number_of_steps(steps, shift):
    solver = make_solver("flow-map", "flow-map", {"shift": shift}, steps)
    assert solver.mean_velocity
    model = Gaussian(solver.objective)
    until = dict(solver.evaluations)
    latents = drawn(solver, lambda x, t: model.mean_velocity(x, t, until[t]), model.at(1000))
    for x, evaluation in zip(latents[1:], solver.evaluations, strict=True):
        torch.testing.assert_close(x, model.at(evaluation.r), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", registry.STARTING)
@pytest.mark.parametrize("start", [0.05, 0.3, 0.75])
def test_what_starts_at_a_noised_picture_takes_as_many_steps_from_there(name, start):
    for steps, config in ((1, {}), (8, {"shift": 3.0}), (100, {})):
        solver = make_solver(name, "flow-map", config, steps, start)
        assert len(solver.evaluations) == registry.evaluations(name, steps)
        assert solver.evaluations[0].t == pytest.approx(1000 * start) and solver.evaluations[-1].r == 0
    model, until = Gaussian(solver.objective), dict(solver.evaluations)
    exact = (lambda x, t: model.mean_velocity(x, t, until[t])) if solver.mean_velocity else model
    found = drawn(solver, exact, model.at(solver.evaluations[0].t))[-1]
    torch.testing.assert_close(found, model.at(0), rtol=0.02, atol=0.02)


def test_what_goes_its_whole_way_only_says_so():
    for name, objective in (("dpm++", "flow-map"), ("ddim", "epsilon")):
        with pytest.raises(InputError, match=r"scheduler: got .*; one of flow-map, flow-euler, flow-heun to start"):
            make_solver(name, objective, {}, 8, 0.5)


@every_solver
@pytest.mark.parametrize("steps", [1, 2, 5, 20])
def test_the_last_step_ends_in_the_clean_latents_that_are_seen(name, objective, steps):
    solver = make_solver(name, objective, {}, steps)
    model = Gaussian(solver.objective)
    latents = drawn(solver, model, model.at(solver.evaluations[0].t))
    last = len(solver.evaluations) - 1
    t = solver.evaluations[last].t
    seen = predict_clean(solver, last, model(latents[-2], t), latents[-2])
    torch.testing.assert_close(latents[-1], seen, rtol=1e-4, atol=1e-4)
    assert solver.objective.levels(solver.evaluations[last].r) == (1, 0)


@every_solver
def test_the_clean_latents_are_what_the_output_says(name, objective):
    solver = make_solver(name, objective, {}, 8)
    generator = torch.Generator().manual_seed(1)
    clean, noise = torch.randn(2, 16, generator=generator, dtype=torch.float64)
    for i, (t, _) in enumerate(solver.evaluations):
        alpha, sigma = solver.objective.levels(t)
        output = {"flow": noise - clean, "flow-map": noise - clean, "epsilon": noise}[objective]
        found = predict_clean(solver, i, output, alpha * clean + sigma * noise)
        torch.testing.assert_close(found, clean, rtol=1e-9, atol=1e-9)


@every_solver
def test_the_registry_knows_what_is_asked_and_every_step_begins_where_the_last_ended(name, objective):
    for config in CONFIGS[objective]:
        for steps in range(1, 201):
            solver = make_solver(name, objective, config, steps)
            asked = solver.evaluations
            assert len(asked) == registry.evaluations(name, steps)
            assert all(t >= 0 and r <= t for t, r in asked) and 990 <= asked[0].t <= 1000
            gaps = [abs(one.r - after.t) for one, after in zip(asked, asked[1:], strict=False)]
            # DDIM's steps are a whole number of timesteps, also where the times asked for are spread unevenly.
            assert max(gaps, default=0) == 0 or (name == "ddim" and 1000 % steps and max(gaps) <= steps)


def theirs(name, objective, steps):
    """The scheduler of diffusers by the same name, ready to step."""
    if name in ("flow-euler", "flow-map"):
        scheduler = FlowMatchEulerDiscreteScheduler(shift=3.0)
        scheduler.set_timesteps(sigmas=np.linspace(1, 1 / steps, steps))
        return scheduler
    made = {
        "flow-heun": lambda: FlowMatchHeunDiscreteScheduler(shift=3.0),
        "ddim": lambda: DDIMScheduler(clip_sample=False, timestep_spacing="trailing"),
        "dpm++": lambda: DPMSolverMultistepScheduler(
            **{"epsilon": {"beta_start": 1e-4, "beta_end": 0.02}}.get(
                objective, {"use_flow_sigmas": True, "prediction_type": "flow_prediction", "flow_shift": 3.0}
            )
        ),
    }
    scheduler = made[name]()
    scheduler.set_timesteps(steps)
    return scheduler


@every_solver
@pytest.mark.parametrize("steps", [1, 2, 7, 20])
def test_a_step_is_that_of_diffusers_to_the_bit(name, objective, steps):
    solver, other = make_solver(name, objective, {"shift": 3.0}, steps), theirs(name, objective, steps)
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(2, 3, 4, 4, generator=generator)
    outputs = [torch.randn(x.shape, generator=generator) for _ in solver.evaluations]
    left = iter(outputs)
    latents = drawn(solver, lambda latents, t: next(left), x)
    for timestep, output, expected in zip(other.timesteps, outputs, latents[1:], strict=True):
        x = other.step(output, timestep, x, return_dict=False)[0]
        assert torch.equal(x, expected)


@every_solver
def test_a_step_is_linear_and_keeps_nothing(name, objective):
    solver = make_solver(name, objective, {}, 4)
    generator = torch.Generator().manual_seed(0)
    last = len(solver.evaluations)
    a, b = ([torch.randn(2, last, 8, generator=generator, dtype=torch.float64)] for _ in range(2))
    mixed = 0.3 * a[0] - 2 * b[0]
    for i in range(last):
        # Asked in any order, and again: the answer is the same.
        steps = [solver.step(i, list(x[0, : i + 1]), list(x[1, : i + 1])) for x in (a[0], b[0], mixed, mixed)]
        torch.testing.assert_close(steps[2], 0.3 * steps[0] - 2 * steps[1])
        assert torch.equal(steps[2], steps[3])


def test_each_objective_has_a_default_and_bad_names_are_named():
    for objective in OBJECTIVES:
        names = registry.names(objective)
        assert names and set(names) <= set(registry.names())
        with pytest.raises(InputError, match=f"scheduler: got 'euler'; one of {names[0]}"):
            make_solver("euler", objective, {}, 4)
    with pytest.raises(InputError, match="one of ddim"):
        make_solver("flow-euler", "epsilon", {}, 4)
    with pytest.raises(InputError, match="scheduler"):
        registry.evaluations("euler", 3)
    assert {objective for entry in registry.SOLVERS.values() for objective in entry.objectives} == set(OBJECTIVES)


def test_names_and_costs_are_known_without_torch():
    code = "import sys, lit.sampling.registry as r; r.evaluations(r.names()[0], 3); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
