"""Scenes of simple shapes: who lies where, what is said, and what is never shown while a network trains."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from sticker_set import STYLES as SET_STYLES

from lit.data.compose import KINDS, Composer
from lit.data.composition import Layer
from lit.data.palette import HUES
from lit.data.scenes.anchors import Anchors
from lit.data.scenes.cast import WIDE, _is_whole
from lit.data.scenes.faces import features
from lit.data.scenes.geometry import Fit, hat, settle
from lit.data.scenes.held_out import SHARE, held_out
from lit.data.scenes.planner import SCENES
from lit.data.scenes.roles import ROLES
from lit.data.scenes.sentences import SAID, said
from lit.data.stickers import Sticker
from lit.errors import InputError
from lit.styles import DATA_STYLES, STYLES

SIZE = 64
SHAPES = {  # x0, y0, x1, y1 of a filled ellipse or box, and its colour
    "cat face": ("disc", (6, 8, 58, 58), (230, 150, 40)),
    "bear": ("disc", (6, 8, 58, 58), (150, 90, 40)),
    "panda": ("disc", (6, 8, 58, 58), (200, 200, 210)),
    "top hat": ("box", (12, 14, 52, 50), (20, 60, 200)),
    "crown": ("box", (8, 20, 56, 44), (250, 200, 30)),
    "sunglasses": ("box", (4, 26, 60, 40), (20, 20, 220)),
    "scarf": ("box", (12, 24, 52, 42), (220, 30, 30)),
    "balloon": ("disc", (18, 4, 46, 60), (220, 30, 30)),
    "book": ("box", (14, 10, 50, 54), (30, 160, 60)),
    "bicycle": ("box", (4, 20, 60, 52), (40, 110, 230)),
    "automobile": ("box", (2, 22, 62, 48), (220, 40, 40)),
    "bucket": ("box", (12, 12, 52, 58), (40, 110, 230)),
    "tree": ("disc", (10, 4, 54, 60), (40, 160, 60)),
    "red apple": ("disc", (8, 10, 56, 58), (220, 40, 40)),
    "house": ("box", (6, 8, 58, 60), (230, 190, 120)),
    "slightly smiling face": ("face", (2, 2, 62, 62), (250, 205, 50)),
    "slightly frowning face": ("face", (2, 2, 62, 62), (250, 205, 50)),
    "droplet": ("disc", (20, 8, 44, 58), (60, 150, 240)),
    "snowflake": ("disc", (8, 8, 56, 56), (150, 200, 250)),
    "star": ("disc", (8, 8, 56, 56), (250, 205, 50)),
}


def drawn(form, box, colour):
    x0, y0, x1, y1 = box
    rows, columns = np.mgrid[:SIZE, :SIZE] + 0.5
    picture = np.zeros((4, SIZE, SIZE), np.uint8)
    inside = (rows > y0) & (rows < y1) & (columns > x0) & (columns < x1)
    if form != "box":
        inside &= ((columns - (x0 + x1) / 2) / (x1 - x0)) ** 2 + ((rows - (y0 + y1) / 2) / (y1 - y0)) ** 2 <= 0.25
    picture[:, inside] = np.array([*colour, 255])[:, None]
    if form == "face" or form == "disc" and box == (6, 8, 58, 58):
        for x in (22, 42):  # eyes
            picture[:3, 26:32, x - 3 : x + 3] = 15
    if form == "face":
        picture[:3, 42:46, 22:42] = 60
    return picture


@pytest.fixture(scope="module")
def made():
    stickers, images = [], []
    for number, (name, shape) in enumerate(SHAPES.items()):
        for style in SET_STYLES:
            key = f"c{number}"
            stickers.append(Sticker(key, key, "x", style, STYLES.index(style), name, (name,), "train", "svg"))
            images.append(drawn(*shape))
    return torch.from_numpy(np.stack(images)), stickers


@pytest.fixture(scope="module")
def composer(made):
    images, stickers = made
    return Composer(images, stickers, np.arange(len(stickers)), shares=dict.fromkeys((*KINDS, *SCENES), 1.0))


def plans(composer, kind, count=60):
    rng = np.random.default_rng(1)
    return [composer.plan(kind, rng) for _ in range(count)]


@pytest.mark.parametrize("kind", SCENES)
def test_scenes_are_premultiplied_inside_and_described(composer, kind):
    pixels, made = composer.draw(16, np.random.default_rng(0), kind)
    assert pixels.min() >= 0 and pixels.max() <= 1 + 1e-5 and (pixels[:, :3] <= pixels[:, 3:] + 1e-5).all()
    assert {plan.kind for plan in made} == {kind}
    for plan in made:
        assert len(plan.parts) == plan.count and plan.relation
        assert all(-1e-6 <= edge <= 1 + 1e-6 for part in plan.parts for edge in part.box)
        assert len({composer.stickers[part.sticker].style for part in plan.parts}) == 1


def test_a_hat_lies_over_the_top_of_a_head_and_a_scarf_below(composer):
    for plan in plans(composer, "wearing"):
        (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = (part.box for part in plan.parts)
        assert (ax0 + ax1) / 2 == pytest.approx((bx0 + bx1) / 2, abs=0.03)
        if plan.relation == "hat":
            assert by0 < ay0 < by1 < (ay0 + ay1) / 2
        elif plan.relation == "glasses":
            assert ay0 < by0 and (by0 + by1) / 2 < (ay0 + ay1) / 2
            assert (by0 + by1) / 2 == pytest.approx(ay0 + 0.42 * (ay1 - ay0), abs=0.06)  # where the eyes are
        else:
            assert by1 > ay1 - 0.1 and by0 > (ay0 + ay1) / 2


def test_what_is_held_overlaps_a_side_and_is_in_front(composer):
    for plan in plans(composer, "holding"):
        (ax0, ay0, ax1, ay1), (bx0, by0, bx1, by1) = (part.box for part in plan.parts)
        assert bx0 < ax0 < bx1 or bx0 < ax1 < bx1
        assert by1 > (ay0 + ay1) / 2 and plan.painted()[-1].sticker == plan.parts[1].sticker


def test_a_rider_is_above_and_its_feet_are_behind(composer):
    for plan in plans(composer, "riding"):
        rider, mount = (part.box for part in plan.parts)
        assert rider[1] < mount[1] < rider[3] < mount[3]
        assert plan.painted()[0].sticker == plan.parts[0].sticker


def test_a_containers_front_hides_the_lower_part(made, composer):
    for plan in plans(composer, "inside", 20):
        thing, container = plan.parts
        pixels = torch.zeros(1, 4, SIZE, SIZE)
        composer._painter.paint(pixels, [plan], np.random.default_rng(0))
        x = int(SIZE * (thing.box[0] + thing.box[2]) / 2)
        bottom, top = int(SIZE * thing.box[3]) - 2, int(SIZE * thing.box[1]) + 3
        alone = torch.zeros(2, 4, SIZE, SIZE)
        both = [Layer(part.sticker, part.box, part.color) for part in plan.parts]
        alone = composer._painter._objects(both, np.random.default_rng(0))
        assert container.box[1] < thing.box[3] < container.box[3]
        assert torch.allclose(pixels[0, :, bottom, x], alone[1, :, bottom, x], atol=0.02)  # the bucket's wall
        assert torch.allclose(pixels[0, :, top, x], alone[0, :, top, x], atol=0.02)


def test_a_face_lies_inside_its_thing(composer):
    for plan in plans(composer, "face"):
        thing, face = plan.painted()
        assert face.features and plan.relation in ("happy", "sad")
        x, y = (face.box[0] + face.box[2]) / 2, (face.box[1] + face.box[3]) / 2
        assert thing.box[0] < x < thing.box[2] and thing.box[1] < y < thing.box[3]


def test_a_face_without_its_disc_is_eyes_and_mouth():
    face = torch.from_numpy(drawn(*SHAPES["slightly smiling face"]))[None].float() / 255
    left = features(face, torch.tensor([47.0]))[0, 3]
    assert left[28, 22] == 1 and left[44, 32] == 1  # an eye, the mouth
    assert left[36, 32] == 0 and left[10, 32] == 0 and left[4, 4] == 0  # between them, the forehead, outside


def test_big_is_big_and_small_is_small(composer):
    for plan in plans(composer, "sizes"):
        big, small = (max(b[2] - b[0], b[3] - b[1]) for b in (part.box for part in plan.parts))
        assert small < 0.45 * big


def test_one_in_twenty_combinations_is_kept_and_never_composed(made, composer):
    pairs = [("wearing", f"a{i}", f"b{j}") for i in range(60) for j in range(60)]
    kept = [pair for pair in pairs if held_out(*pair)]
    assert len(kept) / len(pairs) == pytest.approx(SHARE, abs=0.015)
    assert held_out("wearing", "1f98a", "1f3a9") is held_out("wearing", "1f98a", "1f3a9")
    for kind in ("wearing", "things", "relation", "ground"):
        for plan in plans(composer, kind, 150):
            assert not kept_out(composer, plan), plan.caption
    images, stickers = made
    exam = Composer(images, stickers, np.arange(len(stickers)), reserved=True)
    seen = set()
    for kind in ("things", "sizes", "ground"):
        for plan in plans(exam, kind, 20):
            assert kept_out(exam, plan)
            seen.add(plan.caption)
    assert len(seen) > 5


def kept_out(composer, plan):
    keys = [composer.stickers[part.sticker].base_key for part in plan.parts]
    if plan.kind in ("things", "relation"):
        return any(held_out("things", *sorted((a, b))) for i, a in enumerate(keys) for b in keys[i + 1 :])
    if len(keys) == 2:
        return held_out(plan.kind, *keys)
    return held_out(plan.kind, keys[0], plan.relation)


def test_colours_are_bound_to_the_right_thing(composer):
    painted = 0
    for plan in plans(composer, "things", 200):
        for part in plan.parts:
            said = re.search(rf"(\w+) {re.escape(part.name)}\b", plan.caption)
            if part.color:
                painted += 1
                assert said and said[1] == part.color, plan.caption
            else:
                assert not said or said[1] not in HUES, plan.caption
    assert painted > 50


@pytest.mark.parametrize("kind", SCENES)
def test_captions_are_what_people_type(composer, kind):
    for plan in plans(composer, kind, 40):
        assert re.fullmatch(r"[a-z0-9’&\- ,]+", plan.caption.lower()), plan.caption
        assert "  " not in plan.caption and not re.search(r"\ba [aeiou]", plan.caption), plan.caption
        assert len(plan.caption) < 90


def test_a_name_with_a_head_noun_takes_its_part_and_look_alikes_do_not():
    assert ROLES["hats"].fits("old straw hat") and ROLES["animals"].fits("cat face")
    assert ROLES["cycles"].fits("red mountain bike") and not ROLES["glasses"].fits("wine glasses")
    assert not ROLES["animals"].fits("computer mouse") and not ROLES["hats"].fits("cathedral")


def test_what_holds_something_itself_is_nothing_to_be_held():
    assert _is_whole("red racing car") and _is_whole("hot air balloon")
    for name in ("fox eating a watermelon", "raccoon opening a box", "fox hugging a heart", "cup with straw"):
        assert not _is_whole(name) or name in SAID
    assert ROLES["containers"].fits("wooden box") and not ROLES["containers"].fits("apple juice box")
    assert ROLES["held"].fits("red balloon") and not ROLES["held"].fits("thought balloon")


def test_a_face_that_is_nobodys_keeps_the_word():
    rng = np.random.default_rng(0)
    assert {said("loudly crying face", rng) for _ in range(30)} == {"loudly crying face"}
    assert {said("dog face", rng) for _ in range(60)} == {"dog", "dog face"}


def test_a_container_is_open_and_a_face_goes_in_the_middle():
    """A sail's top is no opening; what is light and even at the edge alone has no room for a face."""
    sail, bucket, edge = (np.zeros((4, SIZE, SIZE), np.uint8) for _ in range(3))
    rows, columns = np.mgrid[:SIZE, :SIZE]
    sail[:, np.abs(columns - 32) < (rows - 4) / 3] = 255
    bucket[:, (rows > 8) & (columns > 8) & (columns < 56)] = 255
    edge[3], edge[:3, :, 40:] = 255, 255  # black but for the right side
    box = np.array([[0.15, 0.06, 0.85, 1.0], [0.14, 0.14, 0.88, 1.0], [0.0, 0.0, 1.0, 1.0]])
    every = np.arange(3)
    anchors = Anchors(torch.from_numpy(np.stack([sail, bucket, edge])), box, every, every)
    assert anchors.mouth[0] < WIDE < anchors.mouth[1]
    assert np.isnan(anchors.room[2]).all() and anchors.room[1, 2] > 0.3


