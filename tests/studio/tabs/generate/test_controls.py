"""Controls and settings say the same."""

import dataclasses

import gradio as gr
import pytest
from every_setting import EVERY_SETTING

from lit.errors import InputError
from lit.settings import DEFAULTS, SETTINGS, GenerationSettings
from lit.studio.shell.theme import ASSETS
from lit.studio.tabs.generate.controls import EXAMPLES, build_how, build_words, to_settings, to_values
from lit.studio.words import in_words


def changed(**values):
    controls = dict(zip(SETTINGS, to_values(EVERY_SETTING))) | values
    return to_settings(tuple(controls.values()))


@pytest.mark.parametrize("settings", [EVERY_SETTING, GenerationSettings(prompt="a fox")], ids=["all", "defaults"])
def test_settings_survive_the_controls(settings):
    assert to_settings(tuple(to_values(settings))) == settings


def test_a_style_that_no_button_is_there_for_is_any():
    settings = dataclasses.replace(EVERY_SETTING, style="of another model")
    assert to_settings(tuple(to_values(settings))) == dataclasses.replace(settings, style=None)


def test_the_page_may_send_whole_numbers_as_floats():
    settings = changed(seed=9.0, height=128.0, output_scale=1.0)
    assert [type(value) for value in (settings.seed, settings.height, settings.output_scale)] == [int] * 3


@pytest.mark.parametrize(
    "values, message",
    [
        ({"prompt": "  "}, "Type what to draw, for example 'a blue dragon'."),
        ({"prompt": None}, "Type what to draw"),
        ({"prompt": 3}, "Type what to draw"),
        ({"negative_prompt": "\ud800"}, "What should not be in it: “\\ud800” will not do. Needed: whole characters"),
        ({"num_inference_steps": 0}, "Steps cannot be 0. Choose a whole number from 1"),
        ({"num_inference_steps": 2.5}, "Steps cannot be 2.5. Choose a whole number"),
        ({"seed": None}, "Seed cannot be empty. Choose a whole number"),
        ({"seed": -1}, "Seed cannot be -1"),
        ({"width": 250}, "Width cannot be 250. Choose a multiple of 16"),
        ({"style": "anime"}, "Style cannot be anime. Choose Noto, "),
        ({"output_scale": "2"}, "Output size cannot be 2. Choose As drawn, Twice as large."),
    ],
)
def test_errors_use_the_words_on_the_page(values, message):
    with pytest.raises(InputError) as caught:
        changed(**values)
    assert in_words(caught.value).startswith(message)


def test_every_setting_has_a_control_that_shows_its_default():
    with gr.Blocks():
        controls = build_how(build_words(), models=False)
    assert [component.label for component in controls.fields] == [setting.label for setting in SETTINGS.values()]
    shown = dict(zip(SETTINGS, (component.value for component in controls.fields)))
    for name, default in DEFAULTS.items():
        assert SETTINGS[name].from_page(shown[name]) == default


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.words)
def test_an_example_can_be_drawn_and_has_its_picture(example):
    changed(prompt=example.words, style=example.style, seed=example.seed)
    assert (ASSETS / example.picture).is_file()


def test_each_setting_of_the_page_is_refused_in_our_words_alone():
    """Gradio's own limits would end in a traceback, and its rounding draw another seed."""
    with gr.Blocks():
        controls = build_how(build_words(), models=False)
    assert controls.seed.precision is None
    assert (controls.seed.minimum, controls.seed.maximum) == (None, None)
