"""What a network predicts of noised latents x_t = alpha x_0 + sigma n, and the clean latents x_0 that follow.

An objective is made from the config of the checkpoint's scheduler, which says how the model was trained. Its
`levels(t)` are alpha and sigma at a time as the network is told it; `clean` is linear in output and latents.
"""

from typing import Protocol

import torch
from diffusers import DDIMScheduler, FlowMatchEulerDiscreteScheduler, SchedulerMixin

TRAIN_TIMESTEPS = 1000  # times run from here to 0
CLEAN = -1  # before the first timestep of a model that predicts noise, at whose time 0 there still is some


class Objective(Protocol):
    name: str

    def __init__(self, config: dict): ...

    def scheduler(self) -> SchedulerMixin:
        """The scheduler of diffusers that a checkpoint keeps this objective's numbers in."""
        ...

    def levels(self, t: float) -> tuple[float, float]:
        """alpha and sigma at time t."""
        ...

    def clean(self, output: torch.Tensor, latents: torch.Tensor, alpha, sigma) -> torch.Tensor:
        """x_0 as the network's output has it, for latents of these levels."""
        ...


class Flow:
    """alpha = 1 - s, sigma = s = t / 1000; the network predicts the velocity v = n - x_0, so x_0 = x - s v.

    shift > 1 spends more steps near the noise: s' = shift s / (1 + (shift - 1) s).
    """

    name = "flow"

    def __init__(self, config: dict):
        self.shift = config.get("shift", 1.0)

    def scheduler(self):
        return FlowMatchEulerDiscreteScheduler(shift=self.shift)

    def levels(self, t: float) -> tuple[float, float]:
        sigma = t / TRAIN_TIMESTEPS
        return 1 - sigma, sigma

    def clean(self, output, latents, alpha, sigma):
        return latents - sigma * output


class FlowMap(Flow):
    """The network predicts the mean velocity u from s down to r < s (arXiv 2505.13447), which at r = s is v. Over a
    stretch that does not end at 0, x - s u is where the stretch points, not yet what the flow comes to."""

    name = "flow-map"


class Epsilon:
    """alpha^2 = a_t, sigma^2 = 1 - a_t with a_t the product of 1 - beta up to timestep t (arXiv 2006.11239); the
    network predicts the noise, so x_0 = (x - sigma eps) / alpha."""

    name = "epsilon"

    def __init__(self, config: dict):
        # Those that the model was trained with; DiT's where the config is silent.
        defaults = {"beta_start": 1e-4, "beta_end": 0.02, "beta_schedule": "linear"}
        self.betas = {name: config.get(name, value) for name, value in defaults.items()}
        self.alphas_cumprod = self.scheduler().alphas_cumprod  # float32 (1000,)

    def scheduler(self):
        # Latents are not confined to [-1, 1], so nothing is clipped; trailing steps start from pure noise.
        return DDIMScheduler(**self.betas, clip_sample=False, timestep_spacing="trailing")

    def levels(self, t: float) -> tuple[float, float]:
        a = 1.0 if t <= CLEAN else self.alphas_cumprod[int(t)].item()
        return a**0.5, (1 - a) ** 0.5

    def clean(self, output, latents, alpha, sigma):
        return (latents - sigma * output) / alpha


OBJECTIVES: dict[str, type[Objective]] = {kind.name: kind for kind in (Flow, FlowMap, Epsilon)}
