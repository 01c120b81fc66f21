from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from lit.data import Sampling
from lit.data.colors import color_of, main_hue, recolor
from lit.data.compose import KINDS, NUMBER_WORDS, RELATIONS, Composer
from lit.data.layouts import copies, relation_boxes
from lit.data.palette import COLORS, HUES
from lit.errors import InputError
from lit.pixels import images_to_unit


@pytest.fixture(scope="module")
def composer(data):
    return Composer(torch.from_numpy(np.array(data.images)), data.stickers, data.subset("train"))


def rng(seed=0):
    return np.random.default_rng(seed)


def opaque_box(alpha):
    rows, columns = np.flatnonzero(alpha.any(1)), np.flatnonzero(alpha.any(0))
    return columns[0] / 64, rows[0] / 64, (columns[-1] + 1) / 64, (rows[-1] + 1) / 64


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_pixels_are_premultiplied_and_described(composer, kind):
    pixels, plans = composer.draw(24, rng(), kind)
    assert pixels.shape == (24, 4, 64, 64) and pixels.dtype == torch.float32 and len(plans) == 24
    assert pixels.min() >= 0 and pixels.max() <= 1 + 1e-5
    assert (pixels[:, :3] <= pixels[:, 3:] + 1e-5).all()
    assert kind is None or {plan.kind for plan in plans} == {kind}
    for plan in plans:
        assert all(0 <= edge <= 1 for part in plan.parts for edge in part.box)
        assert len(plan.parts) == plan.count


def test_all_kinds_come_when_none_is_asked_for(composer):
    assert {plan.kind for plan in composer.draw(64, rng())[1]} == set(KINDS)


def test_one_seed_draws_one_picture(composer):
    first, second, other = (composer.draw(8, rng(seed)) for seed in (3, 3, 4))
    assert torch.equal(first[0], second[0]) and first[1] == second[1]
    assert first[1] != other[1]


def test_only_the_given_indices_are_drawn(data, composer):
    test = set(data.subset("test").tolist())
    used = {part.sticker for plan in composer.draw(300, rng())[1] for part in plan.parts}
    assert used and not used & test


def test_the_boxes_are_where_the_objects_are(composer):
    pixels, plans = composer.draw(40, rng(1), "relation")
    for image, plan in zip(pixels, plans):
        seen = opaque_box(image[3].numpy() > 0.1)
        edges = np.array([part.box for part in plan.parts])
        expected = (*edges[:, :2].min(0), *edges[:, 2:].max(0))
        assert np.abs(np.array(seen) - expected).max() < 2.5 / 64, plan


def test_a_count_shows_as_many_separate_objects_as_it_says(composer):
    for plan in composer.draw(60, rng(2), "count")[1]:
        number = plan.caption.split(" ")[0]
        assert number in (str(plan.count), NUMBER_WORDS[plan.count])
        for position, first in enumerate(plan.parts):
            for second in plan.parts[position + 1 :]:
                (a, b, c, d), (e, f, g, h) = first.box, second.box
                assert c < e or g < a or d < f or h < b, "two copies overlap"


def test_relations_hold_from_the_first_object_to_the_second(composer):
    plans = composer.draw(200, rng(3), "relation")[1]
    assert {plan.relation for plan in plans} == set(RELATIONS)
    for plan in plans:
        first, second = (part.box for part in plan.parts)
        assert f" {plan.relation} " in plan.caption
        assert plan.parts[0].name in plan.caption.split(f" {plan.relation} ")[0]
        if plan.relation == "to the left of":
            assert first[2] < second[0]
        if plan.relation == "to the right of":
            assert first[0] > second[2]
        if plan.relation == "above":
            assert first[3] < second[1]
        if plan.relation == "below":
            assert first[1] > second[3]
        if plan.relation == "on top of":
            assert second[1] < first[3] < (second[1] + second[3]) / 2 and first[1] < second[1]


def test_the_objects_of_a_relation_differ_and_share_a_style(data, composer):
    for plan in composer.draw(60, rng(4), "relation")[1]:
        first, second = (data.stickers[part.sticker] for part in plan.parts)
        assert first.style == second.style and first.base_key != second.base_key
        assert plan.style_id == first.style_id


def test_what_was_recolored_reads_as_its_color(composer):
    pixels, plans = composer.draw(60, rng(5), "color")
    assert color_of(pixels) == [plan.parts[0].color for plan in plans]
    assert all(plan.parts[0].color in plan.caption for plan in plans)


def test_flags_and_hands_are_never_recolored(data, composer):
    plans = composer.draw(200, rng(6))[1]
    painted = {data.stickers[part.sticker].name for plan in plans for part in plan.parts if part.color}
    assert painted == {"apple", "dog", "tree", "car", "grapes", "half"}


def test_people_of_drawings_are_never_recolored(data, composer):
    assert any(data.stickers[i].name == "car" for i in composer.recolored)
    jobs = [replace(one, keywords=("job",)) if one.name == "car" else one for one in data.stickers]
    other = Composer(composer.images, jobs, data.subset("train"))
    assert other.recolored == {i for i in composer.recolored if data.stickers[i].name != "car"}


