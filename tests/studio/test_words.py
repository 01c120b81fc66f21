"""What the page says."""

import dataclasses

from every_setting import EVERY_SETTING

from lit.errors import CheckpointError, InputError
from lit.studio.words import caption, in_words


def test_errors_are_sentences():
    assert in_words(CheckpointError("the file is damaged")) == "the file is damaged."
    assert in_words(InputError("image", "a.jpg", "a PNG")) == "Image: got a.jpg; a PNG."
    assert in_words(InputError("guidance_scale", "", "a number")) == "Guidance: got nothing; a number."


def test_what_no_page_can_show_is_shown_as_an_escape():
    assert in_words(InputError("prompt", "a \ud800", "words")) == "What should it be: got a \\ud800; words."


def test_a_caption_names_style_seed_and_steps():
    settings = dataclasses.replace(EVERY_SETTING, prompt="a fox", seed=3)
    assert caption(settings, {}) == "a fox · Fluent 3D · seed 3, variation 11 · 7 steps"
    settings = dataclasses.replace(settings, style=None)
    settings = dataclasses.replace(settings, variation_strength=0.0)
    assert caption(settings, {"stopped_after": 2}) == "a fox · any style · seed 3 · stopped after 2 of 7 steps"
    assert caption(settings, {"typed": "ein Fuchs"}).startswith("ein Fuchs · drawn as a fox · any style")
