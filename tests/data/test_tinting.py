"""Icons in colour: what was ink has the colour, what lies inside or just beside it is dark, the rest see-through."""

import numpy as np
import pytest
import sticker_set as made

from lit.data import StickerData
from lit.data.palette import COLORS, HUES
from lit.data.rendering import render
from lit.data.rows import ICONS, TINTED, read_rows
from lit.data.tinting import GAP, OUTLINE, WORDS, tint_of, tinted
from lit.errors import InputError

SIDE = 128


def icon(mask: np.ndarray) -> np.ndarray:
    """A black drawing of a mask (S, S)."""
    out = np.zeros((4, *mask.shape), np.uint8)
    out[3] = mask * 255
    return out


def square(first: int, last: int) -> np.ndarray:
    mask = np.zeros((SIDE, SIDE), bool)
    mask[first:last, first:last] = True
    return mask


@pytest.mark.parametrize("tint", ["red", "yellow", "grey"])
def test_ink_has_the_colour_and_holes_and_outline_are_dark(tint):
    ink = square(30, 98) & ~square(45, 83)
    out = tinted(icon(ink), tint).astype(float) / 255
    assert np.abs(out[:3, ink] - np.array(COLORS[tint])[:, None]).max() < 0.01 and (out[3, ink] == 1).all()
    hole = square(46, 82)
    assert (out[3, hole] == 1).all() and (out[:3, hole] < 0.35 * np.array(COLORS[tint])[:, None] + 0.01).all()
    beside = square(29, 99) & ~square(30, 98)
    assert (out[3, beside] > 0.9).all() and (out[:3, beside].max(0) < 0.5).all()
    far = ~square(30 - round(OUTLINE * SIDE) - 3, 98 + round(OUTLINE * SIDE) + 3)
    assert not out[:, far].any()


def test_colour_never_exceeds_opacity():
    smooth = np.clip(60 - np.hypot(*(np.mgrid[:SIDE, :SIDE] - SIDE / 2)) + np.arange(SIDE) % 7, 0, 1)
    shape = np.zeros((4, SIDE, SIDE), np.uint8)
    shape[3] = np.rint(smooth * 255)
    out = tinted(shape, "orange")
    assert (out[:3] <= out[3]).all() and (out[3] >= shape[3]).all()


def test_narrow_gaps_are_closed_and_wide_ones_are_not():
    for gap, closed in ((round(GAP * SIDE) - 1, True), (round(GAP * SIDE) + 12, False)):
        ink = square(20, 108)
        ink[:, 64 - gap // 2 : 64 - gap // 2 + gap] = False
        opacity = tinted(icon(ink), "blue")[3, 40:88, 64]
        assert (opacity == 255).all() if closed else not opacity.any()


def test_an_empty_icon_stays_empty():
    assert not tinted(icon(np.zeros((SIDE, SIDE), bool)), "red").any()


def test_a_name_tells_the_colour_by_its_last_word_that_tells_one():
    assert [tint_of(name) for name in ("gingerbread man", "Fire axe", "ice-cream cones", "apple cores")] == [
        "brown", "grey", "blue", "red",
    ]  # fmt: skip
    assert tint_of("quux") == tint_of("quux") in HUES
    assert len({tint_of(f"quux {i}") for i in range(100)}) == len(HUES)


def test_every_word_stands_once_under_a_colour_there_is():
    words = [word for tint in WORDS.values() for word in tint.split()]
    assert set(WORDS) <= set(COLORS) and len(words) == len(set(words))


def test_icons_come_a_second_time_in_colour(tmp_path):
    shape = made.svg('<path d="M20 20h60v60h-60z"/>')
    rows = [
        made.row("word:cauldron", "cauldron", ICONS, shape, split="unseen"),
        made.row("word:cat", "cat", "noto", shape),
    ]
    file = made.write(rows, tmp_path / "all.parquet")
    of = {row["style"]: row for row in read_rows(file)}
    assert {style: row["tint"] for style, row in of.items()} == {ICONS: "", TINTED: "grey", "noto": ""}
    assert of[TINTED] | {"style": ICONS, "tint": ""} == of[ICONS]
    data = StickerData.open(file, size=64, cache_dir=tmp_path)
    places = {one.style: place for place, one in enumerate(data.stickers)}
    assert not data.images[places[ICONS]][:3].any()
    assert (data.images[places[TINTED]] == render(shape, "svg", 64, "grey")).all()


def test_the_painted_style_is_none_that_data_name(tmp_path):
    shape = made.svg(made.SHAPES["car"])
    with pytest.raises(InputError, match="style: got 'game-icons-color'"):
        read_rows(made.write([made.row("a", "a", TINTED, shape)], tmp_path / "all.parquet"))
