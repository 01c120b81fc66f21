"""The lists of styles: the shipped model's, the data's, and what people may choose."""

import json

from lit.checkpoint import EMBEDDED
from lit.styles import DATA_STYLES, FURTHER_STYLES, STYLES, label, numbering, offered


def test_the_shipped_model_knows_what_the_page_shows():
    for network in ("transformer", "evaluator"):
        assert json.loads((EMBEDDED / network / "config.json").read_text())["styles"][: len(STYLES)] == list(STYLES)


def test_further_styles_stand_behind():
    assert DATA_STYLES[: len(STYLES)] == STYLES and len(set(DATA_STYLES)) == len(DATA_STYLES) == 26


def test_a_networks_numbers_are_its_own_lists():
    numbers = numbering(("blob", "noto", "gopher", "of its own"))
    assert [numbers[DATA_STYLES.index(style)] for style in ("noto", "blob", "gopher", "mulberry")] == [1, 0, 2, -1]


def test_people_choose_what_draws_well_and_the_model_knows():
    assert offered(STYLES) == STYLES
    assert set(offered(DATA_STYLES)) - set(STYLES) == {"pixel-crawl", "streamline", "kawaii", "game-icons"}
    assert offered(("sketch", "mulberry")) == ("sketch",)


def test_every_style_has_words():
    assert label("pixel-crawl") == "Pixel art" and label("noto") == "Noto" and label("sketch") == "sketch"
    assert all(label(style) != style for style in FURTHER_STYLES)
