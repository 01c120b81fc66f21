"""Controls and settings say the same."""

import pytest
from lit.studio.fields import FIELDS, in_words, to_settings, to_values

from lit.errors import CheckpointError, InputError
from lit.settings import GenerationSettings

SETTINGS = GenerationSettings(
    prompt="a fox",
    style="noto",
    negative_prompt="red",
    num_inference_steps=7,
    guidance_scale=2.5,
    height=128,
    width=192,
    seed=9,
    num_images_per_prompt=3,
    scheduler="dpm++",
    output_scale=2,
)


def changed(**values):
    controls = dict(zip(FIELDS, to_values(SETTINGS))) | values
    return to_settings(tuple(controls.values()))


@pytest.mark.parametrize("settings", [SETTINGS, GenerationSettings(prompt="a fox")], ids=["all", "defaults"])
def test_settings_survive_the_controls(settings):
    assert to_settings(tuple(to_values(settings))) == settings


def test_the_page_may_send_whole_numbers_as_floats():
    settings = changed(seed=9.0, height=128.0)
    assert isinstance(settings.seed, int) and isinstance(settings.height, int)


@pytest.mark.parametrize(
    "values, message",
    [
        ({"prompt": "  "}, "What should it be: got nothing; some words"),
        ({"num_inference_steps": 0}, "Steps: got 0; a whole number from 1"),
        ({"num_inference_steps": 2.5}, "Steps: got 2.5; a whole number"),
        ({"seed": None}, "Seed: got nothing; a whole number"),
        ({"seed": -1}, "Seed: got -1"),
        ({"width": 250}, "Width: got 250; a multiple of 16"),
        ({"style": "anime"}, "Style: got anime; one of noto"),
    ],
)
def test_errors_use_the_words_on_the_page(values, message):
    with pytest.raises(InputError) as caught:
        changed(**values)
    assert in_words(caught.value).startswith(message)


def test_other_errors_are_sentences():
    assert in_words(CheckpointError("the file is damaged")) == "the file is damaged."
