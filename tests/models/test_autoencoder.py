"""The autoencoder: shapes and the normalisation."""

import pytest
import torch

from lit.models.autoencoder import StickerAutoencoder


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


@pytest.mark.parametrize("pixels", [torch.zeros(1, 4, 30, 32), torch.zeros(1, 3, 32, 32)])
def test_pixels_that_do_not_fit(pixels):
    with pytest.raises(ValueError, match="pixels: got"):
        tiny().encode(pixels)
