"""How often what is learned: by concept and style, and without what is not wanted."""

import numpy as np
import pytest
import sticker_set as made

from lit.data import Sampling, StickerData, concept_weights
from lit.data.rows import KNOWN
from lit.data.sampling import SHARE_ALIKE, USUAL_WEIGHTS
from lit.data.sets import SOURCES, asked, card_table, used
from lit.errors import InputError
from lit.styles import DATA_STYLES

SHARED = {"mulberry": "CC-BY-SA-4.0", "openmoji": "CC-BY-SA-4.0", "scratch": "CC-BY-SA-2.0"}


def test_concepts_count_alike_whatever_their_variants(data):
    indices = np.arange(len(data))
    weights = concept_weights(data.stickers, indices)
    assert weights.sum() == pytest.approx(1)
    total = {}
    for index, weight in zip(indices, weights):
        key = data.stickers[index].base_key
        total[key] = total.get(key, 0) + weight
    flag = total.pop("a4")
    assert max(total.values()) == pytest.approx(min(total.values()))
    assert flag == pytest.approx(0.4 * total["a0"])


def test_styles_of_a_concept_count_alike_and_its_tones_share(data):
    indices = np.arange(len(data))
    weights = concept_weights(data.stickers, indices)
    hands = [i for i in indices if data.stickers[i].base_key == "a6"]
    noto = [weights[i] for i in hands if data.stickers[i].style == "noto"]
    blob = [weights[i] for i in hands if data.stickers[i].style == "blob"]
    assert len(noto) == 3 and sum(noto) == pytest.approx(sum(blob)) and max(noto) == pytest.approx(min(noto))


def drawn(tmp_path, pairs, **options):
    """Stickers of (key, style), all of them train, opened with `options`."""
    image = made.svg(made.SHAPES["car"])
    rows = [
        made.row(key, key.removeprefix("word:"), style, image, license=SHARED.get(style, "MIT")) for key, style in pairs
    ]
    return StickerData.open(made.write(rows, tmp_path / "all.parquet"), size=16, cache_dir=tmp_path, **options)


def test_weights_of_styles_are_those_of_a_concepts_drawings_and_of_concepts_drawn_in_one(tmp_path):
    pairs = [("a", "noto"), ("a", "kawaii"), ("a", "kawaii"), ("b", "kawaii"), ("c", "noto"), ("c", "blob")]
    stickers = drawn(tmp_path, pairs).stickers
    weights = concept_weights(stickers, range(len(stickers)), Sampling({"kawaii": 0.25}))
    total = {}
    for sticker, weight in zip(stickers, weights, strict=True):
        total[sticker.key, sticker.style] = total.get((sticker.key, sticker.style), 0) + weight
    assert total["a", "kawaii"] == pytest.approx(total["a", "noto"] / 4)
    concept = {key: sum(weight for (one, _), weight in total.items() if one == key) for key in "abc"}
    assert concept["a"] == pytest.approx(concept["c"]) and concept["b"] == pytest.approx(concept["c"] / 4)


def test_breadth_counts_each_style(tmp_path):
    stickers = drawn(tmp_path, [("a", "noto"), ("a", "blob"), ("b", "noto"), ("b", "noto")]).stickers
    weights = concept_weights(stickers, range(4), Sampling(breadth=1.0))
    assert weights[:2].sum() == pytest.approx(2 * weights[2:].sum())


def test_one_flag_leaves_nothing_of_share_alike_sets(tmp_path, capsys):
    pairs = [("a", style) for style in KNOWN["style"]]
    data = drawn(tmp_path, pairs, sampling=Sampling(share_alike=False))
    assert {one.style for one in data.stickers} == set(DATA_STYLES) - set(SHARED) - {"pixel-ultica"}
    assert not [one for one in data.stickers if one.license.startswith(SHARE_ALIKE)]
    assert "mulberry 1" in capsys.readouterr().err
    assert {one.style for one in drawn(tmp_path, pairs).stickers} == set(DATA_STYLES) - {"pixel-ultica"}
    assert len(drawn(tmp_path, pairs, sampling=Sampling({"pixel-ultica": 1.0}))) == len(DATA_STYLES)


def test_nothing_left_is_said(tmp_path):
    with pytest.raises(InputError, match="left out"):
        drawn(tmp_path, [("a", "mulberry")], sampling=Sampling(share_alike=False))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"styles": {"crayon": 1.0}}, "data.styles: got 'crayon'"),
        ({"styles": {"noto": -1.0}}, "data.styles.noto: got -1.0; a number from 0"),
        ({"breadth": 2.0}, "data.breadth"),
    ],
)
def test_values_that_do_not_fit_are_named(options, said):
    with pytest.raises(InputError, match=said):
        Sampling(**options)


def test_a_card_names_every_set_with_authors_licence_and_what_it_asks(tmp_path):
    assert set(SOURCES) == set(DATA_STYLES) == set(USUAL_WEIGHTS)
    data = drawn(tmp_path, [("a", "fluent-3d"), ("a", "fluent-flat"), ("a", "mulberry")])
    head, _, *lines = card_table(data.stickers).split("\n\n")[0].splitlines()
    assert "licence" in head and len(lines) == 2  # both styles of one set
    assert "Microsoft" in lines[0] and "| 2 |" in lines[0] and "MIT" in lines[0]
    assert "Steve Lee" in lines[1] and "CC-BY-SA-4.0" in lines[1] and "keeps the licence" in lines[1]
    assert "3 drawings" in used(data.stickers) and "mulberry, CC-BY-SA-4.0" in used(data.stickers)


def test_what_a_licence_asks():
    assert "public domain" in asked("CC0-1.0") and "authors" in asked("CC-BY-3.0")
    assert "keeps the licence" in asked("CC-BY-SA-2.0") and "keeps the licence" not in asked("CC-BY-4.0")
