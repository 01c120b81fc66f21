"""Records: what went in comes out, of every version, and what is unknown is said."""

import json

import pytest
from every_setting import EVERY_SETTING

from lit.errors import InputError
from lit.reading.blend import parts_of
from lit.reading.weights import parse_weights
from lit.settings import DEFAULTS, GenerationSettings, codec, from_record, to_record

# A row of the list of jobs as version 0.1.0 wrote it.
OLD_JOB = (
    '{"prompt": "a fox", "style": "noto", "negative_prompt": "", "num_inference_steps": 7, "guidance_scale": 4,'
    ' "height": 128, "width": 192, "seed": 9, "num_images_per_prompt": 2, "scheduler": "flow-heun", "output_scale": 1}'
)


@pytest.mark.parametrize("settings", [EVERY_SETTING, GenerationSettings("žába 🐉 龍")], ids=["all", "defaults"])
def test_a_record_gives_back_what_went_in_through_json(settings):
    assert from_record(json.loads(json.dumps(to_record(settings)))) == settings


def test_a_job_of_the_first_version_opens():
    settings = from_record(json.loads(OLD_JOB))
    assert settings == GenerationSettings(
        "a fox", "noto", "", 7, 4, 128, 192, seed=9, num_images_per_prompt=2, scheduler="flow-heun", output_scale=1
    )


@pytest.mark.parametrize("version", codec.DEFAULTS_OF)
def test_what_is_missing_is_what_it_was_in_that_version(version, monkeypatch):
    record = {"prompt": "a fox"} if version == 0 else {"format": version, "settings": {"prompt": "a fox"}}
    assert from_record(record) == GenerationSettings("a fox", **codec.DEFAULTS_OF[version])
    monkeypatch.setitem(codec.DEFAULTS_OF, version, codec.DEFAULTS_OF[version] | {"num_inference_steps": 11})
    assert from_record(record).num_inference_steps == 11


def test_a_default_that_changes_begins_a_new_format():
    now = codec.DEFAULTS_OF[codec.FORMAT]
    assert now == {name: DEFAULTS[name] for name in now}
    assert max(codec.DEFAULTS_OF) == codec.FORMAT


def test_numbers_without_a_kind_are_read_as_the_kind_that_is_meant():
    settings = from_record({"prompt": "a fox", "seed": 9.0, "output_scale": 2.0, "guidance_scale": 3})
    assert [type(value) for value in (settings.seed, settings.output_scale)] == [int, int]


@pytest.mark.parametrize("text", ["a (blue:1.3) fox", "(4:3), noto", r"\(", "a (b:9)", "a fox (x)", "a:1 | b:2"])
def test_what_looked_like_a_weight_before_there_were_any_is_text(text):
    for old in (
        {"prompt": text, "negative_prompt": text},
        {"format": 1, "settings": {"prompt": text, "negative_prompt": text}},
    ):
        settings = from_record(old)
        for prompt in (settings.prompt, settings.negative_prompt):
            assert parse_weights(prompt).text == text and not parse_weights(prompt).spans
            assert [part.prompt for part in parts_of(prompt)] == [prompt]
    again = GenerationSettings("a (blue:1.3) fox")
    assert from_record(to_record(again)) == again


def record(**changes):
    return {"format": 1, "settings": {"prompt": "a fox"}} | changes


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (None, "at least a prompt"),
        ([], "at least a prompt"),
        ({}, "at least a prompt"),
        (record(settings=None), "at least a prompt"),
        (record(settings={"seed": 1}), "at least a prompt"),
        (record(format=4), "got '4'; one of 0, 1, 2, 3; a newer version"),
        (record(format=True), "a newer version"),
        (record(format=[1]), "a newer version"),
        (record(settings={"prompt": "a", "depth": 3}), "got 'depth'; .* a newer version"),
        ({"prompt": "a", "depth": 3}, "got 'depth'; .* a newer version"),
        (record(settings={"prompt": "a", "height": "256"}), "height: got '256'"),
        (record(settings={"prompt": "a", "height": float("inf")}), "height: got inf"),
        (record(settings={"prompt": "a", "style": 3}), "style: got 3"),
        (record(settings={"prompt": "\ud800"}), "lone surrogate"),
        ({"format": 2, "settings": {"prompt": "(a:3)"}}, "a weight is a number from 0 to 2"),
    ],
)
def test_what_cannot_be_read_is_said(given, words):
    with pytest.raises(InputError, match=words):
        from_record(given)
