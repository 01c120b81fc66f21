"""The preview decoder: sizes, and what it leaves out."""

import pytest
import torch

from lit.models.preview_decoder import PreviewDecoder


@torch.no_grad()
@pytest.mark.parametrize("channels", [(16, 8, 8), (16, 8)])
def test_latents_become_pixels_of_eight_times_their_size(channels):
    network = PreviewDecoder(channels=channels, blocks=1)
    assert network(torch.zeros(2, 8, 3, 5)).shape == (2, 4, 24, 40)


@torch.no_grad()
def test_a_place_depends_on_its_neighbourhood_alone():
    """Nothing is normalised over the picture: what is far away leaves a place as it is."""
    torch.manual_seed(0)
    network = PreviewDecoder(channels=(16, 8, 8), blocks=1)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.1)
    latents = torch.randn(1, 8, 16, 16)
    other = latents.clone()
    other[..., -2:] += 1
    before, after = network(latents), network(other)
    assert torch.equal(before[..., :64], after[..., :64]) and not torch.equal(before, after)


def test_int8_gives_the_picture_back(tmp_path):
    torch.manual_seed(0)
    network = PreviewDecoder(channels=(16, 8, 8), blocks=1)
    network.save_int8(tmp_path)
    latents = torch.randn(1, 8, 4, 4)
    with torch.no_grad():
        torch.testing.assert_close(
            PreviewDecoder.from_pretrained(tmp_path)(latents), network(latents), atol=0.02, rtol=0
        )
