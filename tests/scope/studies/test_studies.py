"""The paper's studies: each is a sum or a share that has to come out."""

import json
import re
from pathlib import Path

import pytest
import torch
from conftest import make_pipeline
from scope.conftest import randomised
from scope.laws import miss

from lit.errors import InputError
from lit.models.evaluator import StickerEvaluator
from lit.scope.drawings.drawing import OpenedDrawing
from lit.scope.drawings.regions import Region
from lit.scope.studies import layers, votes
from lit.scope.studies.page import blocks
from lit.settings import GenerationSettings

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"


@pytest.fixture(scope="module")
def opened(text_encoder):
    settings = GenerationSettings("a cat", height=64, width=64, num_inference_steps=2, seed=3)
    return OpenedDrawing.open(make_pipeline(text_encoder), settings)


@pytest.fixture(scope="module")
def evaluator():
    network = StickerEvaluator(
        widths=(8, 8), inner=(8, 4), depths=(1, 1), feature_dim=16, text_dim=8, image_size=32, styles=("a", "b")
    )
    return randomised(network, seed=5, scale=0.3)


@pytest.fixture
def pixels():
    """A sticker of noise in the middle of a transparent picture."""
    pixels = -torch.ones(1, 4, 64, 64)
    pixels[:, :, 16:48, 16:48] = torch.rand(1, 4, 32, 32, generator=torch.Generator().manual_seed(0))
    return pixels


def test_votes_and_constant_add_up_and_transparent_pixels_abstain(evaluator, pixels):
    vote = votes.pixel_vote(evaluator, pixels, style="b")
    assert vote.score == pytest.approx(evaluator.style_logits(pixels)[0, 1].item(), abs=1e-5)
    assert vote.votes.sum().item() + vote.constant == pytest.approx(vote.score, abs=1e-5)
    assert (vote.votes[:16] == 0).all() and vote.votes[16:48, 16:48].abs().max() > 0
    text = torch.randn(8, generator=torch.Generator().manual_seed(1))
    alike = votes.pixel_vote(evaluator, pixels, text=text)
    assert alike.score == pytest.approx((evaluator.embed(pixels)[0] @ text).item(), abs=1e-5)
    with pytest.raises(InputError, match="style: got 'oil'"):
        votes.pixel_vote(evaluator, pixels, style="oil")
    with pytest.raises(InputError, match="one of the two"):
        votes.pixel_vote(evaluator, pixels)


def test_discarding_nothing_changes_nothing(evaluator, pixels):
    found = votes.pixel_discard(evaluator, pixels, style="a", kept=(0.1, 1.0))
    assert found.frozen[1] == pytest.approx(found.full, abs=1e-5)
    assert found.live[1] == pytest.approx(found.full, abs=1e-5)
    assert abs(found.live[0] - found.full) > 1e-4
    kept = torch.tensor([one.getextrema()[3][1] > 0 for one in found.pictures])
    assert kept.all() and found.picture().size == (256, 150)


def test_shares_add_up_to_one_at_every_depth(opened):
    found = layers.bias_shares(opened, [0, 1])
    assert list(found[0])[:2] == ["guided.transformer.blocks.0", "guided.transformer.blocks.1"]
    for by_layer in found.values():
        for shares in by_layer.values():
            assert shares.input + shares.words + shares.biases == pytest.approx(1, abs=1e-4)
    assert layers.draw_shares(found).size[0] == 256


def test_what_latents_words_and_biases_draw_adds_up_to_the_picture(opened):
    found = layers.copy_or_create(opened, 1, grid=2)
    assert miss(found.parts.sum(0), opened.step(1).picture) < 1e-5
    assert len(found.places) == len(found.moved) == 4 and all(0 <= near <= 1 for near in found.near)


def test_rows_and_columns_are_tables_of_pictures(opened):
    depths = ["guided.transformer.blocks.0", None]
    for study in (layers.rows_by_depth, layers.columns_by_depth):
        found = study(opened, Region(24, 24, 40, 40), [0, 1], depths)
        assert found.labels == ["after block 1 of 2", "picture"]
        assert [len(row) for row in found.images] == [len(row) for row in found.spread] == [2, 2]
        assert found.picture().size == (110 + 2 * 128, 18 + 2 * 132)
    values, picture = layers.singular_bases(opened.step(1, layer="clean"), 2)
    assert values == sorted(values, reverse=True) and picture.size == (110 + 2 * 128, 18 + 2 * 132)


def test_spread_is_a_distance_in_pixels():
    energy = torch.zeros(8, 8)
    energy[2, 5] = 3.0
    assert layers.spread(energy, Region(44, 20, 45, 21), (64, 64)) == pytest.approx(0.5**0.5)
    assert layers.spread(energy, Region(40, 20, 48, 21), (64, 64)) == pytest.approx(0.5)
    assert layers.spread(energy, Region(40, 36, 48, 44), (64, 64)) == pytest.approx(20)


def test_the_page_says_what_was_measured():
    numbers, page = json.loads((DOCS / "scope/numbers.json").read_text()), (DOCS / "scope.md").read_text()
    found = blocks(numbers)
    assert set(found) == set(re.findall(r"<!-- (\w+) -->", page))
    for name, block in found.items():
        assert f"<!-- {name} -->\n{block}\n<!-- /{name} -->" in page
    for picture in re.findall(r"\]\((scope/[\w-]+\.png)\)", page):
        assert (DOCS / picture).stat().st_size < 300_000
