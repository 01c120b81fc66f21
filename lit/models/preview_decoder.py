"""A small decoder for what is looked at for a moment: previews, and pictures that are drawn while one types."""

import torch
import torch.nn.functional as F
from diffusers.configuration_utils import ConfigMixin, register_to_config
from torch import nn

from lit.models.autoencoder import StickerAutoencoder
from lit.models.storage import Int8ModelMixin


class PreviewDecoder(Int8ModelMixin, ConfigMixin):
    """Latents to pixels as the autoencoder's decoder gives them, nearly, for a sixth of its time.

    Distilled from that decoder, so it belongs to one autoencoder. Fewer channels, no normalisation and ReLU (as in
    TAESD): what is left is convolutions.
    """

    upscale = StickerAutoencoder.downscale

    @register_to_config
    def __init__(self, latent_channels: int = 8, channels: tuple[int, ...] = (128, 64, 32), blocks: int = 2):
        super().__init__()
        self.input = nn.Conv2d(latent_channels, channels[0], 3, padding=1)
        self.levels = nn.ModuleList(nn.Sequential(*[PlainBlock(c) for _ in range(blocks)]) for c in channels)
        self.ups = nn.ModuleList(
            nn.Conv2d(wide, 4 * narrow, 1) for wide, narrow in zip(channels, channels[1:], strict=False)
        )
        self.last = self.upscale // 2 ** len(self.ups)  # how far the head enlarges what the levels leave
        self.head = nn.Conv2d(channels[-1], 4 * self.last**2, 3, padding=1)

    def forward(self, latents: torch.Tensor) -> torch.Tensor:
        """Normalised latents (batch, latent_channels, h, w) -> pixels (batch, 4, 8 h, 8 w), premultiplied RGBA about
        [-1, 1], not clamped."""
        x = self.input(latents)
        for i, level in enumerate(self.levels):
            x = level(x)
            if i < len(self.ups):
                x = F.pixel_shuffle(self.ups[i](x), 2)
        return F.pixel_shuffle(self.head(x), self.last)


class PlainBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)  # each block starts as the identity

    def forward(self, x):
        return x + self.conv2(F.relu(self.conv1(F.relu(x))))