def test_silhouettes_come_less_often_than_their_number(made):
    images, stickers = made
    black = [replace(one, style="game-icons", style_id=DATA_STYLES.index("game-icons")) for one in stickers]
    both = Composer(torch.cat([images, images]), stickers + black, np.arange(2 * len(stickers)))
    drawn = [both.plan("relation", np.random.default_rng(i)).style_id for i in range(200)]
    assert 0.005 < np.mean(np.array(drawn) == DATA_STYLES.index("game-icons")) < 0.3


def test_a_hat_is_never_larger_than_its_head():
    head = np.array([0.1, 0.0, 0.8, 1.0])
    x0, y0, x1, y1 = hat(1.0, 0.2, head, 0.1, Fit(0.7, 0.2))
    assert y1 - y0 <= 0.8 + 1e-9 and x1 - x0 < 0.8


def test_everything_settles_on_the_canvas():
    for seed in range(30):
        rng = np.random.default_rng(seed)
        placed, (scale, x, y) = settle([(-3.0, 0.0, 1.0, 1.0), (0.5, -1.0, 2.0, 0.2)], rng)
        assert all(0 <= edge <= 1 for box in placed for edge in box)
        assert placed[0][0] == pytest.approx(-3 * scale + x) and placed[0][1] == pytest.approx(y)


def test_what_no_sticker_fits_is_named(data):
    plain = Composer(torch.from_numpy(np.array(data.images)), data.stickers, data.subset("train"))
    with pytest.raises(InputError, match="wearing|hat"):
        plain.plan("wearing", np.random.default_rng(0))
