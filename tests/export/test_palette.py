"""Few colours: as many as were asked for, near to what was there, clear where it was clear."""

import numpy as np
import pytest
from PIL import Image

from lit.export.palette import in_one_palette


def premultiplied(image) -> np.ndarray:
    pixels = np.asarray(image.convert("RGBA"), float)
    return np.concatenate([pixels[..., :3] * pixels[..., 3:] / 255, pixels[..., 3:]], -1)


@pytest.mark.parametrize(("colors", "most"), [(256, 3), (64, 6), (16, 16)])
def test_colours_are_few_and_near(shape, colors, most):
    few = in_one_palette([shape, shape.rotate(90)], colors)
    used = {color for page in few for color in np.asarray(page).ravel().tolist()}
    assert len(used) <= colors
    for before, page in zip([shape, shape.rotate(90)], few):
        error = np.abs(premultiplied(before) - premultiplied(page))
        assert error[np.asarray(before)[..., 3] > 0].mean() < most
        assert (np.asarray(page.convert("RGBA"))[..., 3][np.asarray(before)[..., 3] == 0] == 0).all()


def test_frames_share_one_palette(shape):
    first, second = in_one_palette([shape, Image.new("RGBA", shape.size, "lime")], 32)
    assert first.palette.getdata() == second.palette.getdata()


def test_a_few_colours_come_back_as_they_were():
    image = Image.new("RGBA", (30, 30), (200, 100, 50, 255))
    image.paste((10, 20, 30, 255), (0, 0, 10, 30))
    image.paste((255, 255, 255, 128), (10, 0, 20, 30))
    assert np.abs(np.asarray(in_one_palette([image], 8)[0].convert("RGBA"), int) - np.asarray(image, int)).max() <= 1


def test_nothing_is_one_clear_colour():
    (page,) = in_one_palette([Image.new("RGBA", (5, 5))], 16)
    assert np.asarray(page.convert("RGBA")).max() == 0
