"""The evaluator network: shapes, sizes of pictures, saving."""

import pytest
import torch
import torch.nn.functional as F

from lit.models.evaluator import StickerEvaluator

TINY = {
    "widths": (8, 16),
    "inner": (8, 8),
    "depths": (1, 1),
    "feature_dim": 24,
    "text_dim": 12,
    "image_size": 32,
}


@pytest.fixture
def evaluator():
    torch.manual_seed(0)
    return StickerEvaluator(**TINY, concepts=("cat", "dog")).eval()


@pytest.mark.parametrize("height, width", [(32, 32), (64, 64), (50, 50), (40, 72), (16, 16)])
def test_any_picture_size(evaluator, height, width):
    pixels = torch.rand(3, 4, height, width) * 2 - 1
    embeddings, styles = evaluator(pixels)
    assert embeddings.shape == (3, 12) and styles.shape == (3, 8)
    assert evaluator.features(pixels).shape == (3, 24)
    torch.testing.assert_close(embeddings.norm(dim=-1), torch.ones(3))
    torch.testing.assert_close(evaluator.embed(pixels), embeddings)
    torch.testing.assert_close(evaluator.style_logits(pixels), styles)


def test_a_wide_picture_is_one_with_transparency_around_it(evaluator):
    wide = torch.rand(1, 4, 32, 64) * 2 - 1
    square = torch.full((1, 4, 64, 64), -1.0)
    square[:, :, 16:48] = wide
    torch.testing.assert_close(evaluator.embed(wide), evaluator.embed(square))


def test_a_larger_copy_of_a_picture_gives_the_same_answer(evaluator):
    pixels = torch.rand(2, 4, 32, 32) * 2 - 1
    twice = pixels.repeat_interleave(2, 2).repeat_interleave(2, 3)
    torch.testing.assert_close(evaluator.embed(pixels), evaluator.embed(twice))


def test_the_shipped_size_stays_within_its_budget():
    evaluator = StickerEvaluator()
    assert sum(p.numel() for p in evaluator.parameters()) <= 3_000_000
    assert evaluator.features(torch.zeros(2, 4, 256, 256)).shape == (2, 512)


def test_concept_logits_are_scaled_cosines(evaluator):
    vectors = torch.nn.functional.normalize(torch.randn(5, 12), dim=-1)
    logits = evaluator.concept_logits(vectors, vectors)
    torch.testing.assert_close(logits.diagonal(), evaluator.logit_scale.exp().expand(5))
    evaluator.logit_scale.data.fill_(50.0)  # a runaway temperature is held
    assert evaluator.concept_logits(vectors, vectors).max() < 101


def test_save_and_load(evaluator, tmp_path):
    evaluator.stages[0].branch[0].running_mean.normal_()
    pixels = torch.rand(2, 4, 64, 64) * 2 - 1
    evaluator.save_pretrained(tmp_path / "plain")
    loaded = StickerEvaluator.from_pretrained(tmp_path / "plain").eval()
    torch.testing.assert_close(loaded.embed(pixels), evaluator.embed(pixels))
    assert tuple(loaded.config.concepts) == ("cat", "dog")
    evaluator.save_int8(tmp_path / "small")
    small = StickerEvaluator.from_pretrained(tmp_path / "small")
    assert not small.training
    assert (small.embed(pixels) * evaluator.embed(pixels)).sum(-1).min() > 0.99


@torch.no_grad()
def test_places_are_what_the_last_stage_goes_on_from(evaluator):
    pixels = torch.rand(2, 4, 64, 64) * 2 - 1
    places = evaluator.places(pixels)
    assert places.shape == (2, 8, 8, 8)
    rest = evaluator.stages[evaluator.last_pool :](places)
    features = F.silu(evaluator.project(F.silu(evaluator.norm(rest)).mean((2, 3))))
    torch.testing.assert_close(features, evaluator.features(pixels))
    moved = pixels.clone()
    moved[:, :, 48:, 48:] = -1
    assert (evaluator.places(moved) != places).any(1)[0, -1, -1] and not (evaluator.places(moved) != places)[
        0, :, 0, 0
    ].any()
