"""The rules by which noise becomes a picture, by name: diffusers' schedulers for our two objectives."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from diffusers import (
    DDIMScheduler,
    DPMSolverMultistepScheduler,
    FlowMatchEulerDiscreteScheduler,
    FlowMatchHeunDiscreteScheduler,
)

from lit.sampling.registry import names

TRAIN_TIMESTEPS = 1000


def _flow_euler(config):
    return FlowMatchEulerDiscreteScheduler(shift=config.get("shift", 1.0))


def _flow_heun(config):
    return FlowMatchHeunDiscreteScheduler(shift=config.get("shift", 1.0))


def _flow_dpm(config):
    return DPMSolverMultistepScheduler(
        use_flow_sigmas=True, prediction_type="flow_prediction", flow_shift=config.get("shift", 1.0)
    )


def _betas(config):
    """The noise schedule that the model was trained with; DiT's where the config is silent."""
    defaults = {"beta_start": 1e-4, "beta_end": 0.02, "beta_schedule": "linear"}
    return {name: config.get(name, value) for name, value in defaults.items()}


def _ddim(config):
    # Latents are not confined to [-1, 1], so nothing is clipped; trailing steps start from pure noise.
    return DDIMScheduler(**_betas(config), clip_sample=False, timestep_spacing="trailing")


def _epsilon_dpm(config):
    return DPMSolverMultistepScheduler(**_betas(config))


MAKERS: dict[str, dict[str, Callable]] = {
    "flow": dict(zip(names("flow"), (_flow_euler, _flow_heun, _flow_dpm), strict=True)),
    "epsilon": dict(zip(names("epsilon"), (_ddim, _epsilon_dpm), strict=True)),
}


@dataclass
class Schedule:
    """One image's way from noise to data: a fresh scheduler and the times at which the model is asked.

    times: float32 (evaluations,), what the model is given, in [0, 1000].  Heun asks twice a step.
    """

    prediction_type: str
    scheduler: object
    times: torch.Tensor

    @classmethod
    def make(cls, prediction_type: str, name: str, config: dict, steps: int, device) -> "Schedule":
        """name: one of MAKERS[prediction_type].  config: the checkpoint's scheduler config (shift, betas)."""
        scheduler = MAKERS[prediction_type][name](config)
        if isinstance(scheduler, FlowMatchEulerDiscreteScheduler):
            # Without this its last step would go from sigma 0.001 to 0 and be wasted.
            scheduler.set_timesteps(sigmas=np.linspace(1, 1 / steps, steps), device=device)
        else:
            scheduler.set_timesteps(steps, device=device)
        times = scheduler.timesteps.float()
        if name == "dpm++" and prediction_type == "flow":
            times = scheduler.sigmas[: len(times)] * TRAIN_TIMESTEPS  # its own timesteps are rounded
        return cls(prediction_type, scheduler, times.cpu())

    def __len__(self) -> int:
        return len(self.times)

    def predict_clean(self, index: int, output: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
        """The data that the model sees in the latents at evaluation `index`.

        Flow: x0 = x - sigma v.  Epsilon: x0 = (x - sqrt(1 - a) eps) / sqrt(a), a = product of alphas so far.
        """
        if self.prediction_type == "flow":
            return latents - self.times[index].item() / TRAIN_TIMESTEPS * output
        a = self.scheduler.alphas_cumprod[int(self.times[index])].item()
        return (latents - (1 - a) ** 0.5 * output) / a**0.5

    def step(self, index: int, output: torch.Tensor, latents: torch.Tensor) -> torch.Tensor:
        """Latents after evaluation `index`, in float32."""
        return self.scheduler.step(output, self.scheduler.timesteps[index], latents, return_dict=False)[0]
