"""Latents to pictures; and pictures to what a drawing over them starts from, and ends in."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from diffusers import ModelMixin
from PIL import Image, ImageFilter

from lit.pixels import images_to_pixels, images_to_unit, pixels_to_images, unit_to_pixels
from lit.sampling.objectives import Objective
from lit.settings import Source

EDGE = 4  # pixels of the drawing: where a painted place ends softly, what is drawn fades out within about 12


@torch.inference_mode()
def decode(autoencoder: ModelMixin, latents: torch.Tensor, scale: int = 1, quick: ModelMixin | None = None):
    """PIL RGBA pictures of latents (images, channels, h, w), at `scale` times their size; by the preview decoder
    `quick` where one is given, at its own."""
    latents = latents.to(autoencoder.device, autoencoder.dtype)
    way = quick or partial(autoencoder.decode, scale=scale)
    # One at a time: an image's bytes must not depend on its neighbours, and a large batch needs memory.
    return [pixels_to_images(way(one[None]))[0] for one in latents]


@dataclass(frozen=True)
class Start:
    """A picture to draw over, in numbers.

    clean: its latents x_0, float32 (1, channels, h, w).  anew: bool (1, 1, h, w), true where they are drawn; None for
    everywhere.  soft: L, of the source's size, 255 where the drawn picture is seen and 0 where the given one stays.
    """

    source: Source
    clean: torch.Tensor
    anew: torch.Tensor | None = None
    soft: Image.Image | None = None

    @staticmethod
    @torch.inference_mode()
    def of(source: Source, autoencoder, scale: int = 1) -> "Start":
        """scale: how many times as large the source is as the drawing."""
        pixels = images_to_pixels([source.image]).to(autoencoder.device, autoencoder.dtype)
        pixels = F.avg_pool2d(pixels, scale)  # as the decoder has learned it, which draws them enlarged
        clean = autoencoder.encode(pixels).float()
        if source.mask is None:
            return Start(source, clean)
        # What is painted is seen whole; from its edge the given picture comes back.
        edge = EDGE * scale
        grown = source.mask.filter(ImageFilter.MaxFilter(2 * edge + 1))
        soft = Image.composite(grown, grown.filter(ImageFilter.GaussianBlur(edge / 2)), source.mask.point(_whole))
        anew = F.max_pool2d(_as_tensor(soft), autoencoder.downscale * scale) > 0
        return Start(source, clean, anew, soft)

    @property
    def share(self) -> torch.Tensor | None:
        """How much of each pixel is the drawn picture's, float32 (1, 1, height, width) in [0, 1]; None for all."""
        return None if self.soft is None else _as_tensor(self.soft)

    def noised(self, noise: torch.Tensor, objective: Objective, time: float) -> torch.Tensor:
        """x_t = alpha x_0 + sigma n for noise (images, channels, h, w)."""
        alpha, sigma = objective.levels(time)
        return alpha * self.clean.to(noise) + sigma * noise

    def keep(self, latents: torch.Tensor, noise: torch.Tensor, objective: Objective, time: float) -> torch.Tensor:
        """Latents at this time, with the given picture's own where it stays."""
        if self.anew is None:
            return latents
        return torch.where(self.anew.to(latents.device), latents, self.noised(noise, objective, time).to(latents))

    def finish(self, drawn: Image.Image) -> Image.Image:
        """The drawn picture where it was painted, the given one to the byte where it stays, and between them
        softly."""
        share = self.share
        if self.soft is None or share is None:
            return drawn
        if drawn.size != self.source.image.size:  # a draft, which is never enlarged by its decoder
            drawn = drawn.convert("RGBa").resize(self.source.image.size, Image.Resampling.BICUBIC).convert("RGBA")
        given, new = (images_to_unit([image]) for image in (self.source.image, drawn))
        (mixed,) = pixels_to_images(unit_to_pixels(share * new + (1 - share) * given))
        mixed.paste(drawn, mask=self.soft.point(_whole))
        mixed.paste(self.source.image, mask=self.soft.point(_nothing))
        return mixed


def _as_tensor(mask):
    """L -> float32 (1, 1, h, w) in [0, 1]."""
    return torch.from_numpy(np.array(mask))[None, None] / 255


def _whole(value):
    return 255 * (value == 255)


def _nothing(value):
    return 255 * (value == 0)
