"""The autoencoder: shapes, the normalisation, and pictures to pixels and back."""

import pytest
import torch
from PIL import Image

from lit.models.autoencoder import StickerAutoencoder, images_to_pixels, pixels_to_images


def tiny(**kwargs):
    return StickerAutoencoder(encoder_channels=(8, 16, 16), decoder_channels=(16, 16, 8), blocks=1, **kwargs).eval()


@torch.no_grad()
@pytest.mark.parametrize("height, width", [(32, 32), (24, 40)])
def test_sizes(height, width):
    network = tiny()
    latents = network.encode(torch.zeros(2, 4, height, width))
    assert latents.shape == (2, 8, height // 8, width // 8)
    assert network.decode(latents).shape == (2, 4, height, width)
    assert network.decode(latents, scale=2).shape == (2, 4, 2 * height, 2 * width)


@torch.no_grad()
def test_normalisation_changes_the_latents_and_not_the_picture():
    torch.manual_seed(0)
    plain, pixels = tiny(), torch.rand(1, 4, 32, 32) * 2 - 1
    scaled = tiny(latents_mean=[0.5] * 8, latents_std=[2.0] * 8)
    scaled.load_state_dict(plain.state_dict())
    torch.testing.assert_close(scaled.encode(pixels) * 2 + 0.5, plain.encode(pixels))
    torch.testing.assert_close(scaled(pixels), plain(pixels))


def test_pictures_round_trip():
    image = Image.effect_noise((16, 8), 80).convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize((16, 8)))
    (back,) = pixels_to_images(images_to_pixels([image]))
    visible = [(a, b) for a, b in zip(image.getdata(), back.getdata(), strict=True) if a[3] > 127]
    assert visible and max(abs(x - y) for a, b in visible for x, y in zip(a, b, strict=True)) <= 1


def test_what_is_transparent_has_no_colour():
    (image,) = pixels_to_images(torch.tensor([1.0, 1.0, 1.0, -1.0]).view(1, 4, 1, 1))
    assert image.getpixel((0, 0)) == (0, 0, 0, 0)


@pytest.mark.parametrize("pixels", [torch.zeros(1, 4, 30, 32), torch.zeros(1, 3, 32, 32)])
def test_pixels_that_do_not_fit(pixels):
    with pytest.raises(ValueError, match="pixels: got"):
        tiny().encode(pixels)
