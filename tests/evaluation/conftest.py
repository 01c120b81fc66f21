"""A set of discs whose concept is their colour, an untrained model and an untrained evaluator."""

import numpy as np
import pytest
import torch
from evaluation.shapes import disc, empty

from lit.data import StickerData
from lit.data.stickers import Sticker
from lit.models.autoencoder import StickerAutoencoder
from lit.models.evaluator import StickerEvaluator
from lit.models.transformer import LiTTransformer2DModel
from lit.pipeline import LiTPipeline
from lit.pixels import pixels_to_bytes
from lit.styles import STYLES

NAMES = ("apple", "dog", "tree", "car", "boat", "house")
COLOURS = ((220, 30, 30), (200, 120, 20), (40, 160, 60), (50, 100, 220), (130, 60, 200), (250, 140, 190))


@pytest.fixture(scope="session")
def data():
    images, stickers = [], []
    for number, (name, colour) in enumerate(zip(NAMES, COLOURS, strict=True)):
        for style in STYLES[:4]:
            pixels = disc(empty(64)[0], 32, 32, 24 if number % 2 else 18, [c / 255 for c in colour])
            images.append(pixels_to_bytes(pixels[None])[0].numpy())
            split = "test" if STYLES.index(style) == number % 3 else "train"
            key = f"a{number}"
            stickers.append(Sticker(key, key, "x", style, STYLES.index(style), name, (name,), split, "svg"))
    return StickerData(stickers, np.stack(images))


@pytest.fixture(scope="session", params=["flow", "epsilon"])
def pipe(request, text_encoder):
    torch.manual_seed(0)
    flow = request.param == "flow"
    transformer = LiTTransformer2DModel(
        num_layers=1, hidden_size=32, num_attention_heads=2, num_cross_attention_heads=2, sample_size=8,
        prediction_type=request.param, out_channels=8 if flow else 16,
    )  # fmt: skip
    coder = StickerAutoencoder(encoder_channels=(8, 16, 16), decoder_channels=(16, 16, 8), blocks=1)
    for parameter in [*transformer.parameters(), *coder.parameters()]:
        torch.nn.init.normal_(parameter, std=0.1)  # as built, much is zero: nothing would depend on the words
    pipe = LiTPipeline(transformer.eval(), coder.eval(), text_encoder=text_encoder)
    pipe.set_progress_bar_config(disable=True)
    return pipe


@pytest.fixture(scope="session")
def evaluator():
    torch.manual_seed(1)
    return StickerEvaluator(
        widths=(8, 16), inner=(8, 8), depths=(1, 1), feature_dim=4, image_size=32, concepts=NAMES
    ).eval()
