"""Settings: what is refused, and that a PNG gives back what went in."""

import json
from dataclasses import replace

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from lit.errors import InputError
from lit.sampling.solvers import make_solver
from lit.settings import SCHEDULERS, GenerationSettings, parameters_text, read_png, to_png_info

PROVENANCE = {"weights_sha256": "ab" * 32, "versions": {"lit": "0.1.0"}, "device": "cpu", "dtype": "float32"}
FULL = GenerationSettings(
    prompt='a "blue" dragon\nwith wings',
    style="fluent-3d",
    negative_prompt="red",
    num_inference_steps=7,
    guidance_scale=2.5,
    height=320,
    width=256,
    seed=2**32 - 1,
    num_images_per_prompt=3,
    scheduler="dpm++",
    output_scale=2,
)


def save(path, info):
    Image.new("RGBA", (8, 8)).save(path, pnginfo=info)
    return path


@pytest.mark.parametrize(
    "settings",
    [FULL, GenerationSettings("a dog"), GenerationSettings("žába, dračí 🐉 龍", negative_prompt="é")],
    ids=["all fields", "defaults", "other scripts"],
)
def test_png_and_json_give_back_what_went_in(tmp_path, settings):
    path = save(tmp_path / "a.png", to_png_info(settings, PROVENANCE))
    assert read_png(path) == (settings, PROVENANCE)
    assert GenerationSettings.from_json(settings.to_json()) == settings


def test_parameters_are_what_other_studios_read(tmp_path):
    text = Image.open(save(tmp_path / "a.png", to_png_info(FULL, PROVENANCE))).text["parameters"]
    assert text == parameters_text(FULL, PROVENANCE)
    assert text.startswith(FULL.prompt + "\nNegative prompt: red\nSteps: 7, Sampler: dpm++, CFG scale: 2.5, Seed: ")
    assert "Size: 256x320" in text and "Model hash: ababababab," in text


@pytest.mark.parametrize("steps", [1, 5])
@pytest.mark.parametrize("scheduler", SCHEDULERS)
def test_the_cost_counts_how_often_the_model_is_asked(scheduler, steps):
    settings = GenerationSettings(
        "a fox", scheduler=scheduler, num_inference_steps=steps, width=64, height=32, num_images_per_prompt=3
    )
    evaluations = len(make_solver(scheduler, "flow", {}, steps).evaluations)
    assert settings.pixel_evaluations == 3 * 64 * 32 * evaluations


def test_image_i_has_seed_plus_i_and_stands_alone():
    assert replace(FULL, seed=5).for_image(2) == replace(FULL, seed=7, num_images_per_prompt=1)
    FULL.for_image(2).validate()  # beyond the largest seed it starts anew


@pytest.mark.parametrize(
    ("prompt", "style", "expected"),
    [
        ("a dragon, fluent 3d", None, ("a dragon", "fluent-3d")),
        ("a dragon, fluent 3d", "noto", ("a dragon, fluent 3d", "noto")),
        ("a dragon, red", None, ("a dragon, red", None)),
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
        ("style", "anime", "one of noto, twemoji"),
        ("style", ["noto"], "one of"),
        ("negative_prompt", None, "words"),
        ("num_inference_steps", 0, "from 1 to 200"),
        ("num_inference_steps", 20.0, "a whole number"),
        ("num_inference_steps", True, "a whole number"),
        ("guidance_scale", 0.5, "from 1 to 20"),
        ("guidance_scale", float("nan"), "from 1 to 20"),
        ("guidance_scale", "4", "a number"),
        ("height", 250, "a multiple of 16"),
        ("width", 48, "from 64 to 1024"),
        ("width", 1040, "from 64 to 1024"),
        ("seed", -1, "from 0 to 4294967295"),
        ("seed", 2**32, "from 0 to 4294967295"),
        ("num_images_per_prompt", 0, "from 1 to 64"),
        ("scheduler", "euler", "one of flow-euler"),
        ("output_scale", 3, "1 or 2"),
        ("output_scale", True, "1 or 2"),
    ],
)
def test_bad_values_are_named(field, value, words):
    with pytest.raises(InputError) as error:
        replace(GenerationSettings("a dog"), **{field: value}).validate()
    assert repr(value) in str(error.value) and words in str(error.value)


def test_every_limit_is_itself_allowed():
    for change in (
        {"height": 64, "width": 1024},
        {"num_inference_steps": 1},
        {"guidance_scale": 1},
        {"seed": 0},
    ):
        replace(FULL, **change).validate()


def record(**changes):
    return {"format": 1, "settings": {"prompt": "a dog"}, "provenance": {}} | changes


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, "carries its settings"),
        ("{", "damaged"),
        ("[" * 100_000, "damaged"),
        ("[]", "damaged"),
        (json.dumps(record(format=2)), "newer version"),
        (json.dumps(record(provenance=None)), "damaged"),
        (json.dumps(record(settings={"seed": 1})), "at least a prompt"),
        (json.dumps(record(settings=[])), "at least a prompt"),
        (json.dumps(record(settings={"prompt": "a", "depth": 3})), "depth"),
        (json.dumps(record(settings={"prompt": "a", "height": "256"})), "height"),
        (json.dumps(record(settings={"prompt": "a", "style": 3})), "style"),
    ],
)
def test_pngs_with_other_or_no_settings_are_refused_in_words(tmp_path, text, words):
    info = PngInfo()
    if text is not None:
        info.add_text("lit", text)
    with pytest.raises(InputError, match=words):
        read_png(save(tmp_path / "a.png", info))


def test_files_that_are_no_png_are_refused_in_words(tmp_path):
    (tmp_path / "text.png").write_text("hello")
    Image.new("RGB", (8, 8)).save(tmp_path / "a.jpg")
    whole = save(tmp_path / "a.png", to_png_info(FULL, PROVENANCE)).read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[:60])
    for name in ("text.png", "a.jpg", "missing.png", "cut.png", "."):
        with pytest.raises(InputError, match="^image: "):
            read_png(tmp_path / name)
