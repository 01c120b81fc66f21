"""How noise becomes latents: one file a solver, each without state, so that a run asks it step by step.

solver = make_solver("dpm++", "flow", config, steps=8)
for i, (t, r) in enumerate(solver.evaluations):
    outputs.append(network(latents[-1], t))
    latents.append(solver.step(i, outputs, latents))
"""

import importlib
from collections.abc import Sequence
from typing import NamedTuple, Protocol

import torch

from lit.sampling.objectives import OBJECTIVES, Objective
from lit.sampling.registry import check_starting, find


class Evaluation(NamedTuple):
    """One question to the network. t: the time of the latents that it is asked about, in [0, 1000].
    r: the time of the latents that the solver makes of its answer."""

    t: float
    r: float


class Solver(Protocol):
    """objective: what the network predicts.  evaluations: all questions, in their order.
    memory: on how many evaluations, the newest included, a step looks back.
    mean_velocity: whether the network is asked for the mean velocity from t down to r, else for what is at t."""

    objective: Objective
    evaluations: Sequence[Evaluation]
    memory: int
    mean_velocity: bool

    def step(self, i: int, outputs: Sequence[torch.Tensor], latents: Sequence[torch.Tensor]) -> torch.Tensor:
        """Latents at `evaluations[i].r`.

        outputs: of the network at evaluations 0 .. i.  latents: those that it was asked about. Of both the last
        `memory` suffice. Linear in all of them, number by number, in their precision (float32 or float64).
        """
        ...


def make_solver(name: str, objective: str, config: dict, steps: int, start: float = 1.0) -> Solver:
    """The solver of this name. config: of the checkpoint's scheduler (shift, or betas).
    start: the level of the noise that it begins at, in as many steps as from 1.

    Raises InputError for a name that this objective does not have, and one that cannot start there.
    """
    module, kind = find(name, objective).path.split(".")
    made = getattr(importlib.import_module(f"{__name__}.{module}"), kind)
    if start == 1:
        return made(OBJECTIVES[objective](config), steps)
    check_starting(name)
    return made(OBJECTIVES[objective](config), steps, start)


def times(solver: Solver, i: int) -> dict[str, torch.Tensor]:
    """What the network is told of time at evaluation i, under its own names: float32 (1,) each."""
    t, r = solver.evaluations[i]
    told = {"timestep": t, "r_timestep": r} if solver.mean_velocity else {"timestep": t}
    return {name: torch.tensor([time], dtype=torch.float32) for name, time in told.items()}


def predict_clean(solver: Solver, i: int, output: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
    """The clean latents that the network sees in `latents` at evaluation i."""
    return solver.objective.clean(output, latents, *solver.objective.levels(solver.evaluations[i].t))


def between(times: torch.Tensor) -> list[Evaluation]:
    """From each of these times (n + 1,) to the next: n evaluations."""
    found = times.tolist()
    return [Evaluation(t, r) for t, r in zip(found, found[1:], strict=False)]