def test_how_often_a_style_is_composed_is_its_weight(data, composer):
    only = Composer(composer.images, data.stickers, data.subset("train"), Sampling({"noto": 1e-9, "twemoji": 1e-9}))
    used = {data.stickers[plan.parts[0].sticker].style for plan in only.draw(100, rng(9), "count")[1]}
    assert used == {"blob", "fluent-3d"}


def test_a_background_fills_the_canvas_and_keeps_off_the_objects_color(composer):
    pixels, plans = composer.draw(40, rng(7), "background")
    corners = pixels[:, :, :1, :1].expand(-1, -1, 4, 4)
    assert (pixels[:, 3] >= 1 - 1e-5).all()
    assert color_of(corners) == [plan.background for plan in plans]
    for plan in plans:
        shown = plan.parts[0].color or composer.word[plan.parts[0].sticker]
        assert plan.background != shown
        assert plan.caption.endswith(f"{plan.background} background")
        assert " a orange" not in plan.caption


@pytest.mark.parametrize("word", COLORS)
def test_a_color_is_read_from_a_picture_and_from_pixels(word):
    rgb = tuple(round(255 * value) for value in COLORS[word])
    picture = Image.new("RGBA", (8, 8))
    picture.paste((*rgb, 255), (2, 2, 6, 6))
    assert color_of(images_to_unit([picture])) == [word]
    half = torch.tensor([*COLORS[word], 1.0])[None, :, None, None].expand(1, 4, 8, 8) * 0.6
    assert color_of(half) == [word]


def test_recoloring_keeps_alpha_outlines_and_other_hues():
    pixels = torch.zeros(1, 4, 8, 8)
    pixels[0, :, :6] = torch.tensor([0.8, 0.1, 0.1, 1])[:, None, None]
    pixels[0, :, 6] = torch.tensor([0.1, 0.7, 0.1, 1])[:, None]  # a leaf
    pixels[0, :, 7] = torch.tensor([0.05, 0.05, 0.05, 1])[:, None]  # an outline
    measured = main_hue(pixels)
    out = recolor(pixels, measured["hue"], measured["luma"], torch.tensor([HUES["blue"]]))
    assert torch.equal(out[:, 3], pixels[:, 3])
    assert torch.allclose(out[..., 6:, :], pixels[..., 6:, :], atol=1e-5)
    assert torch.allclose(out[0, :3, 0, 0], torch.tensor(HUES["blue"]), atol=0.02)


@pytest.mark.parametrize("count", NUMBER_WORDS)
@pytest.mark.parametrize("aspect", [0.2, 1.0, 4.0])
def test_copies_stay_inside_and_apart(count, aspect):
    for seed in range(20):
        boxes = copies(count, aspect, rng(seed))
        assert len(boxes) == count
        assert all(0 <= edge <= 1 for box in boxes for edge in box)
        for position, (a, b, c, d) in enumerate(boxes):
            for e, f, g, h in boxes[position + 1 :]:
                assert max(e - c, a - g, f - d, b - h) > 0.01


@pytest.mark.parametrize("relation", RELATIONS)
@pytest.mark.parametrize("first, second", [(1, 1), (0.15, 5), (5, 0.15), (0.3, 0.3), (4, 4), (2.33, 2)])
def test_related_boxes_stay_inside_with_their_proportions(relation, first, second):
    for seed in range(20):
        for box, aspect in zip(relation_boxes(relation, first, second, rng(seed)), (first, second)):
            assert all(-1e-9 <= edge <= 1 + 1e-9 for edge in box), (relation, box)
            assert (box[2] - box[0]) / (box[3] - box[1]) == pytest.approx(aspect)


def test_an_image_drawn_small_is_averaged_not_sampled(data):
    """A checkerboard of single pixels shrunk to under half is an even grey."""
    stickers = [sticker for sticker in data.stickers if sticker.name in ("dog", "car")]
    board = torch.zeros(len(stickers), 4, 64, 64, dtype=torch.uint8)
    board[:, 3] = 255
    board[:, 0] = ((torch.arange(64)[:, None] + torch.arange(64)) % 2 * 255).byte()
    pixels, plans = Composer(board, stickers, np.arange(len(stickers))).draw(20, rng(8), "relation")
    for image, plan in zip(pixels, plans):
        if any(part.color for part in plan.parts):
            continue
        left, top, right, bottom = (round(64 * edge) for edge in plan.parts[0].box)
        inside = image[0, top + 2 : bottom - 2, left + 2 : right - 2]
        if right - left < 31 and plan.relation not in ("with", "on top of"):
            assert (inside - 0.5).abs().max() < 0.05


@pytest.mark.parametrize(
    "images, name",
    [(torch.zeros(3, 4, 8, 8), "images"), (torch.zeros(3, 4, 8, 8, dtype=torch.uint8), "stickers")],
)
def test_what_does_not_fit_is_named(data, images, name):
    with pytest.raises(InputError, match=name):
        Composer(images, data.stickers, data.subset("train"))


def test_an_unknown_kind_and_useless_indices_are_named(data, composer):
    with pytest.raises(InputError, match="kind.*color"):
        composer.draw(1, rng(), "collage")
    flags = [i for i, sticker in enumerate(data.stickers) if sticker.name.startswith("flag")]
    with pytest.raises(InputError, match="indices"):
        Composer(torch.from_numpy(np.array(data.images)), data.stickers, np.array(flags))
