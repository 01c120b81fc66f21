"""Linear multistep solvers of the flow's equation dx/ds = v(x, s), and the one whose weights were fitted."""

from collections.abc import Sequence

import torch

from lit.sampling import tables
from lit.sampling.objectives import TRAIN_TIMESTEPS, Flow
from lit.sampling.solvers import between


class Multistep:
    """x(t_J+1) = x(t_J) - sum over j <= J of b_J,j v_j: all velocities so far, one evaluation a step.

    times: t_0 = 1 > ... > 0, one more than rows of weights.  weights: b_J,0 ... b_J,J in row J. It is consistent, and
    exact where v is constant, if row J adds up to t_J - t_J+1.
    """

    mean_velocity = False

    def __init__(self, objective: Flow, times: Sequence[float], weights: Sequence[Sequence[float]]):
        self.objective, self.weights = objective, weights
        self.evaluations = between(torch.tensor(times, dtype=torch.float32) * TRAIN_TIMESTEPS)
        self.memory = len(weights)

    def step(self, i, outputs, latents):
        stepped = latents[-1]
        for weight, output in zip(self.weights[i], outputs, strict=True):
            if weight:
                stepped = stepped - weight * output
        return stepped


class FlowFitted(Multistep):
    """Weights and times from a table, fitted to this network's own trajectories (`lit.evaluation.solvers`)."""

    def __init__(self, objective: Flow, steps: int):
        table = tables.load(steps)
        super().__init__(objective, table.times, table.weights)
