"""What the page says."""

import dataclasses
import math

import pytest
from every_setting import EVERY_SETTING

from lit.errors import CheckpointError, InputError
from lit.settings import SETTINGS, GenerationSettings
from lit.settings.declaration import Choice, Digest, Number, Trail, Whole, Words
from lit.studio.words import caption, in_words


def test_errors_are_sentences():
    assert in_words(CheckpointError("the file is damaged")) == "the file is damaged."
    assert in_words(InputError("image", "a.jpg", "a PNG")) == "Image: “a.jpg” will not do. Needed: a PNG."
    assert in_words(InputError("image", None, "a PNG")) == "Image: nothing is there. Needed: a PNG."
    assert in_words(InputError("guidance_scale", "", "a number")) == "Guidance cannot be empty. Choose a number."
    assert in_words(InputError("style", "x", "one of noto, blob")) == "Style cannot be x. Choose Noto, Blob."


def test_what_no_page_can_show_is_shown_as_an_escape():
    said = in_words(InputError("negative_prompt", "a \ud800", "words"))
    assert said == "What should not be in it: “a \\ud800” will not do. Needed: words."


# What may come from a page, a program or a file, for each kind of setting.
WRONG = {
    Words: (3, "\ud800", ["a"]),
    Trail: (3, "7", "7:2", "7:0.4,8:0.5", "99999999999:0.1", "7:0.1 " * 17, "x" * 5000),
    Digest: (3, "abc", "x" * 5000),
    Number: ("", "many", -1e9, 1e9, math.nan, math.inf, True, [1], "x" * 5000),
    Whole: ("", None, "many", 10**30, -1, 1.5, math.nan, True, "two\nlines"),
    Choice: ("", 3.5, "anime", ["noto"], True, "x" * 5000),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_a_wrong_value_of_any_field_is_said_as_a_person_would(name):
    setting, refused = SETTINGS[name], 0
    values = (*WRONG[type(setting)], *((" ", None) if isinstance(setting, Words) and setting.example else ()))
    for value in values:
        try:
            GenerationSettings(**{"prompt": "a fox"} | {name: setting.from_page(value)}).validate()
        except InputError as error:
            said, refused = in_words(error), refused + 1
            assert "got" not in said.split() and "_" not in said and "\n" not in said and len(said) < 300, said
            assert said.startswith(
                (f"{setting.label.rstrip('?')} ", f"{setting.label.rstrip('?')}: ", "Type what to draw,")
            )
            assert said.endswith((".", "'.")) and said.count("..") == 0, said
            assert str(error).startswith(f"{name}: got "), "the command line keeps its form"
    assert refused >= len(values) - 1 - bool(getattr(setting, "none", ""))


def test_a_caption_names_style_seed_and_steps():
    settings = dataclasses.replace(EVERY_SETTING, prompt="a fox", seed=3)
    assert caption(settings, {}) == "a fox · Fluent 3D · seed 3, variation 5 → 4294967295 → 11 · 7 steps"
    settings = dataclasses.replace(settings, style=None)
    settings = dataclasses.replace(settings, variation_of="", variation_strength=0.0)
    assert caption(settings, {"stopped_after": 2}) == "a fox · any style · seed 3 · stopped after 2 of 7 steps"
    assert caption(settings, {"typed": "ein Fuchs"}).startswith("ein Fuchs · drawn as a fox · any style")
