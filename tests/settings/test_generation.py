"""Settings: what is refused, what is the same image, what it costs."""

import dataclasses
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from every_setting import EVERY_SETTING

from lit.errors import InputError
from lit.sampling import registry
from lit.settings import DEFAULTS, SETTINGS, GenerationSettings, schema


def test_the_cost_counts_how_often_the_model_is_asked():
    settings = GenerationSettings("a fox", width=64, height=32, num_images_per_prompt=3, scheduler="flow-heun")
    assert settings.pixel_evaluations == 3 * 64 * 32 * registry.evaluations(
        "flow-heun", DEFAULTS["num_inference_steps"]
    )


def test_image_i_has_seed_plus_i_and_stands_alone():
    third = replace(EVERY_SETTING, seed=7, variation_seed=13, num_images_per_prompt=1)
    assert replace(EVERY_SETTING, seed=5, variation_seed=11).for_image(2) == third
    assert GenerationSettings("a fox", variation_seed=11).for_image(2).variation_seed == 11  # which nothing depends on
    EVERY_SETTING.for_image(2).validate()  # beyond the largest seed it starts anew


@pytest.mark.parametrize(
    ("prompt", "style", "expected"),
    [
        ("a dragon, fluent 3d", None, ("a dragon", "fluent-3d")),
        ("a dragon, fluent 3d", "noto", ("a dragon, fluent 3d", "noto")),
        ("a dragon, red", None, ("a dragon, red", None)),
        ("a (cat:1.2), noto", None, ("a (cat:1.2)", "noto")),
        ("a cat:1 | a dog:3, noto", None, ("a cat:1 | a dog:3", "noto")),
        ("a cat, noto:1 | a dog, blob:3", None, ("a cat:0.25 | a dog:0.75", "blob")),
        ("a cat, noto:1 | a dog, blob:1", None, ("a cat:0.5 | a dog:0.5", "noto")),
        ("a cat, noto:2 | a dog, blob:0", None, ("a cat", "noto")),
        ("a cat, noto:1 | a dog, blob:3", "noto", ("a cat, noto:1 | a dog, blob:3", "noto")),
    ],
)
def test_a_style_at_the_prompts_end_counts_where_none_is_given(prompt, style, expected):
    resolved = GenerationSettings(prompt, style=style).resolved()
    assert (resolved.prompt, resolved.style) == expected


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("prompt", "  ", "some words"),
        ("prompt", None, "some words"),
        ("variation_strength", 1.5, "a number from 0 to 1"),
        ("variation_seed", -1, "a whole number from 0"),
        ("strength", 0.0, "a number from 0.05 to 1"),
        ("image_sha256", "12", "64 hexadecimal digits"),
        ("mask_sha256", None, "64 hexadecimal digits"),
        ("prompt", "half \ud800 a character", "lone surrogate"),
        ("style", "anime", "one of noto, twemoji"),
        ("style", ["noto"], "one of"),
        ("negative_prompt", None, "words"),
        ("negative_prompt", "\udfff", "lone surrogate"),
        ("num_inference_steps", 0, "from 1 to 200"),
        ("num_inference_steps", 20.0, "a whole number"),
        ("num_inference_steps", True, "a whole number"),
        ("guidance_scale", 0.5, "from 1 to 20"),
        ("guidance_scale", float("nan"), "from 1 to 20"),
        ("guidance_scale", 10**400, "from 1 to 20"),
        ("guidance_scale", "4", "a number"),
        ("height", 250, "a multiple of 16"),
        ("width", 48, "from 64 to 1024"),
        ("width", 1040, "from 64 to 1024"),
        ("seed", -1, "from 0 to 4294967295"),
        ("seed", 2**32, "from 0 to 4294967295"),
        ("seed", 10**400, "from 0 to 4294967295"),
        ("num_images_per_prompt", 0, "from 1 to 64"),
        ("scheduler", "euler", "one of flow-map, flow-euler"),
        ("output_scale", 3, "one of 1, 2"),
        ("output_scale", True, "one of 1, 2"),
    ],
)
def test_bad_values_are_named(field, value, words):
    with pytest.raises(InputError) as error:
        replace(GenerationSettings("a dog"), **{field: value}).validate()
    assert error.value.argument == field
    assert repr(value) in str(error.value) and words in str(error.value)
    str(error.value).encode()  # an error can be shown, whatever came


@pytest.mark.parametrize("field", ["prompt", "negative_prompt"])
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("a (cat:3)", "a weight is a number from 0 to 2"),
        ("a cat:1 | a (dog:3):1", "a weight is a number from 0 to 2"),
        ("a cat:0 | a dog:0", "shares from 0"),
    ],
)
def test_marks_that_cannot_be_are_said(field, words, said):
    with pytest.raises(InputError, match=f"^prompt.*{said}"):
        replace(GenerationSettings("a dog"), **{field: words}).validate()


def test_every_limit_is_itself_allowed():
    for change in (
        {"height": 64, "width": 1024},
        {"num_inference_steps": 1},
        {"guidance_scale": 1},
        {"seed": 0},
    ):
        replace(EVERY_SETTING, **change).validate()


WHOLE = [name for name, setting in SETTINGS.items() if setting.kind is int]


@pytest.mark.parametrize("make", [np.int64, np.uint16, torch.tensor], ids=["int64", "uint16", "tensor"])
@pytest.mark.parametrize("field", WHOLE)
def test_whole_numbers_of_other_libraries_are_pythons_own(field, make):
    value = {"height": 64, "width": 64}.get(field, 2)
    settings = GenerationSettings("a dog", **{field: make(value)}).validate()
    assert settings == GenerationSettings("a dog", **{field: value})
    assert type(getattr(settings, field)) is int


def test_so_are_other_numbers_and_what_is_none_stays_refused():
    for value in (np.float32(2.5), torch.tensor(2.5), np.float64(2.5)):
        assert type(GenerationSettings("a dog", guidance_scale=value).validate().guidance_scale) is float
    for value in (np.bool_(True), torch.tensor(True), np.array([1, 2]), torch.tensor([1.0, 2.0])):
        for field in ("seed", "guidance_scale", "output_scale"):
            with pytest.raises(InputError, match=f"^{field}: "):
                GenerationSettings("a dog", **{field: value}).validate()


def test_what_fits_the_schema_is_what_is_accepted():
    properties = schema()["properties"]
    assert list(properties) == [field.name for field in dataclasses.fields(GenerationSettings)]
    assert schema()["required"] == ["prompt"]
    for name, limits in properties.items():
        allowed = [limits[key] for key in ("minimum", "maximum", "default") if key in limits] + limits.get("enum", [])
        for value in allowed or ["a dog"]:
            replace(EVERY_SETTING, **{name: value}).validate()
        for value in [limits[key] + side for key, side in (("minimum", -1), ("maximum", 1)) if key in limits]:
            with pytest.raises(InputError, match=f"^{name}: "):
                replace(EVERY_SETTING, **{name: value}).validate()
    assert {name: limits["default"] for name, limits in properties.items() if "default" in limits} == dict(DEFAULTS)


def test_settings_import_neither_torch_nor_gradio():
    code = (
        "import sys, lit.settings; sys.exit(sorted({'torch', 'gradio', 'diffusers', 'numpy'} & set(sys.modules)) or 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
