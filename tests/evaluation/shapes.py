"""Discs on a transparent canvas, in pixels as the networks take them."""

import torch


def empty(size=64, count=1):
    return torch.full((count, 4, size, size), -1.0)


def disc(pixels, x, y, radius, colour=(1.0, 1.0, 1.0)):
    """Draw a filled disc into pixels (4, H, W), positions in pixels."""
    rows = torch.arange(pixels.shape[1])[:, None]
    columns = torch.arange(pixels.shape[2])[None]
    inside = (rows - y) ** 2 + (columns - x) ** 2 <= radius**2
    for channel, value in enumerate((*colour, 1.0)):
        pixels[channel][inside] = value * 2 - 1
    return pixels
