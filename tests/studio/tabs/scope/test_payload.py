"""What the page gets: sums in words, maps as pictures."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from lit.errors import InputError, LiTError
from lit.scope.drawings.answers import WordImage
from lit.scope.drawings.labels import WordLabel
from lit.studio.languages import speaking
from lit.studio.tabs.scope import payload


def part(value, kind="word", name="dragon"):
    return {"kind": kind, "name": name, "value": value}


@pytest.mark.parametrize(
    "parts, said",
    [
        (
            [part(0.5), part(-0.25, "input", "The noisy picture")],
            "Red 0.250, where 0 is none and 1 is full. Most is given by the word “dragon” (+0.500), most taken away by"
            " the noisy picture (\u22120.250).",
        ),
        (
            [part(0.25, "bias", "Block 3")],
            "Red 0.250, where 0 is none and 1 is full. Most is given by a bias (“block 3”) (+0.250).",
        ),
        ([part(-0.25)], "Red 0.250, where 0 is none and 1 is full."),
    ],
)
def test_a_sum_is_said_in_words(parts, said):
    assert payload.sum_said(parts, 0.25, "Red") == said


def test_a_map_shows_what_is_added_and_what_is_taken_away():
    pixels = torch.zeros(4, 2, 2)
    pixels[1, 0, 0], pixels[1, 1, 1], pixels[0, 0, 1] = 0.5, -0.125, 9
    image = np.asarray(payload.part_map(pixels, "green"))
    assert tuple(image[0, 0]) == (*payload.ADDS, 240)
    assert tuple(image[1, 1]) == (*payload.TAKES, 120)
    assert image[0, 1, 3] == image[1, 0, 3] == 0


def test_words_share_a_scale_so_that_next_to_nothing_shows_next_to_nothing():
    labels = [WordLabel("fox", False), WordLabel("(end)", False), WordLabel("(start)", True)]
    strong, weak, none = torch.zeros(3, 4, 2, 2)
    strong[0, 0, 0], weak[0, 0, 0] = 0.5, -0.005
    images = [WordImage(one, part, 0.0, 1.0, (2, 2), False) for one, part in zip(labels, (strong, weak, none))]
    found = payload.words(images, labels, "red")
    assert found["full"] == pytest.approx(0.5)
    assert [word["group"] for word in found["words"]] == ["yours", "marks", "without"]
    opacity = [np.asarray(opened(word["part"]))[0, 0, 3] for word in found["words"]]
    assert opacity == [240, 24, 0]


def opened(url):
    return Image.open(io.BytesIO(base64.b64decode(url.split(",")[1])))


def test_a_style_is_somebodys_and_no_style_is_a_mark():
    assert payload.group_of(WordLabel("noto", False, style=True)) == "yours"
    assert payload.group_of(WordLabel("no style", False, style=True)) == "marks"


def test_the_first_step_shown_is_a_quarter_in():
    assert [payload.story(steps) for steps in (1, 4, 8, 20)] == [0, 1, 2, 5]


def test_a_refusal_names_its_field():
    assert payload.refusal(InputError("seed", "-1", "0 or more"))["field"] == "seed"
    assert payload.refusal(LiTError("The studio is closing")) == {"error": "The studio is closing.", "field": ""}


def test_styles_are_said_in_the_pages_language():
    with speaking("de"):
        told = dict(payload.styles())
    assert told["pixel-crawl"] == "Pixelkunst" and told["noto"] == "Noto"
