"""DPM-Solver++(2M) (arXiv 2211.01095, algorithm 2): one evaluation a step, second order by the evaluation before."""

import torch
from diffusers import DPMSolverMultistepScheduler

from lit.sampling.objectives import CLEAN, TRAIN_TIMESTEPS, Epsilon, Flow, Objective
from lit.sampling.solvers import between


class DPMPlusPlus:
    """With l = log(alpha / sigma), h = l(r) - l(t) and x_0 the clean latents that the network sees:

        x(r) = sigma(r) / sigma(t) x(t) - alpha(r) (exp(-h) - 1) (x_0 + h / (2 h_before) (x_0 - x_0,before))

    The first step has no evaluation before it, and the last ends at l = infinity: both are of first order. So is
    the second of a flow's in effect, whose first l is far from the next.
    """

    memory = 2
    mean_velocity = False

    def __init__(self, objective: Objective, steps: int):
        times, self.alphas, self.sigmas = GRIDS[objective.name](objective, steps)  # float32 (steps + 1,) each
        self.objective = objective
        self.evaluations = between(times)

    def step(self, i, outputs, latents):
        h = self._log_snr(i + 1) - self._log_snr(i)
        towards = self.alphas[i + 1] * (torch.exp(-h) - 1.0)
        clean = self._clean(i, outputs[-1], latents[-1])
        stepped = (self.sigmas[i + 1] / self.sigmas[i]) * latents[-1] - towards * clean
        if i == 0 or i == len(self.evaluations) - 1:
            return stepped
        ratio = (self._log_snr(i) - self._log_snr(i - 1)) / h
        slope = (1.0 / ratio) * (clean - self._clean(i - 1, outputs[-2], latents[-2]))
        return stepped - 0.5 * towards * slope

    def _log_snr(self, i):
        return torch.log(self.alphas[i]) - torch.log(self.sigmas[i])

    def _clean(self, i, output, latents):
        return self.objective.clean(output, latents, self.alphas[i], self.sigmas[i])


def _flow(objective: Flow, steps: int):
    """Times (steps + 1,), alphas and sigmas, as diffusers spaces them: from 0.999 to 0."""
    grid = DPMSolverMultistepScheduler(
        use_flow_sigmas=True, prediction_type="flow_prediction", flow_shift=objective.shift
    )
    grid.set_timesteps(steps)
    # Its own timesteps are rounded to whole numbers.
    return grid.sigmas * TRAIN_TIMESTEPS, 1 - grid.sigmas, grid.sigmas


def _epsilon(objective: Epsilon, steps: int):
    """The same of equally spaced timesteps, with diffusers' sigma / alpha."""
    grid = DPMSolverMultistepScheduler(**objective.betas)
    grid.set_timesteps(steps)
    alphas = 1 / ((grid.sigmas**2 + 1) ** 0.5)
    return torch.cat([grid.timesteps, torch.tensor([CLEAN])]), alphas, grid.sigmas * alphas


GRIDS = {"flow": _flow, "flow-map": _flow, "epsilon": _epsilon}
