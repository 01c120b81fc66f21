"""Going on with an autoencoder: what stays when its decoder learns alone, and how near pictures come back."""

import numpy as np
import pytest
import torch

from lit.data import StickerData
from lit.data.stickers import Sticker
from lit.models.autoencoder import StickerAutoencoder
from lit.styles import STYLES
from lit.training.models.autoencoder import held_out_figures
from lit.training.objectives import ReconstructionObjective

TINY = {"encoder_channels": (8, 16, 16), "decoder_channels": (16, 16, 8), "blocks": 1}


@pytest.mark.parametrize("decoder_only", [False, True])
def test_a_decoder_learns_alone(decoder_only):
    torch.manual_seed(0)
    network = StickerAutoencoder(**TINY)
    objective = ReconstructionObjective(network, ReconstructionObjective.Arguments(decoder_only=decoder_only))
    pixels, large = torch.rand(4, 4, 32, 32) * 2 - 1, torch.rand(1, 4, 64, 64) * 2 - 1
    objective(pixels, large)[0].backward()
    learning = {name.split(".")[0] for name, p in network.named_parameters() if p.grad is not None}
    assert learning == ({"decoder"} if decoder_only else {"encoder", "decoder"})


def test_edges_count_as_much_as_is_said():
    network, losses = StickerAutoencoder(**TINY), []
    pixels, large = torch.rand(4, 4, 32, 32) * 2 - 1, torch.rand(1, 4, 64, 64) * 2 - 1
    for weight in (0.0, 1.0, 2.0):
        arguments = ReconstructionObjective.Arguments(edge_weight=weight, latent_noise=0.0)
        losses.append(ReconstructionObjective(network, arguments)(pixels, large)[0].item())
    assert losses[2] - losses[1] == pytest.approx(losses[1] - losses[0], rel=1e-3) and losses[1] > losses[0]


class Darker(torch.nn.Module):
    """Gives opaque pictures back at any size, too dark by 0.1 in [0, 1], or by 0.2 where they are red."""

    device = torch.device("cpu")

    def forward(self, pixels, scale):
        pixels = torch.nn.functional.interpolate(pixels, scale_factor=scale)
        red = (pixels[:, :1] > pixels[:, 2:3]).float()
        return torch.cat([pixels[:, :3] - 0.2 - 0.2 * red, pixels[:, 3:]], dim=1)


def pictures(size):
    """Two test stickers of each of two styles, red ones and blue ones, and one of the train split."""
    stickers, images = [], []
    for i, (style, split) in enumerate([("noto", "test")] * 2 + [("blob", "test")] * 2 + [("blob", "train")]):
        kind = "svg" if i != 3 else "webp"
        stickers.append(Sticker(f"a{i}", f"a{i}", "x", style, STYLES.index(style), "thing", (), split, kind))
        picture = np.full((4, size, size), 255, np.uint8)
        picture[[1, 2] if style == "noto" else [0, 1]] = 100
        images.append(picture)
    return StickerData(stickers, np.stack(images))


def test_figures_are_of_the_pooled_error_by_style_and_the_worst_pictures_come_first():
    figures, (worst, back) = held_out_figures(Darker(), pictures(32), pictures(64))
    assert figures["same"] == pytest.approx(
        {"all": -10 * np.log10((0.2**2 + 0.1**2) / 2), "noto": -10 * np.log10(0.2**2), "blob": 20}, abs=1e-3
    )
    # A vector of each style alone is drawn at twice the size from half the pixels.
    assert figures["double"] == pytest.approx(
        {"all": -10 * np.log10((2 * 0.2**2 + 0.1**2) / 3), "noto": -10 * np.log10(0.2**2), "blob": 20}, abs=1e-3
    )
    assert figures["alpha"] == pytest.approx(0)
    red = [image.getpixel((3, 3))[0] > image.getpixel((3, 3))[2] for image in worst]
    assert red == [True, True, False, False] and len(back) == 4
