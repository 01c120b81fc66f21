"""What the page gets: sums in words, maps as pictures."""

import numpy as np
import pytest
import torch

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
