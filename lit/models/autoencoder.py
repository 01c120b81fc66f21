"""The autoencoder: RGBA pictures to small latents and back, drawn at their size or at twice it."""

import torch
import torch.nn.functional as F
from diffusers.configuration_utils import ConfigMixin, register_to_config
from torch import nn

from lit.models.storage import Int8ModelMixin


class StickerAutoencoder(Int8ModelMixin, ConfigMixin):
    """Convolutional, deterministic, for any size that `downscale` divides.

    Pixels are premultiplied RGBA in [-1, 1]: what is transparent has no colour, so edges come out clean on
    any background. Latents are squashed to +-3 (diffusion then meets no outliers) and normalised with
    `latents_mean` and `latents_std`, measured on the training data. `usual_scale`: at how many times their size people
    are to see pictures where they say nothing; 2 for a decoder that is sharp there.
    """

    downscale = 8

    @register_to_config
    def __init__(
        self,
        latent_channels: int = 8,
        encoder_channels: tuple[int, ...] = (64, 128, 256),
        decoder_channels: tuple[int, ...] = (256, 128, 64),
        blocks: int = 3,
        latents_mean: tuple[float, ...] | None = None,
        latents_std: tuple[float, ...] | None = None,
        usual_scale: int = 1,
    ):
        super().__init__()
        if usual_scale not in (1, 2):
            raise ValueError(f"usual_scale: got {usual_scale}; 1 or 2")
        self.encoder = Encoder(latent_channels, encoder_channels, blocks)
        self.decoder = Decoder(latent_channels, decoder_channels, blocks)
        # Buffers in fp32 that follow the device; the config is where their values live.
        mean, std = latents_mean or [0.0] * latent_channels, latents_std or [1.0] * latent_channels
        self.register_buffer("mean", torch.tensor(mean).view(1, -1, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(std).view(1, -1, 1, 1), persistent=False)

    def encode(self, pixels: torch.Tensor) -> torch.Tensor:
        """pixels (batch, 4, height, width) -> latents (batch, latent_channels, height / 8, width / 8)."""
        if pixels.ndim != 4 or pixels.shape[1] != 4:
            raise ValueError(f"pixels: got shape {tuple(pixels.shape)}; (batch, 4, height, width)")
        if pixels.shape[2] % self.downscale or pixels.shape[3] % self.downscale:
            raise ValueError(f"pixels: got {pixels.shape[2]} x {pixels.shape[3]}; multiples of {self.downscale}")
        return ((self.squashed(pixels) - self.mean) / self.std).to(pixels.dtype)

    def squashed(self, pixels: torch.Tensor) -> torch.Tensor:
        """Latents before the normalisation, within +-3."""
        return 3 * torch.tanh(self.encoder(pixels) / 3)

    def decode(self, latents: torch.Tensor, scale: int = 1) -> torch.Tensor:
        """latents -> pixels (batch, 4, scale * height, scale * width), scale 1 or 2, not clamped."""
        if scale not in (1, 2):
            raise ValueError(f"scale: got {scale}; 1 or 2")
        return self.decoder((latents * self.std + self.mean).to(latents.dtype), scale)

    def forward(self, pixels: torch.Tensor, scale: int = 1) -> torch.Tensor:
        """The round trip: pixels to pixels."""
        return self.decode(self.encode(pixels), scale)


class Encoder(nn.Module):
    """Pixels at half size in channels, then levels of residual blocks, each half the size of the last."""

    def __init__(self, latent_channels, channels, blocks):
        super().__init__()
        self.input = nn.Conv2d(4 * 4, channels[0], 3, padding=1)
        self.levels = nn.ModuleList(nn.Sequential(*[ResidualBlock(c) for _ in range(blocks)]) for c in channels)
        self.downs = nn.ModuleList(
            nn.Conv2d(4 * narrow, wide, 1) for narrow, wide in zip(channels, channels[1:], strict=False)
        )
        self.norm = nn.GroupNorm(8, channels[-1])
        self.output = nn.Conv2d(channels[-1], latent_channels, 3, padding=1)

    def forward(self, x):
        x = self.input(F.pixel_unshuffle(x, 2))
        for i, level in enumerate(self.levels):
            x = level(x)
            if i < len(self.downs):
                x = self.downs[i](F.pixel_unshuffle(x, 2))
        return self.output(F.silu(self.norm(x)))


class Decoder(nn.Module):
    """The encoder's mirror, with two heads on its last features: one draws at full size, one at twice it."""

    def __init__(self, latent_channels, channels, blocks):
        super().__init__()
        self.input = nn.Conv2d(latent_channels, channels[0], 3, padding=1)
        self.levels = nn.ModuleList(nn.Sequential(*[ResidualBlock(c) for _ in range(blocks)]) for c in channels)
        self.ups = nn.ModuleList(
            nn.Conv2d(wide, 4 * narrow, 1) for wide, narrow in zip(channels, channels[1:], strict=False)
        )
        self.head = nn.Conv2d(channels[-1], 4 * 2**2, 3, padding=1)
        self.head_2x = nn.Sequential(
            ResidualBlock(channels[-1]), nn.SiLU(), nn.Conv2d(channels[-1], 4 * 4**2, 3, padding=1)
        )

    def forward(self, x, scale):
        x = self.input(x)
        for i, level in enumerate(self.levels):
            x = level(x)
            if i < len(self.ups):
                x = F.pixel_shuffle(self.ups[i](x), 2)
        return F.pixel_shuffle(self.head(x) if scale == 1 else self.head_2x(x), 2 * scale)


class ResidualBlock(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm1 = nn.GroupNorm(8, channels)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1)
        self.norm2 = nn.GroupNorm(8, channels)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1)
        nn.init.zeros_(self.conv2.weight)  # each block starts as the identity

    def forward(self, x):
        h = self.conv1(F.silu(self.norm1(x)))
        return x + self.conv2(F.silu(self.norm2(h)))
