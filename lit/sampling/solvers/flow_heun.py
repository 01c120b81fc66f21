"""Heun's method for the flow's equation dx/ds = v(x, s): two evaluations a step, second order."""

import torch
from diffusers import FlowMatchHeunDiscreteScheduler

from lit.sampling.objectives import TRAIN_TIMESTEPS, Flow
from lit.sampling.solvers import Evaluation


class FlowHeun:
    """Euler's step to x~ = x + (s' - s) v(x, s), then with the mean of both ends' slopes:

        x(s') = x(s) + (s' - s) (v(x, s) + v(x~, s')) / 2

    Levels as diffusers spaces them, times `start`: from 1 to 0.001, and from there to 0 by Euler's step alone.
    """

    memory = 2
    mean_velocity = False

    def __init__(self, objective: Flow, steps: int, start: float = 1.0):
        grid = FlowMatchHeunDiscreteScheduler(shift=objective.shift)
        grid.set_timesteps(steps)
        self.objective = objective
        self.sigmas = torch.cat([grid.sigmas[:1], grid.sigmas[1::2]]) * start  # float32 (steps + 1,), each once
        times = (self.sigmas * TRAIN_TIMESTEPS).tolist()
        asked = [divmod(i, 2) for i in range(2 * steps - 1)]
        self.evaluations = [Evaluation(times[k + second], times[k + 1]) for k, second in asked]

    def step(self, i, outputs, latents):
        k, second = divmod(i, 2)
        sigma, sigma_next = self.sigmas[k : k + 2].to(latents[-1].device)
        if not second:
            return latents[-1] + slope(outputs[-1], latents[-1], sigma) * (sigma_next - sigma)
        before, after = slope(outputs[-2], latents[-2], sigma), slope(outputs[-1], latents[-1], sigma_next)
        return latents[-2] + 0.5 * (before + after) * (sigma_next - sigma)


def slope(output, latents, sigma):
    """(x - x_0) / s, which is v but for its rounding: diffusers' way, and a seed's picture is to stay the same."""
    return (latents - (latents - output * sigma)) / sigma
