"""Euler's method for the flow's equation dx/ds = v(x, s): one evaluation a step, first order."""

import numpy as np
import torch
from diffusers import FlowMatchEulerDiscreteScheduler

from lit.sampling.objectives import TRAIN_TIMESTEPS, Flow
from lit.sampling.solvers import between


class FlowEuler:
    """x(s') = x(s) + (s' - s) v. Levels s from `start` to 0: `start` times those from 1, which are equally far from
    each other before the shift."""

    memory = 1
    mean_velocity = False

    def __init__(self, objective: Flow, steps: int, start: float = 1.0):
        grid = FlowMatchEulerDiscreteScheduler(shift=objective.shift)
        # Without this its last step would go from 0.001 to 0 and be wasted.
        grid.set_timesteps(sigmas=np.linspace(1, 1 / steps, steps).tolist())
        self.objective = objective
        self.sigmas = torch.as_tensor(grid.sigmas) * start  # float32 (steps + 1,)
        self.evaluations = between(self.sigmas * TRAIN_TIMESTEPS)

    def step(self, i, outputs, latents):
        return latents[-1] + (self.sigmas[i + 1] - self.sigmas[i]) * outputs[-1]
