"""The forms of a picture's file: each decoded again and held to what it says."""

import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lit.errors import LiTError
from lit.pixels import images_to_unit
from lit.settings import GenerationSettings, write_picture
from lit.studio.work.forms import FORMS, formed


@pytest.fixture
def picture(tmp_path):
    image = Image.new("RGBA", (64, 48))
    ImageDraw.Draw(image).ellipse((4, 0, 60, 47), fill=(200, 30, 60, 255))  # it touches the edges
    return write_picture(image, GenerationSettings("a fox", seed=3), {}, tmp_path)


def opened(file):
    image = Image.open(io.BytesIO(file.data))
    assert f"image/{image.format.lower()}" == file.kind
    return image.convert("RGBA")


def test_each_form_has_a_name_of_its_own(picture):
    names = [formed(form, picture).name for form in FORMS]
    assert names == ["a-fox-3.png", "a-fox-3-2x.png", "a-fox-3-border.png", "a-fox-3.webp"]


def test_as_drawn_is_the_file_and_webp_has_its_pixels(picture):
    assert formed("drawn", picture).data == picture.read_bytes()
    with Image.open(picture) as image:
        assert (np.asarray(opened(formed("webp", picture))) == np.asarray(image)).all()


def test_twice_is_the_same_picture_with_no_outline_beyond_its_edge(picture):
    with Image.open(picture) as image:
        before = image.convert("RGBA")
    twice = opened(formed("twice", picture))
    assert twice.size == (128, 96)
    apart = images_to_unit([twice.reduce(2)]) - images_to_unit([before])
    assert apart.abs().mean() < 0.01
    far = np.kron(np.asarray(before.getchannel("A")) == 0, np.ones((2, 2), bool))
    far[:, 4:126] = False  # two pixels of the picture from where anything is
    assert np.asarray(twice.getchannel("A"))[far].max() == 0


def test_the_border_is_white_all_around_and_leaves_the_picture_as_it_was(picture):
    with Image.open(picture) as image:
        before = np.asarray(image.convert("RGBA"))
    after = np.asarray(opened(formed("border", picture)))
    width = (after.shape[0] - before.shape[0]) // 2
    assert width == (after.shape[1] - before.shape[1]) // 2 >= 2
    inside = after[width:-width, width:-width]
    assert (inside[before[..., 3] == 255] == before[before[..., 3] == 255]).all()
    assert (after[0, after.shape[1] // 2, :3] == 255).all() and after[0, after.shape[1] // 2, 3] > 128
    assert after[0, 0, 3] == 0


def test_a_damaged_file_is_said(tmp_path):
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    with pytest.raises(LiTError, match="cannot be read"):
        formed("twice", tmp_path / "a.png")
