"""Objectives of a diffusion transformer: from latents, words, their mask and style ids to a loss."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from pydantic import NonNegativeFloat, PositiveFloat
from torch import nn

from lit.training.guided import shifted, wide
from lit.training.typed import NoArguments


class DiffusionObjective(nn.Module):
    """Make a batch noisy, let the network predict, compare: in three steps, so that a teacher can look at the same
    inputs (`lit.linearize.methods`)."""

    predicts: str  # the network's prediction_type
    outputs = 1  # how many times the latents' channels the network gives

    Arguments = NoArguments

    def __init__(self, network: nn.Module, arguments: NoArguments):
        super().__init__()
        self.network, self.arguments = network, arguments

    def forward(self, *batch: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """batch: latents (batch, channels, h, w), words (batch, 32, width), mask (batch, 32), style ids (batch,)."""
        inputs, truth = self.noised(*batch)
        return self.loss(self.predict(inputs), truth)

    def noised(self, latents, words, mask, style_ids) -> tuple[tuple, tuple]:
        """The network's inputs, and what `loss` needs to judge its output."""
        raise NotImplementedError

    def predict(self, inputs: tuple) -> torch.Tensor:
        """The network's output in float32."""
        return self.network(*inputs, return_dict=False)[0].float()

    def loss(self, output: torch.Tensor, truth: tuple) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        raise NotImplementedError

    def compile(self, **options):
        """Block by block: one compilation serves all layers, and a run starts the sooner."""
        self.network.compile_repeated_blocks(**options)


class FlowObjective(DiffusionObjective):
    """Rectified flow (arXiv 2209.03003) with logit-normal times (arXiv 2403.03206).

    x_t = (1 - t) x_0 + t n,   v = n - x_0,   L = w(t) |v_S - v|^2

    w is 1, or that of min-SNR-gamma (arXiv 2303.09556), which counts an error of x_0 by min(SNR, gamma). Here the SNR
    is ((1 - t) / t)^2, and an error of x_0 is t times that of v, so

    w(t) = min((1 - t)^2, gamma t^2) / its mean over the times
    """

    predicts = "flow"

    @dataclass(frozen=True)
    class Arguments:
        time_mean: float = 0.0  # of the times' logits: above 0, more of them near the noise
        time_scale: PositiveFloat = 1.0  # their deviation
        shift: PositiveFloat = 1.0  # of the times after that, as a scheduler has it
        min_snr: NonNegativeFloat = 0.0  # gamma; 0 to weight all times alike

    def __init__(self, network: nn.Module, arguments: Arguments):
        super().__init__(network, arguments)
        normal = torch.special.ndtri((torch.arange(4096, dtype=torch.float64) + 0.5) / 4096)  # its quantiles
        self.mean_weight = self.min_snr(self.times(normal)).mean().item()

    def noised(self, latents, words, mask, style_ids):
        noise = torch.randn_like(latents)
        t = self.times(torch.randn(len(latents), device=latents.device))
        x = (1 - wide(t)) * latents + wide(t) * noise
        return (x, 1000 * t, words, mask, style_ids), (noise - latents, t)

    def loss(self, output, truth):
        velocity, t, *_ = truth
        simple = F.mse_loss(output, velocity)
        if not self.arguments.min_snr:
            return simple, {"simple": simple.detach()}
        errors = (output - velocity).square().flatten(1).mean(1)
        weighted = (self.min_snr(t) / self.mean_weight * errors).mean()
        return weighted, {"simple": simple.detach(), "weighted": weighted.detach()}

    def times(self, normal: torch.Tensor) -> torch.Tensor:
        """Times in [0, 1] of standard normal numbers."""
        logits = self.arguments.time_mean + self.arguments.time_scale * normal
        return shifted(torch.sigmoid(logits), self.arguments.shift)

    def min_snr(self, t: torch.Tensor) -> torch.Tensor:
        """w(t), not yet divided by its mean."""
        return torch.minimum((1 - t) ** 2, self.arguments.min_snr * t**2)


