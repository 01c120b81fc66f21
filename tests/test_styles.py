"""The lists of styles: the shipped model's, the data's, and what people may choose."""

import json

import pytest
from conftest import make_pipeline

from lit.checkpoint import EMBEDDED
from lit.errors import InputError
from lit.explore.sweeps.axes import Axis
from lit.settings import SETTINGS, GenerationSettings, schema, use_styles
from lit.studio.shell.theme import style_pictures_css
from lit.studio.tabs.compare.axes import declared
from lit.styles import DATA_STYLES, FURTHER_STYLES, STYLES, in_use, known_to, label, numbering, offered, split_style

OFFERED = (*STYLES, "pixel-crawl", "streamline", "kawaii", "game-icons", "game-icons-color")


def test_the_shipped_model_knows_what_the_page_shows():
    for network in ("transformer", "evaluator"):
        assert json.loads((EMBEDDED / network / "config.json").read_text())["styles"][: len(STYLES)] == list(STYLES)


def test_further_styles_stand_behind():
    assert DATA_STYLES[: len(STYLES)] == STYLES and len(set(DATA_STYLES)) == len(DATA_STYLES) == 27


def test_a_networks_numbers_are_its_own_lists():
    numbers = numbering(("blob", "noto", "gopher", "of its own"))
    assert [numbers[DATA_STYLES.index(style)] for style in ("noto", "blob", "gopher", "mulberry")] == [1, 0, 2, -1]


def test_people_choose_what_draws_well_and_the_model_knows():
    assert offered(STYLES) == STYLES
    assert offered(DATA_STYLES) == OFFERED
    assert offered(("sketch", "mulberry")) == ("sketch",)


def test_every_style_has_words():
    assert label("pixel-crawl") == "Pixel art" and label("noto") == "Noto" and label("sketch") == "sketch"
    assert all(label(style) != style for style in FURTHER_STYLES)


def test_a_models_config_says_what_it_knows(tmp_path):
    assert in_use() == offered(known_to(EMBEDDED))
    (tmp_path / "transformer").mkdir()
    config = tmp_path / "transformer" / "config.json"
    cases = {'{"styles": ["noto", "crops"]}': ("noto", "crops"), '{"styles": 3}': STYLES, "{": STYLES}
    for text, styles in cases.items():
        config.write_text(text)
        assert known_to(tmp_path) == styles
    assert known_to(tmp_path / "nothing") == STYLES


def test_what_the_model_in_use_knows_is_to_be_chosen_everywhere():
    use_styles(offered(DATA_STYLES))
    assert ("Pixel art", "pixel-crawl") in SETTINGS["style"].options
    assert schema()["properties"]["style"]["enum"] == [*OFFERED, None]
    assert Axis.parse("style=all").values == OFFERED
    (compared,) = (one for one in declared() if one["name"] == "style")
    assert ["kawaii", "Kawaii"] in compared["options"]
    assert GenerationSettings("a potion, pixel art").resolved().style == "pixel-crawl"
    GenerationSettings("a cat", style="game-icons").validate()
    with pytest.raises(InputError, match="kawaii, game-icons, game-icons-color$"):
        GenerationSettings("a cat", style="mulberry").validate()
    folded = [rule for rule in style_pictures_css().splitlines() if "display: none" in rule]
    assert len(folded) == 5 and not any("noto" in rule for rule in folded)


def test_without_such_a_model_they_are_words_like_others():
    use_styles(STYLES)
    assert GenerationSettings("a potion, pixel art").resolved().prompt == "a potion, pixel art"
    with pytest.raises(InputError, match="fluent-mono$"):
        GenerationSettings("a cat", style="pixel-crawl").validate()
    assert "display: none" not in style_pictures_css()


def test_a_pipeline_draws_all_that_its_network_knows_and_names_what_it_offers(text_encoder):
    pipe = make_pipeline(text_encoder, styles=DATA_STYLES)
    assert pipe.check(GenerationSettings("a potion, pixel art")).style == "pixel-crawl"
    assert pipe.check(GenerationSettings("a potion", style="mulberry")).style == "mulberry"
    assert pipe.check(GenerationSettings("wheat, crops")).prompt == "wheat, crops"  # which nobody may choose
    with pytest.raises(InputError, match="kawaii, game-icons, game-icons-color$"):
        pipe.check(GenerationSettings("a potion", style="anime"))
    assert split_style("a fox, outline style", DATA_STYLES) == ("a fox", "streamline")
