"""Fitting: as large as the margin lets it, no colour from what is transparent, a border of one width."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lit.errors import InputError
from lit.export.fit import bordered, dilated, fit, on_ground, seen_box


def alpha_of(image) -> np.ndarray:
    return np.asarray(image.getchannel("A"))


@pytest.mark.parametrize("size", [(512, 512), (128, 128), (370, 320), (32, 300)])
@pytest.mark.parametrize("margin", [0, 8])
def test_a_picture_reaches_the_margin_and_stays_inside_it(shape, size, margin):
    (fitted,) = fit([shape], size, margin)
    assert fitted.size == size
    left, top, right, bottom = seen_box([fitted])
    gaps = left, top, size[0] - right, size[1] - bottom
    assert min(gaps) == pytest.approx(margin, abs=1.5)
    assert abs(gaps[0] - gaps[2]) <= 2 and abs(gaps[1] - gaps[3]) <= 2  # in the middle


@pytest.mark.parametrize("color", ["white", "black", (0, 255, 0)])
@pytest.mark.parametrize("side", [97, 512])
def test_the_colour_of_what_is_transparent_shows_nowhere(color, side):
    red = Image.new("RGBA", (200, 200), (255, 0, 0, 0))
    ImageDraw.Draw(red).ellipse((30, 40, 170, 160), fill=(255, 0, 0, 255))
    other = Image.new("RGBA", red.size, color)
    other.putalpha(0)
    other.paste(red, mask=red.getchannel("A").point([255 * (a > 0) for a in range(256)]))
    (fitted,) = fit([other], (side, side), 3, border=0)
    pixels = np.asarray(fitted)
    seen = pixels[pixels[..., 3] > 24]
    assert (seen[:, 0] > 240).all() and (seen[:, 1:3] < 12).all()


def test_frames_keep_their_places_to_each_other():
    frames = []
    for x in (20, 60, 100):
        frames.append(Image.new("RGBA", (200, 200)))
        ImageDraw.Draw(frames[-1]).rectangle((x, 50, x + 39, 89), fill="blue")
    boxes = [seen_box([frame]) for frame in fit(frames, (300, 300), 10)]
    steps = np.diff([(left, right) for left, _, right, _ in boxes], axis=0)
    scale = (300 - 20) / 120
    assert np.allclose(steps, 40 * scale, atol=2)
    assert len({(top, bottom) for _, top, _, bottom in boxes}) == 1


def test_a_faint_spot_in_a_corner_is_no_part_of_the_picture(shape):
    clean = fit([shape], (512, 256), 8)[0]
    spotted = shape.copy()
    for spot in ((0, 0), (0, 200), (255, 249)):
        spotted.putpixel(spot, (90, 90, 90, 24))
    assert fit([spotted], (512, 256), 8)[0].tobytes() == clean.tobytes()


def test_a_soft_edge_stays(shape):
    (fitted,) = fit([shape], (256, 256))
    soft = (alpha_of(fitted) > 0) & (alpha_of(fitted) < 255)
    assert soft.sum() > 500


@pytest.mark.parametrize("level", [0, 20])
def test_an_empty_picture_is_refused_in_words(level):
    with pytest.raises(InputError, match="^picture: .*transparent"):
        fit([Image.new("RGBA", (64, 64), (255, 0, 0, level))], (128, 128))


def test_a_border_is_white_and_of_its_width_on_every_side():
    disc = Image.new("RGBA", (200, 200))
    ImageDraw.Draw(disc).ellipse((60, 60, 140, 140), fill="navy")
    whole = bordered(disc, 10)
    y, x = np.mgrid[:200, :200]
    away = np.hypot(x - 100, y - 100)
    alpha, color = alpha_of(whole), np.asarray(whole)[..., :3]
    assert (alpha[away < 49] == 255).all() and (alpha[away > 52] == 0).all()
    assert (color[(away > 42) & (away < 49)] > 250).all()
    assert (color[away < 38] == (0, 0, 128)).all()


def test_growing_keeps_the_edge_soft_and_moves_it_by_the_radius():
    edge = np.zeros((40, 60), np.uint8)
    edge[:, :20], edge[:, 20] = 255, 100
    grown = dilated(edge, 7)
    assert (grown[:, :27] == 255).all() and (grown[:, 27] == 100).all() and (grown[:, 28:] == 0).all()


def test_a_soft_shadow_gets_no_border():
    shadow = Image.new("RGBA", (64, 64), (0, 0, 0, 50))
    assert alpha_of(bordered(shadow, 4)).max() == 50


def test_on_a_ground_half_a_colour_is_half_way():
    half = Image.new("RGBA", (4, 4), (255, 0, 0, 128))
    assert on_ground(half, "#0000ff").getpixel((0, 0)) == pytest.approx((128, 0, 127), abs=1)
