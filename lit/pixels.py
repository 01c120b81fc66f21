"""Pictures in numbers: the forms that pixels take here, and the ways between them.

    bytes    uint8 (n, 4, h, w), premultiplied RGBA: rendered stickers
    unit     float (n, 4, h, w) in [0, 1], premultiplied: what is composed, augmented and measured
    pixels   float (n, 4, h, w) in [-1, 1], premultiplied: what the networks take and give
    images   PIL, RGBA with straight alpha: what people see and PNGs hold

Premultiplied means: colour times alpha. What is transparent then has no colour, and averages, convolutions and
enlargements leave no fringe at its edge.
"""

import numpy as np
import torch
from PIL import Image
from torch import Tensor


def bytes_to_unit(images: Tensor) -> Tensor:
    return images.float() / 255


def bytes_to_pixels(images: Tensor) -> Tensor:
    return images.float() / 127.5 - 1


def unit_to_bytes(unit: Tensor) -> Tensor:
    """Rounded, on the CPU."""
    return (unit * 255).round().to(torch.uint8).cpu()


def unit_to_pixels(unit: Tensor) -> Tensor:
    return unit * 2 - 1


def pixels_to_unit(pixels: Tensor) -> Tensor:
    """Not clamped: what a network draws may lie a little outside."""
    return pixels / 2 + 0.5


def pixels_to_bytes(pixels: Tensor) -> Tensor:
    """Clamped and rounded, on the CPU, colour no more than its alpha (as a PNG would hold it)."""
    unit = pixels_to_unit(pixels.float()).clamp(0, 1)
    return unit_to_bytes(torch.cat([unit[:, :3].minimum(unit[:, 3:]), unit[:, 3:]], 1))


def images_to_unit(images: list[Image.Image]) -> Tensor:
    """Pictures of one size -> unit (n, 4, h, w)."""
    straight = torch.from_numpy(np.stack([np.asarray(image.convert("RGBA")) for image in images]))
    straight = bytes_to_unit(straight.permute(0, 3, 1, 2))  # (n, 4, h, w)
    return torch.cat([straight[:, :3] * straight[:, 3:], straight[:, 3:]], 1).contiguous()


def images_to_pixels(images: list[Image.Image]) -> Tensor:
    """Pictures of one size -> pixels (n, 4, h, w)."""
    return unit_to_pixels(images_to_unit(images))


def pixels_to_images(pixels: Tensor) -> list[Image.Image]:
    """Clamped and rounded; what is transparent has no colour."""
    unit = pixels_to_unit(pixels.float()).clamp(0, 1)
    # Below half a grey level nothing is drawn.
    color, alpha = straight(torch.where(unit[:, 3:] < 0.5 / 255, 0.0, unit))
    image = unit_to_bytes(torch.cat([color, alpha.unsqueeze(1)], 1)).permute(0, 2, 3, 1).contiguous()
    return [Image.fromarray(one.numpy(), "RGBA") for one in image]


def straight(unit: Tensor) -> tuple[Tensor, Tensor]:
    """Unit (n, 4, ...) -> straight rgb (n, 3, ...), black where nothing is, and alpha (n, ...)."""
    alpha = unit[:, 3]
    return (unit[:, :3] / alpha.clamp_min(1e-4).unsqueeze(1)).clamp(0, 1), alpha


def alpha_of(pixels: Tensor) -> Tensor:
    """Alpha in [0, 1], (n, h, w), of pixels."""
    return pixels_to_unit(pixels[:, 3])


def over(front: Tensor, back: Tensor) -> Tensor:
    """One picture laid over another, both unit and of shapes that broadcast (Porter and Duff, 1984)."""
    return front + back * (1 - front[:, 3:])
