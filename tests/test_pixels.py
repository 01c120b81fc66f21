"""Pixels: each way there and back, and what lies over what."""

import numpy as np
import pytest
import torch
from PIL import Image

from lit import pixels as p


def noise():
    """Every byte of colour and alpha, colour within its alpha."""
    generator = torch.Generator().manual_seed(0)
    image = torch.randint(0, 256, (3, 4, 32, 24), generator=generator, dtype=torch.uint8)
    image[:, :3] = image[:, :3].minimum(image[:, 3:])
    return image


def test_bytes_come_back_from_pixels_and_from_unit():
    image = noise()
    assert torch.equal(p.pixels_to_bytes(p.bytes_to_pixels(image)), image)
    assert torch.equal(p.unit_to_bytes(p.bytes_to_unit(image)), image)
    torch.testing.assert_close(p.unit_to_pixels(p.bytes_to_unit(image)), p.bytes_to_pixels(image))
    torch.testing.assert_close(p.pixels_to_unit(p.bytes_to_pixels(image)), p.bytes_to_unit(image))


def test_pictures_come_back_where_they_can_be_seen():
    image = Image.effect_noise((16, 8), 80).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize((16, 8)))
    (back,) = p.pixels_to_images(p.images_to_pixels([image]))
    there, here = np.asarray(image), np.asarray(back)
    visible = there[..., 3] > 0
    assert visible.sum() > 100 and (there[visible] == here[visible]).all()


def test_what_is_transparent_has_no_colour():
    (image,) = p.pixels_to_images(torch.tensor([1.0, 1.0, 1.0, -1.0]).view(1, 4, 1, 1))
    assert image.getpixel((0, 0)) == (0, 0, 0, 0)


def test_pixels_beyond_the_range_are_clamped_and_colour_stays_within_alpha():
    pixels = torch.tensor([3.0, -3.0, 0.5, 0.0]).view(1, 4, 1, 1)
    assert p.pixels_to_bytes(pixels).flatten().tolist() == [128, 0, 128, 128]
    assert p.pixels_to_images(pixels)[0].getpixel((0, 0)) == (255, 0, 255, 128)


def test_straight_colour_times_alpha_is_the_premultiplied_one():
    unit = p.bytes_to_unit(noise())
    rgb, alpha = p.straight(unit)
    torch.testing.assert_close(rgb * alpha.unsqueeze(1), unit[:, :3])
    assert torch.equal(p.alpha_of(p.unit_to_pixels(unit)), p.pixels_to_unit(p.unit_to_pixels(unit))[:, 3])


def test_laying_over_is_associative_and_opaque_hides():
    a, b, c = (p.bytes_to_unit(noise().roll(shift, 0)) for shift in range(3))
    torch.testing.assert_close(p.over(p.over(a, b), c), p.over(a, p.over(b, c)))
    opaque = torch.cat([c[:, :3], torch.ones_like(c[:, 3:])], 1)
    assert torch.equal(p.over(opaque, a), opaque)
    assert p.over(a, opaque)[:, 3].eq(1).all()


@pytest.mark.parametrize("size", [(1, 1), (5, 3)])
def test_pil_composes_alike(size):
    """PIL, which holds straight colours in bytes, lays pictures over each other to the same bytes but one step."""
    images = [p.pixels_to_images(p.bytes_to_pixels(noise()[i : i + 1]))[0].resize(size) for i in (0, 1)]
    ours = p.over(*(p.images_to_unit([image]) for image in images))
    theirs = p.images_to_unit([Image.alpha_composite(images[1], images[0])])
    assert (ours - theirs).abs().max() < 2 / 255
