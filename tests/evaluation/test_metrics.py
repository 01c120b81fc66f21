"""The measures: distances of sets, objects counted and placed."""

import math

import pytest
import torch
import torch.nn.functional as F
from evaluation.shapes import disc, empty

from lit.evaluation import metrics


def test_a_set_is_at_no_distance_from_itself_in_any_order():
    a = torch.randn(500, 12, generator=torch.Generator().manual_seed(0))
    assert metrics.frechet_distance(a, a) == pytest.approx(0.0, abs=1e-6)
    assert metrics.frechet_distance(a, a.flip(0)) == pytest.approx(0.0, abs=1e-6)


def test_a_shift_costs_its_square():
    a = torch.randn(500, 12, generator=torch.Generator().manual_seed(0)).double()
    shift = torch.linspace(-1, 2, 12)
    assert metrics.frechet_distance(a, a + shift) == pytest.approx(float(shift.square().sum()))


def test_a_scale_costs_the_closed_form():
    # tr(C + s^2 C - 2 s C) = (s - 1)^2 tr C, and the mean moves by (s - 1) mu
    a = torch.randn(500, 6, generator=torch.Generator().manual_seed(0)).double() + 1
    expected = 2**2 * (torch.cov(a.T).trace() + a.mean(0).square().sum())
    assert metrics.frechet_distance(a, 3 * a) == pytest.approx(float(expected))


def test_covariances_that_do_not_commute():
    g = torch.Generator().manual_seed(1)
    a, b = torch.randn(300, 5, generator=g).double(), torch.randn(200, 5, generator=g).double()
    a, b = a @ torch.randn(5, 5, generator=g).double(), b @ torch.randn(5, 5, generator=g).double()
    # the trace of (Ca Cb)^1/2 by its eigenvalues, which needs no symmetric form
    product = torch.cov(a.T) @ torch.cov(b.T)
    cross = torch.linalg.eigvals(product).real.clamp_min(0).sqrt().sum()
    expected = (a.mean(0) - b.mean(0)).square().sum() + torch.cov(a.T).trace() + torch.cov(b.T).trace() - 2 * cross
    assert metrics.frechet_distance(a, b) == pytest.approx(float(expected))
    assert metrics.frechet_distance(a, b) == pytest.approx(metrics.frechet_distance(b, a))


def test_one_picture_has_no_distance():
    with pytest.raises(ValueError, match="b: got shape"):
        metrics.frechet_distance(torch.zeros(3, 2), torch.zeros(1, 2))


# Seeds, edges, errors


def test_equal_pictures_have_no_diversity():
    features = torch.randn(5, 1, 300, generator=torch.Generator().manual_seed(0)).repeat(1, 30, 1)
    assert metrics.mean_pairwise_distance(features) == 0


def test_diversity_is_the_mean_over_pairs_within_a_prompt():
    corners = torch.tensor([[[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]]])  # sides 3, 4, 5
    assert metrics.mean_pairwise_distance(corners) == pytest.approx(4)
    # another prompt far away adds its own sides alone, in any order of its seeds
    both = torch.cat([corners, 2 * corners.flip(1) + 1000])
    assert metrics.mean_pairwise_distance(both) == pytest.approx(6)
    with pytest.raises(ValueError, match="at least two seeds"):
        metrics.mean_pairwise_distance(corners[:, :1])


@pytest.mark.parametrize("softness", [0, 8])
def test_half_transparent_pixels_are_the_area_of_the_soft_edge(softness):
    away = ((torch.arange(128) - 64)[:, None] ** 2 + (torch.arange(128) - 64)[None] ** 2).sqrt()
    alpha = (40 - away) / softness + 0.5 if softness else (away <= 40).float()  # falls from 1 to 0 over so many pixels
    images = (alpha.clamp(0, 1) * 255).round().to(torch.uint8).expand(1, 4, -1, -1)
    ring = 2 * math.pi * 40 * 0.8 * softness / 128**2
    assert metrics.half_transparent(images).tolist() == [pytest.approx(ring, rel=0.03)]


def test_an_error_of_one_level_is_48_decibels():
    black = torch.zeros(65, 4, 8, 8, dtype=torch.uint8)
    assert metrics.psnr(black, black + 1) == pytest.approx(20 * math.log10(255))
    assert metrics.psnr(black, black) is None


# Counting


