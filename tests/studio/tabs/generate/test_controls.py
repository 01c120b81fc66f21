"""Controls and settings say the same."""

import dataclasses

import gradio as gr
import pytest
from every_setting import EVERY_SETTING

from lit.errors import InputError
from lit.settings import DEFAULTS, SETTINGS, GenerationSettings
from lit.studio.tabs.generate.controls import build_controls, to_settings, to_values
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
        ({"prompt": "  "}, "What should it be: got nothing; some words"),
        ({"prompt": None}, "What should it be: got nothing; some words"),
        ({"prompt": 3}, "What should it be: got 3; some words"),
        ({"negative_prompt": "\ud800"}, "What should not be in it: got \\ud800; whole characters"),
        ({"num_inference_steps": 0}, "Steps: got 0; a whole number from 1"),
        ({"num_inference_steps": 2.5}, "Steps: got 2.5; a whole number"),
        ({"seed": None}, "Seed: got nothing; a whole number"),
        ({"seed": -1}, "Seed: got -1"),
        ({"width": 250}, "Width: got 250; a multiple of 16"),
        ({"style": "anime"}, "Style: got anime; one of noto"),
        ({"output_scale": "2"}, "Output size: got 2; one of 1, 2"),
    ],
)
def test_errors_use_the_words_on_the_page(values, message):
    with pytest.raises(InputError) as caught:
        changed(**values)
    assert in_words(caught.value).startswith(message)


def test_every_setting_has_a_control_that_shows_its_default():
    with gr.Blocks():
        controls = build_controls()
    assert [component.label for component in controls.fields] == [setting.label for setting in SETTINGS.values()]
    shown = dict(zip(SETTINGS, (component.value for component in controls.fields)))
    for name, default in DEFAULTS.items():
        assert SETTINGS[name].from_page(shown[name]) == default
