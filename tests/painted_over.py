"""A picture to draw over, and what of it is painted."""

import numpy as np
from PIL import Image, ImageDraw


def noise_picture(width: int, height: int) -> Image.Image:
    """Colours and transparency at random, always the same."""
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 4), dtype=np.uint8)
    return Image.fromarray(pixels, "RGBA")


def rectangle_mask(width: int, height: int, box: tuple[int, int, int, int]) -> Image.Image:
    """Painted within a box (left, top, right, bottom), both ends included."""
    mask = Image.new("L", (width, height))
    ImageDraw.Draw(mask).rectangle(box, fill=255)
    return mask
