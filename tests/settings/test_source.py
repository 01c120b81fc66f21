"""The picture that is drawn over: named by its pixels, carried by the PNG, and checked on the way back."""

from dataclasses import replace

import pytest
from every_setting import PROVENANCE
from PIL import Image

from lit.errors import InputError
from lit.settings import GenerationSettings, Source, check_given, read_png, read_source, to_png_info
from lit.settings import source as room

IMAGE = Image.radial_gradient("L").resize((96, 64)).convert("RGBA")
MASK = Image.linear_gradient("L").resize((96, 64))
SETTINGS = GenerationSettings("a cat", width=96, height=64, strength=0.5, output_scale=1)
SOURCE = Source.of(IMAGE, MASK)


def save(path, settings, source):
    Image.new("RGBA", (8, 8)).save(path, pnginfo=to_png_info(settings, PROVENANCE, source))
    return path


@pytest.mark.parametrize("mask", [MASK, None])
def test_a_png_carries_what_it_was_drawn_over(tmp_path, mask):
    source = Source.of(IMAGE, mask)
    settings = check_given(SETTINGS, source)
    path = save(tmp_path / "a.png", settings, source)
    assert read_png(path)[0] == settings
    assert read_source(path, settings) == source
    assert check_given(settings, source) == settings


def test_a_picture_may_be_twice_as_large_as_what_is_drawn_over_it():
    twice = replace(SETTINGS, width=48, height=32, output_scale=2)
    assert check_given(twice, SOURCE).width == 48 and SOURCE.scale(twice) == 2 and SOURCE.scale(SETTINGS) == 1
    whole = Source.of(IMAGE, None)  # of which nothing stays: also one of the size that is drawn
    for settings in (twice, replace(SETTINGS, output_scale=2)):
        assert check_given(settings, whole).image_sha256 == whole.sha256["image_sha256"]


def test_the_same_pixels_are_the_same_picture(tmp_path):
    IMAGE.save(tmp_path / "a.webp", lossless=True, exact=True)
    again = Source.of(Image.open(tmp_path / "a.webp"), MASK)
    assert again.sha256 == SOURCE.sha256 != Source.of(IMAGE, None).sha256
    assert Source.of(IMAGE.rotate(180), MASK).sha256["image_sha256"] != SOURCE.sha256["image_sha256"]


def test_a_large_picture_is_not_carried_and_then_missed(tmp_path, monkeypatch):
    monkeypatch.setattr(room, "LARGEST", 100)
    settings = check_given(SETTINGS, SOURCE)
    path = save(tmp_path / "a.png", settings, SOURCE)
    assert read_source(path, settings) is None
    with pytest.raises(InputError, match="image: got None; the picture .* that these settings start from"):
        check_given(settings, None)


def test_another_or_a_damaged_picture_inside_is_said(tmp_path):
    settings = check_given(SETTINGS, SOURCE)
    other = save(tmp_path / "other.png", settings, Source.of(IMAGE.rotate(180), MASK))
    with pytest.raises(InputError, match="image: got 'the picture"):
        read_source(other, settings)
    smaller = save(tmp_path / "smaller.png", settings, Source.of(IMAGE.resize((48, 64)), None))
    with pytest.raises(InputError, match="48 x 64"):
        read_source(smaller, settings)
    data = other.read_bytes()
    at = data.index(b"ltIm") + 30
    with pytest.raises(InputError, match="image"):
        Source.from_chunks([(b"ltIm", data[at : at + 90])], settings)


@pytest.mark.parametrize(
    "image, mask, words",
    [
        (None, MASK, "mask: got 'a mask alone'"),
        (IMAGE, MASK.resize((64, 64)), "mask: got '64 x 64'; the image's size, 96 x 64"),
        (IMAGE, Image.new("L", IMAGE.size), "mask: got 'nothing painted'"),
        ("cat.png", None, "image: got 'str'; a PIL image"),
    ],
)
def test_what_does_not_fit_is_said(image, mask, words):
    with pytest.raises(InputError, match=words):
        Source.of(image, mask)


def test_settings_and_pictures_that_do_not_fit_each_other_are_said():
    for settings, source, words in [
        (SETTINGS, None, "strength: got 0.5; 1 without an image"),
        (replace(SETTINGS, width=112), SOURCE, "image: got '96 x 64'; the size to draw, 112 x 64"),
        (replace(SETTINGS, scheduler="dpm++"), SOURCE, "scheduler: got 'dpm\\+\\+'; one of flow-map"),
        (replace(SETTINGS, output_scale=2), SOURCE, "image: got '96 x 64'; the size to draw, 192 x 128"),
        (check_given(SETTINGS, Source.of(IMAGE, None)), SOURCE, "mask: .* none"),
    ]:
        with pytest.raises(InputError, match=words):
            check_given(settings, source)
