"""The autoencoder's objective: pictures come back."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from pydantic import NonNegativeFloat
from torch import nn

from lit.models.autoencoder import StickerAutoencoder


class ReconstructionObjective(nn.Module):
    """Reconstruction at one and two times the size, in the pixels and in their gradients at three scales.

    Channels are premultiplied RGBA and the picture on white (colour minus alpha), so that what a person sees
    weighs in. A quarter of the batch is decoded from latents at half size against the picture at half size:
    latents that scale as pictures do are easier to generate (arXiv 2502.09509).
    """

    @dataclass(frozen=True)
    class Arguments:
        latent_noise: NonNegativeFloat = 0.05  # deviation of what the decoder must bear with, in latents' units
        edge_weight: NonNegativeFloat = 0.5  # of the gradients' differences: more of it for thin lines
        double_weight: NonNegativeFloat = 0.5  # of the head that draws at twice the size
        decoder_only: bool = False  # the encoder stays, and with it all latents and whoever draws them

    def __init__(self, network: StickerAutoencoder, arguments: Arguments):
        super().__init__()
        self.network, self.arguments = network, arguments
        network.encoder.requires_grad_(not arguments.decoder_only)

    def forward(self, pixels, large):
        """pixels: (batch, 4, h, w); large: (fewer, 4, H, W) sharp targets of the head that draws at twice the size."""
        edges = self.arguments.edge_weight
        latents = self._noisy(self.network.squashed(pixels))
        same = picture_distance(self.network.decoder(latents, 1), pixels, edges)
        quarter = max(1, len(pixels) // 4)
        half = picture_distance(
            self.network.decoder(F.avg_pool2d(latents[:quarter], 2), 1), F.avg_pool2d(pixels[:quarter], 2), edges
        )
        double = picture_distance(
            self.network.decoder(self._noisy(self.network.squashed(F.avg_pool2d(large, 2))), 2), large, edges
        )
        loss = same + 0.25 * half + self.arguments.double_weight * double
        return loss, {"same": same.detach(), "half": half.detach(), "double": double.detach()}

    def _noisy(self, latents):
        return latents + self.arguments.latent_noise * torch.randn_like(latents)


def picture_distance(drawn: torch.Tensor, target: torch.Tensor, edges: float = 0.5) -> torch.Tensor:
    """How far pixels (batch, 4, h, w) are from others: absolute and squared, and absolute in the gradients at three
    scales, of weight `edges` each; a scalar."""
    error = drawn.float() - target.float()
    error = torch.cat([error, error[:, :3] - error[:, 3:]], dim=1)  # premultiplied RGBA, and RGB on white
    loss = error.abs().mean() + 5 * error.square().mean()
    for _ in range(3):
        loss = loss + edges * ((error[..., 1:, :] - error[..., :-1, :]).abs().mean())
        loss = loss + edges * ((error[..., :, 1:] - error[..., :, :-1]).abs().mean())
        error = F.avg_pool2d(error, 2)
    return loss
