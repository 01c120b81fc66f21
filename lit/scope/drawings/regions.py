"""Regions of a picture, and maps and parts as pictures."""

from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image

from lit.errors import InputError, Phrase

# What a region measures of premultiplied RGBA in [0, 1]; luminance as Rec. 709 weighs it.
CHANNELS = {
    "luminance": (0.2126, 0.7152, 0.0722, 0.0),
    "red": (1.0, 0.0, 0.0, 0.0),
    "green": (0.0, 1.0, 0.0, 0.0),
    "blue": (0.0, 0.0, 1.0, 0.0),
    "alpha": (0.0, 0.0, 0.0, 1.0),
}


@dataclass(frozen=True)
class Region:
    """A box of pixels [left, right) x [top, bottom) and what is measured in it: the mean of a channel."""

    left: int
    top: int
    right: int
    bottom: int
    channel: str = "luminance"

    @classmethod
    def pixel(cls, x: int, y: int, channel: str = "luminance") -> "Region":
        return cls(x, y, x + 1, y + 1, channel)

    def validate(self, width: int, height: int) -> "Region":
        """Return self, or raise InputError for a box that is empty or not inside the picture."""
        inside = Phrase(
            "inside the picture, 0 to {right} across and 0 to {bottom} down", right=width - 1, bottom=height - 1
        )
        if not (0 <= self.left < width and 0 <= self.top < height):
            raise InputError("point", (self.left, self.top), Phrase("one {inside}", inside=inside))
        if not (self.left < self.right <= width and self.top < self.bottom <= height):
            box = (self.left, self.top, self.right, self.bottom)
            raise InputError("region", box, Phrase("left, top, right, bottom with some area, {inside}", inside=inside))
        if self.channel not in CHANNELS:
            raise InputError("channel", self.channel, Phrase("one of {names}", names=", ".join(CHANNELS)))
        return self

    def weights(self, width: int, height: int, like: torch.Tensor) -> torch.Tensor:
        """v (1, 4, height, width) with <v, picture> = the mean of the channel over the box."""
        v = like.new_zeros(1, 4, height, width)
        area = (self.right - self.left) * (self.bottom - self.top)
        channel = torch.tensor(CHANNELS[self.channel], dtype=v.dtype, device=v.device).view(4, 1, 1)
        v[0, :, self.top : self.bottom, self.left : self.right] = channel / area
        return v

    def mean(self, pictures: torch.Tensor) -> torch.Tensor:
        """The measure of pictures (n, 4, height, width): (n,)."""
        box = pictures[:, :, self.top : self.bottom, self.left : self.right].mean(dim=(2, 3), dtype=torch.float64)
        return box @ torch.tensor(CHANNELS[self.channel], dtype=torch.float64, device=box.device)


def squares(size: tuple[int, int], side: int, channel: str = "luminance") -> list[Region]:
    """A picture of size (width, height) as squares of `side` pixels, row by row; the last ones may be cut."""
    width, height = size
    return [
        Region(x, y, min(x + side, width), min(y + side, height), channel)
        for y in range(0, height, side)
        for x in range(0, width, side)
    ]


def to_image(pixels: torch.Tensor) -> Image.Image:
    """Premultiplied RGBA (4, h, w) in [0, 1] -> straight RGBA, clamped."""
    from lit.pixels import pixels_to_images

    return pixels_to_images(pixels[None] * 2 - 1)[0]


def part_image(part: torch.Tensor, gain: float = 1.0) -> Image.Image:
    """A part of a picture, (4, h, w) premultiplied and of either sign, as it changes the colours over white:
    middle grey where it changes nothing, lighter where it adds light, darker where it takes it."""
    shown = part[:3] - part[3:]  # over white a pixel is rgb + (1 - alpha)
    return _bytes_image((0.5 + 0.5 * gain * shown).clamp(0, 1).permute(1, 2, 0))


def gain_of(parts: torch.Tensor, inner: bool = False) -> float:
    """The amplification that lets the strongest of parts (n, 4, h, w) just span the scale of `part_image`; of an inner
    layer, whose magnitude is shown over its own maximum, 1."""
    if inner:
        return 1.0
    top = (parts[:, :3] - parts[:, 3:]).abs().max().item() if len(parts) else 0.0
    return 1 / top if top > 0 else 1.0


def magnitude_image(magnitude: torch.Tensor, size: tuple[int, int]) -> Image.Image:
    """A map (h, w) >= 0 as grey from black to white at its maximum, enlarged to size = (width, height) in blocks."""
    unit = magnitude / magnitude.max().clamp_min(1e-30)
    return _bytes_image(unit[..., None].expand(-1, -1, 3)).resize(size, Image.Resampling.NEAREST)


def signed_image(values: torch.Tensor, size: tuple[int, int]) -> Image.Image:
    """A map (h, w) of either sign: blue below zero, white at it, red above, each full at the largest size."""
    unit = (values / values.abs().max().clamp_min(1e-30)).float().cpu().unsqueeze(-1)
    red, blue = torch.tensor([0.70, 0.09, 0.17]), torch.tensor([0.13, 0.40, 0.67])
    color = 1 - unit.clamp_min(0) * (1 - red) - (-unit).clamp_min(0) * (1 - blue)
    return _bytes_image(color).resize(size, Image.Resampling.NEAREST)


def _bytes_image(values):
    array = (values.detach().float().cpu().numpy() * 255).round().astype(np.uint8)
    return Image.fromarray(np.ascontiguousarray(array), "RGB")
