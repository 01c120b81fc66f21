"""DDIM without noise (arXiv 2010.02502): Euler's method in sigma / alpha, for a model that predicts noise."""

import torch

from lit.sampling.objectives import CLEAN, TRAIN_TIMESTEPS, Epsilon
from lit.sampling.solvers import Evaluation


class DDIM:
    """x(r) = alpha(r) x_0 + sigma(r) eps, with x_0 as eps has it at t. The last step goes to the clean latents.

    As in diffusers each step is 1000 // steps timesteps long, while the times asked for are spread by the exact
    1000 / steps: where `steps` does not divide 1000, an evaluation may stand a timestep beside the end of the last.
    """

    memory = 1
    mean_velocity = False

    def __init__(self, objective: Epsilon, steps: int):
        grid = objective.scheduler()
        grid.set_timesteps(steps)
        self.objective = objective
        length = TRAIN_TIMESTEPS // steps
        # Rounding gives some numbers of steps, 61 the first, one time too many: -1, the noisiest to an index.
        times = grid.timesteps.tolist()[:steps]
        self.evaluations = [Evaluation(float(t), float(max(t - length, CLEAN))) for t in times]
        self.alphas_cumprod = torch.cat([objective.alphas_cumprod, torch.ones(1)])  # the last of CLEAN = -1

    def step(self, i, outputs, latents):
        a, a_next = (self.alphas_cumprod[int(time)] for time in self.evaluations[i])
        clean = self.objective.clean(outputs[-1], latents[-1], a**0.5, (1 - a) ** 0.5)
        return a_next**0.5 * clean + (1 - a_next) ** 0.5 * outputs[-1]
