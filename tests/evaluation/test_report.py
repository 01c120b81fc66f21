"""Figures for people: the sheet and its captions."""

import types

import torch
from PIL import Image

from lit.evaluation.report import contact_sheet, wrapped


def test_the_contact_sheet_is_drawn(tmp_path):
    images = torch.zeros(9, 4, 32, 32, dtype=torch.uint8)
    images[0, 0] = images[0, 3] = 255
    contact_sheet(images, ["one"] * 9, tmp_path / "docs" / "sheet.png")
    sheet = Image.open(tmp_path / "docs" / "sheet.png")
    assert sheet.size == (8 * 192, 2 * 228)
    assert sheet.getpixel((96, 96)) == (255, 0, 0) and sheet.getpixel((96 + 192, 96)) == (255, 255, 255)


def test_captions_break_between_words():
    font = types.SimpleNamespace(getlength=len)
    assert wrapped("a green apple to the left of a red apple", font, 14) == [
        "a green apple", "to the left of", "a red apple",
    ]  # fmt: skip