@pytest.mark.parametrize("count", [1, 2, 3, 6])
def test_discs_are_counted(count):
    pixels = empty(96)
    for i in range(count):
        disc(pixels[0], 16 + 32 * (i % 3), 24 + 48 * (i // 3), 9)
    assert metrics.count_objects(pixels) == [count]


def test_crumbs_and_parts_are_no_objects():
    pixels = empty(96)
    disc(pixels[0], 30, 48, 20)
    disc(pixels[0], 70, 20, 2)  # 13 pixels: less than 0.8% of the canvas
    disc(pixels[0], 70, 70, 6)  # 113 pixels: enough of the canvas, less than a fifth of the large one
    assert metrics.count_objects(pixels) == [1]
    assert len(metrics.component_areas(pixels)[0]) == 3
    assert metrics.count_objects(empty()) == [0]


def test_a_winding_line_is_one_component():
    mask = torch.zeros(1, 33, 33, dtype=torch.bool)
    mask[0, ::2] = True
    mask[0, 1::4, -1] = mask[0, 3::4, 0] = True  # the rows joined at alternating ends: a path of 561 pixels
    assert len(metrics.label_components(mask).unique()) == 2
    mask[0, 16, 16] = False
    assert len(metrics.label_components(mask).unique()) == 3


def test_components_are_those_of_a_flood_fill():
    mask = torch.rand(2, 24, 31, generator=torch.Generator().manual_seed(0)) < 0.42  # near the percolation
    # the definition: every pixel takes the largest number around it until nothing changes
    own = torch.arange(1.0, mask.numel() + 1).view(mask.shape) * mask
    while True:
        spread = F.max_pool2d(own[:, None], 3, 1, 1)[:, 0] * mask
        if torch.equal(spread, own):
            break
        own = spread
    labels = metrics.label_components(mask)
    pairs = torch.stack([labels.flatten(), own.long().flatten()]).unique(dim=1)
    assert pairs.shape[1] == len(labels.unique()) == len(own.unique()) > 20
    assert (labels > 0).equal(mask)


def test_the_largest_object_comes_alone():
    pixels = empty(64)
    disc(pixels[0], 20, 20, 12, (1, 0, 0))
    disc(pixels[0], 52, 52, 6, (0, 0, 1))
    crop = metrics.largest_object(pixels, 32)[0]
    assert crop.shape == (4, 32, 32)
    assert crop[0, 16, 16] == pytest.approx(1.0) and crop[2].max() < -0.9


# Placing


@pytest.mark.parametrize("axis", [2, 3])
@pytest.mark.parametrize("gap", [4, 0])
def test_two_objects_are_cut_apart(axis, gap):
    pixels = empty(64)[0]
    disc(pixels, 18, 32, 11, (1, 0, 0))
    disc(pixels, 18 + 23 + gap, 32, 11, (0, 0, 1))
    if axis == 2:
        pixels = pixels.transpose(1, 2)
    first, second = metrics.split_in_two(pixels, axis, 32)
    assert first[0, 16, 16] > 0.9 and (first[2] > 0.5).float().mean() < 0.02
    assert second[2, 16, 16] > 0.9 and (second[0] > 0.5).float().mean() < 0.02


def test_nothing_drawn_is_cut_without_an_error():
    first, second = metrics.split_in_two(empty(64)[0], 3, 16)
    assert first.shape == second.shape == (4, 16, 16) and first.max() == -1


def test_a_relation_needs_both_objects_in_their_places():
    def logits(*best):
        out = torch.linspace(0, -1, 50)
        for place, concept in enumerate(best):
            out[concept] = 10.0 - place / 10
        return out

    cat, dog = 40, 41
    judge = metrics.relation_right
    assert judge(logits(cat), logits(dog), cat, dog) == (True, True)
    assert judge(logits(dog), logits(cat), cat, dog) == (False, False)  # the wrong way round
    assert judge(logits(cat), logits(cat), cat, dog) == (False, False)  # one object twice
    assert judge(logits(*range(25), cat), logits(dog), cat, dog) == (False, True)  # a blob that is no cat
    assert judge(logits(*range(25), cat), logits(dog), cat, dog, top=26) == (True, True)


def test_ranks_count_what_is_better():
    logits = torch.tensor([[3.0, 1.0, 2.0], [3.0, 1.0, 2.0]])
    assert metrics.ranks(logits, [0, 1]).tolist() == [0, 2]
