"""Pictures to export: made here, so that what they hold is known."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lit.export import Sticker
from lit.settings import GenerationSettings


@pytest.fixture
def shape() -> Image.Image:
    """A ring with a soft edge, red to blue from left to right, off the middle, clear black around it, 256 pixels."""
    alpha = Image.new("L", (1024, 1024))
    draw = ImageDraw.Draw(alpha)
    draw.ellipse((100, 300, 900, 1000), fill=255)
    draw.ellipse((400, 500, 700, 800), fill=0)
    pixels = np.zeros((256, 256, 4), np.uint8)
    pixels[..., 0], pixels[..., 2] = np.linspace(255, 0, 256), np.linspace(0, 255, 256)
    pixels[..., 3] = np.asarray(alpha.resize((256, 256), Image.Resampling.BOX))
    pixels[pixels[..., 3] == 0] = 0
    return Image.fromarray(pixels)


@pytest.fixture
def noise() -> Image.Image:
    """What no format makes small."""
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (256, 256, 4), np.uint8) | 64)


@pytest.fixture
def drawn(shape) -> Callable[..., list[Sticker]]:
    """A number of stickers of one prompt, seed by seed."""

    def make(count=1, prompt="A blue dragon", **settings):
        kinds = [GenerationSettings(prompt, style="fluent-3d", seed=i, **settings) for i in range(count)]
        return [Sticker.drawn([shape], kind) for kind in kinds]

    return make
