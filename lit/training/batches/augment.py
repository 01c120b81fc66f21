"""Augmentation of sticker pictures on the device that holds them, a whole batch at once.

What a generator does to a picture and a judge must not mind: shifts, sizes, a little blur, noise, missing
parts, off colours, a background. No flips: some concepts differ by direction alone.
"""

import math

import torch
import torch.nn.functional as F

from lit.pixels import bytes_to_unit, over, unit_to_pixels

# RGB -> (luma, two chroma axes) of NTSC; hue is the angle of the chroma.
YIQ = ((0.299, 0.587, 0.114), (0.5959, -0.2746, -0.3213), (0.2115, -0.5227, 0.3112))


def augment(images: torch.Tensor, may_turn: torch.Tensor, generator: torch.Generator | None = None) -> torch.Tensor:
    """Premultiplied RGBA uint8 (B, 4, H, W) -> pixels (B, 4, H, W) in [-1, 1], each augmented on its own.

    may_turn: bool (B,): pictures whose hue may turn by any angle.  generator: on the device of the images;
    None for the device's own.
    """
    x = bytes_to_unit(images)
    x = recolour(x, may_turn, generator)
    x = warp(x, generator)
    x = cut_out(x, generator)
    x = background(x, generator)
    x = soften(x, generator)
    return unit_to_pixels(x)


def uniform(x: torch.Tensor, low: float, high: float, generator, *shape: int) -> torch.Tensor:
    """Uniform numbers (B, *shape) on the device of x (B, ...)."""
    return torch.empty(x.shape[0], *shape, device=x.device).uniform_(low, high, generator=generator)


def chance(x: torch.Tensor, probability: float, generator) -> torch.Tensor:
    """Bool (B, 1, 1, 1), true with the probability."""
    return uniform(x, 0.0, 1.0, generator, 1, 1, 1) < probability


def recolour(x: torch.Tensor, may_turn: torch.Tensor, generator) -> torch.Tensor:
    """Small changes of hue, saturation and brightness; for one in ten that may, any hue. x in [0, 1]."""
    to_yiq = torch.tensor(YIQ)
    from_yiq = torch.linalg.inv(to_yiq).to(x.device)  # inverted on the CPU: a GPU would wait for the check
    angle = uniform(x, -0.1, 0.1, generator)
    turned = may_turn & (uniform(x, 0.0, 1.0, generator) < 0.1)
    angle = torch.where(turned, uniform(x, -math.pi, math.pi, generator), angle)
    saturation, brightness = uniform(x, 0.7, 1.2, generator), uniform(x, 0.85, 1.15, generator)
    chroma = torch.zeros(x.shape[0], 3, 3, device=x.device)
    chroma[:, 0, 0] = brightness
    chroma[:, 1, 1] = chroma[:, 2, 2] = brightness * saturation * angle.cos()
    chroma[:, 2, 1] = brightness * saturation * angle.sin()
    chroma[:, 1, 2] = -chroma[:, 2, 1]
    matrix = from_yiq @ chroma @ to_yiq.to(x.device)  # (B, 3, 3)
    alpha = x[:, 3:]
    # The map is linear, so premultiplied colour goes through it as it is; it must end within [0, alpha].
    rgb = torch.einsum("bij,bjhw->bihw", matrix, x[:, :3]).clamp_min(0.0).minimum(alpha)
    return torch.cat([rgb, alpha], 1)


def warp(x: torch.Tensor, generator) -> torch.Tensor:
    """Rotate by up to 12 degrees, scale each axis by 0.7 to 1.15, shift by up to 8% of the side."""
    angle = uniform(x, -0.21, 0.21, generator)
    scale, stretch = uniform(x, 0.7, 1.15, generator), uniform(x, 0.93, 1.07, generator)
    theta = torch.zeros(x.shape[0], 2, 3, device=x.device)  # output position -> input position
    theta[:, 0, 0], theta[:, 0, 1] = angle.cos() / (scale * stretch), -angle.sin() / (scale * stretch)
    theta[:, 1, 0], theta[:, 1, 1] = angle.sin() * stretch / scale, angle.cos() * stretch / scale
    theta[:, :, 2] = uniform(x, -0.16, 0.16, generator, 2)
    grid = F.affine_grid(theta, list(x.shape), align_corners=False)
    return F.grid_sample(x, grid, padding_mode="zeros", align_corners=False)


def cut_out(x: torch.Tensor, generator) -> torch.Tensor:
    """Erase one rectangle, sides 10 to 35% of the picture, in three of ten pictures."""
    height, width = x.shape[-2:]
    inside = chance(x, 0.3, generator)
    for size, shape in ((height, (1, 1, height, 1)), (width, (1, 1, 1, width))):
        position = (torch.arange(size, device=x.device) / size).reshape(shape)
        start = uniform(x, 0.0, 0.9, generator, 1, 1, 1)
        length = uniform(x, 0.1, 0.35, generator, 1, 1, 1)
        inside = inside & (position >= start) & (position < start + length)
    return x * ~inside


def background(x: torch.Tensor, generator) -> torch.Tensor:
    """An opaque background of one colour behind one in seven."""
    colour = uniform(x, 0.0, 1.0, generator, 3, 1, 1)
    opaque = torch.cat([colour, torch.ones_like(colour[:, :1])], 1)  # (B, 4, 1, 1)
    return torch.where(chance(x, 0.15, generator), over(x, opaque), x)


def soften(x: torch.Tensor, generator) -> torch.Tensor:
    """Blur by up to a quarter's resolution and add noise, each to three of ten pictures."""
    for factor, probability in ((2, 0.3), (4, 0.1)):
        coarse = F.avg_pool2d(x, factor)
        blurred = F.interpolate(coarse, x.shape[-2:], mode="bilinear", align_corners=False)
        amount = uniform(x, 0.0, 1.0, generator, 1, 1, 1) * chance(x, probability, generator)
        x = torch.lerp(x, blurred, amount)
    deviation = uniform(x, 0.0, 0.06, generator, 1, 1, 1) * chance(x, 0.3, generator)
    noise = torch.randn(x.shape, device=x.device, generator=generator)
    return (x + deviation * noise).clamp(0.0, 1.0)