class EpsilonObjective(DiffusionObjective):
    """DiT's objective: noise prediction with learned variance (arXiv 2102.09672), 1000 steps, linear betas.

        L = L_simple + L_vlb

    Sigma is the network's second half of channels, the interpolation between the log of beta and of the
    posterior's variance. L_vlb learns the variance alone: the mean in it is detached.
    """

    predicts = "epsilon"
    outputs = 2
    num_steps = 1000

    def __init__(self, network: nn.Module, arguments: NoArguments):
        super().__init__(network, arguments)
        betas = self.betas()
        kept = torch.cumprod(1 - betas, 0)  # alpha-bar
        before = torch.cat([torch.ones(1, dtype=torch.float64), kept[:-1]])
        posterior = betas * (1 - before) / (1 - kept)
        posterior_log = torch.cat([posterior[1:2], posterior[1:]]).log()  # at t = 0 it would be the log of zero
        for name, table in {
            "kept": kept,
            "log_beta": betas.log(),
            "log_posterior": posterior_log,
            "mean_start": betas * before.sqrt() / (1 - kept),
            "mean_noisy": (1 - before) * (1 - betas).sqrt() / (1 - kept),
        }.items():
            self.register_buffer(name, table.float(), persistent=False)

    @classmethod
    def betas(cls) -> torch.Tensor:
        return torch.linspace(1e-4, 0.02, cls.num_steps, dtype=torch.float64)

    @classmethod
    def alphas_cumprod(cls) -> torch.Tensor:
        """As a scheduler of diffusers has it, float32 (num_steps,)."""
        return torch.cumprod(1 - cls.betas(), 0).float()

    def noised(self, latents, *conditions):
        noise = torch.randn_like(latents)
        t = torch.randint(self.num_steps, (len(latents),), device=latents.device)
        kept = self._at("kept", t)
        noisy = kept.sqrt() * latents + (1 - kept).sqrt() * noise
        return (noisy, t.float(), *conditions), (noise, latents, noisy, t)

    def loss(self, output, truth):
        noise, latents, noisy, t = truth
        epsilon, variance = output.chunk(2, dim=1)
        simple = F.mse_loss(epsilon, noise)
        bound = self._variational_bound(epsilon.detach(), variance, latents, noisy, t).mean()
        return simple + bound, {"simple": simple.detach(), "vlb": bound.detach()}

    def _at(self, table, t):
        return getattr(self, table)[t].view(-1, 1, 1, 1)

    def _variational_bound(self, epsilon, variance, latents, noisy, t):
        """Bits a dimension of each sample: KL of q(x_t-1 | x_t, x_0) to the network's Gaussian; at t = 0 the
        Gaussian's negative log-density of x_0 (latents are continuous, so there is nothing to discretise)."""
        mix = (variance + 1) / 2
        log_variance = mix * self._at("log_beta", t) + (1 - mix) * self._at("log_posterior", t)
        kept = self._at("kept", t)
        start = (noisy - (1 - kept).sqrt() * epsilon) / kept.sqrt()
        mean = self._at("mean_start", t) * start + self._at("mean_noisy", t) * noisy
        true_mean = self._at("mean_start", t) * latents + self._at("mean_noisy", t) * noisy
        true_log = self._at("log_posterior", t)
        divergence = 0.5 * (
            log_variance
            - true_log
            + (true_log - log_variance).exp()
            - 1
            + (true_mean - mean) ** 2 * (-log_variance).exp()
        )
        density = 0.5 * (math.log(2 * math.pi) + log_variance + (latents - mean) ** 2 * (-log_variance).exp())
        bound = torch.where(t.view(-1, 1, 1, 1) == 0, density, divergence)
        return bound.flatten(1).mean(1) / math.log(2)
