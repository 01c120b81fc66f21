"""What a network is trained to do: each objective is a module whose forward gives the loss of a batch.

The network sits inside, so that one call is one graph for `torch.compile` and for gradient exchange.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from lit.models.autoencoder import StickerAutoencoder


class TransformerObjective(nn.Module):
    """A transformer, and where it is a student, its teacher."""

    def __init__(self, network, teacher):
        super().__init__()
        self.network, self.teacher = network, teacher

    def compile(self, **options):
        """Block by block: one compilation serves all layers, and a run starts the sooner."""
        for network in filter(None, (self.network, self.teacher)):
            for block in network.blocks:
                block.compile(**options)


class FlowObjective(TransformerObjective):
    """Rectified flow (arXiv 2209.03003) with logit-normal times (arXiv 2403.03206).

    x_t = (1 - t) x_0 + t n,   v = n - x_0,   L = |v_S - v|^2 (+ l1 |v_S - v_T|^2 with a teacher)
    """

    def __init__(self, network, teacher=None, distill_weight=0.5, variance_weight=0.0):
        super().__init__(network, teacher)
        self.distill_weight = distill_weight

    def forward(self, latents, words, mask, style_ids):
        noise = torch.randn_like(latents)
        t = torch.sigmoid(torch.randn(len(latents), device=latents.device))
        weight = t.view(-1, 1, 1, 1)
        conditions = ((1 - weight) * latents + weight * noise, 1000 * t, words, mask, style_ids)
        velocity = self.network(*conditions, return_dict=False)[0].float()
        simple = F.mse_loss(velocity, noise - latents)
        if self.teacher is None:
            return simple, {"simple": simple.detach()}
        with torch.no_grad():
            taught = self.teacher(*conditions, return_dict=False)[0].float()
        distilled = F.mse_loss(velocity, taught)
        return simple + self.distill_weight * distilled, {
            "simple": simple.detach(),
            "distill": distilled.detach(),
        }


class EpsilonObjective(TransformerObjective):
    """DiT's objective: noise prediction with learned variance (arXiv 2102.09672), 1000 steps, linear betas.

        L = L_simple + L_vlb (+ l1 |eps_T - eps_S|^2 + l2 |Sigma_T - Sigma_S|^2 with a teacher: LiT, section 3.3)

    Sigma is the network's second half of channels, the interpolation between the log of beta and of the
    posterior's variance. L_vlb learns the variance alone: the mean in it is detached.
    """

    num_steps = 1000

    def __init__(self, network, teacher=None, distill_weight=0.5, variance_weight=0.05):
        super().__init__(network, teacher)
        self.distill_weight, self.variance_weight = distill_weight, variance_weight
        betas = torch.linspace(1e-4, 0.02, self.num_steps, dtype=torch.float64)
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

    def forward(self, latents, words, mask, style_ids):
        noise = torch.randn_like(latents)
        t = torch.randint(self.num_steps, (len(latents),), device=latents.device)
        kept = self._at("kept", t)
        noisy = kept.sqrt() * latents + (1 - kept).sqrt() * noise
        conditions = (noisy, t.float(), words, mask, style_ids)
        epsilon, variance = self.network(*conditions, return_dict=False)[0].float().chunk(2, dim=1)
        simple = F.mse_loss(epsilon, noise)
        bound = self._variational_bound(epsilon.detach(), variance, latents, noisy, t).mean()
        loss, parts = simple + bound, {"simple": simple.detach(), "vlb": bound.detach()}
        if self.teacher is None:
            return loss, parts
        with torch.no_grad():
            taught, taught_variance = self.teacher(*conditions, return_dict=False)[0].float().chunk(2, dim=1)
        distilled, spread = F.mse_loss(epsilon, taught), F.mse_loss(variance, taught_variance)
        parts |= {"distill": distilled.detach(), "distill_variance": spread.detach()}
        return loss + self.distill_weight * distilled + self.variance_weight * spread, parts

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


class AutoencoderObjective(nn.Module):
    """Reconstruction at one and two times the size, in the pixels and in their gradients at three scales.

    Channels are premultiplied RGBA and the picture on white (colour minus alpha), so that what a person sees
    weighs in. A quarter of the batch is decoded from latents at half size against the picture at half size:
    latents that scale as pictures do are easier to generate (arXiv 2502.09509).
    """

    def __init__(self, network: StickerAutoencoder, latent_noise: float):
        super().__init__()
        self.network, self.latent_noise = network, latent_noise

    def forward(self, pixels, large):
        """pixels: (batch, 4, h, w); large: (fewer, 4, H, W) sharp targets of the head that draws at twice the size."""
        latents = self._noisy(self.network.squashed(pixels))
        same = self._distance(self.network.decoder(latents, 1), pixels)
        quarter = max(1, len(pixels) // 4)
        half = self._distance(
            self.network.decoder(F.avg_pool2d(latents[:quarter], 2), 1), F.avg_pool2d(pixels[:quarter], 2)
        )
        double = self._distance(
            self.network.decoder(self._noisy(self.network.squashed(F.avg_pool2d(large, 2))), 2), large
        )
        loss = same + 0.25 * half + 0.5 * double
        return loss, {"same": same.detach(), "half": half.detach(), "double": double.detach()}

    def _noisy(self, latents):
        return latents + self.latent_noise * torch.randn_like(latents)

    def _distance(self, drawn, target):
        error = drawn.float() - target.float()
        error = torch.cat([error, error[:, :3] - error[:, 3:]], dim=1)  # premultiplied RGBA, and RGB on white
        loss = error.abs().mean() + 5 * error.square().mean()
        for _ in range(3):
            loss = loss + 0.5 * ((error[..., 1:, :] - error[..., :-1, :]).abs().mean())
            loss = loss + 0.5 * ((error[..., :, 1:] - error[..., :, :-1]).abs().mean())
            error = F.avg_pool2d(error, 2)
        return loss


OBJECTIVES = {"flow": FlowObjective, "epsilon": EpsilonObjective}
