"""Fixtures that more than one folder of tests uses."""

import os
from pathlib import Path

import pytest
import sticker_set
import torch

from lit.models.autoencoder import StickerAutoencoder
from lit.models.text import TextEncoder
from lit.models.transformer import LiTTransformer2DModel
from lit.pipeline import LiTPipeline
from lit.settings import use_styles
from lit.styles import in_use

if "PYTEST_XDIST_WORKER" in os.environ:
    torch.set_num_threads(1)  # the other cores have tests of their own
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # and so has what a test starts


@pytest.fixture(autouse=True)
def styles_in_use():
    """What people may choose is afterwards what it was, whatever model a test has begun with."""
    before = in_use()
    yield
    if in_use() != before:
        use_styles(before)


@pytest.fixture(scope="session")
def text_encoder() -> TextEncoder:
    return TextEncoder.from_pretrained()


def randomised(module: torch.nn.Module, seed: int) -> torch.nn.Module:
    """Every parameter drawn anew: as built, last layers are zero and no output would depend on its input."""
    generator = torch.Generator().manual_seed(seed)
    for parameter in module.parameters():
        parameter.data.copy_(torch.randn(parameter.shape, generator=generator) * 0.1)
    return module.eval().requires_grad_(False)


def make_pipeline(text_encoder: TextEncoder, **transformer) -> LiTPipeline:
    """A pipeline with small random networks, always the same; keyword arguments go to the transformer."""
    tiny = {"num_layers": 2, "hidden_size": 32, "num_attention_heads": 2, "num_cross_attention_heads": 2}
    if transformer.get("prediction_type", "flow-map") == "flow-map":
        tiny |= {"prediction_type": "flow-map", "guidance_range": (1.0, 8.0)}
    pipe = LiTPipeline(
        transformer=randomised(LiTTransformer2DModel(**tiny | transformer), seed=1),
        autoencoder=randomised(
            StickerAutoencoder(encoder_channels=(8, 16, 16), decoder_channels=(16, 16, 8), blocks=1, usual_scale=2),
            seed=2,
        ),
        text_encoder=text_encoder,
    )
    pipe.set_progress_bar_config(disable=True)
    return pipe


@pytest.fixture
def tiny_pipeline(text_encoder) -> LiTPipeline:
    """A flow map's pipeline of its own for each test, so that a test may change it."""
    return make_pipeline(text_encoder)


@pytest.fixture
def tiny_flow_pipeline(text_encoder) -> LiTPipeline:
    """The same shape as a flow, which is guided by two branches."""
    return make_pipeline(text_encoder, prediction_type="flow")


@pytest.fixture
def tiny_epsilon_pipeline(text_encoder) -> LiTPipeline:
    """The same shape as a model that predicts noise and its variance."""
    return make_pipeline(text_encoder, prediction_type="epsilon", out_channels=16)


@pytest.fixture(scope="session")
def rows() -> list[dict]:
    """The rows of a small sticker set."""
    return sticker_set.rows()


@pytest.fixture(scope="session")
def folder(rows, tmp_path_factory) -> Path:
    """The same as a folder of two Parquet files."""
    path = tmp_path_factory.mktemp("stickers")
    sticker_set.write(rows[::2], path / "one.parquet")
    sticker_set.write(rows[1::2], path / "two.parquet")
    return path
