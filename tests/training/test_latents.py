"""The transformer's batches: what goes together stays together."""

import pytest
import torch
import torch.nn.functional as F

from lit.data import Sampling, StickerData
from lit.styles import STYLES
from lit.training.batches.latents import LatentBatches


class Averages:
    """An autoencoder whose latents are the pictures, eight times smaller."""

    def encode(self, pixels):
        return F.avg_pool2d(pixels, 8)


@pytest.fixture
def batches(folder, text_encoder, tmp_path):
    """With each picture goes the mean of its pixels."""
    data = StickerData.open(folder, cache_dir=tmp_path)
    arguments = LatentBatches.Arguments(composite_pool=8)
    see = lambda pixels: F.adaptive_avg_pool2d(pixels, 2)  # noqa: E731
    networks = Averages(), text_encoder, torch.device("cpu")
    return LatentBatches(data, *networks, arguments, 0, STYLES, Sampling(), see)


@pytest.mark.parametrize("size", [128, 256])
def test_features_go_with_their_pictures_composed_ones_too(batches, size):
    torch.manual_seed(0)
    latents, words, mask, styles, features = batches.draw(12, size, 0.5)
    assert len(words) == len(mask) == len(styles) == 12 and features.dtype == torch.float16
    torch.testing.assert_close(F.adaptive_avg_pool2d(latents, 2), features.float(), atol=2e-3, rtol=0)
    assert len({tuple(row.flatten().tolist()) for row in features}) > 6
