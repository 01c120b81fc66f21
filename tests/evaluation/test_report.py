"""Figures for people: the sheet and its captions."""

import types

import torch
from PIL import Image

from lit.evaluation.report import contact_sheet, names, side_by_side, verdict, wrapped


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


def contender(**settings):
    return {"settings": {"model": "new", "scheduler": "flow-euler", "guidance": 4.0, "steps": 4} | settings}


def test_contenders_are_called_by_what_tells_them_apart():
    assert names([contender(steps=1), contender()]) == ["1 step", "4 steps"]
    several = [contender(), contender(model="old", guidance=2.5)]
    assert names(several) == ["new, guidance 4, 4 steps", "old, guidance 2.5, 4 steps"]


def test_a_verdict_says_share_and_bar():
    assert verdict({"share": 0.972, "met": True}) == "97.2%, met"
    assert verdict({"share": 0.5, "met": False}) == "50.0%, missed"
    assert verdict({"share": None, "met": None}) == "n/a"


def test_columns_stand_side_by_side(tmp_path):
    def plain(channel):
        images = torch.zeros(3, 4, 32, 32, dtype=torch.uint8)
        images[:, channel] = images[:, 3] = 255
        return images

    side_by_side([plain(0), plain(2)], ["1 step", "20 steps of another model"], ["one", "two", "three"],
                 tmp_path / "docs" / "steps.png")  # fmt: skip
    sheet = Image.open(tmp_path / "docs" / "steps.png")
    top = sheet.height - 3 * 144
    assert sheet.width == 176 + 2 * 144 and 0 < top < 60
    for row in range(3):
        assert sheet.getpixel((176 + 72, top + 144 * row + 72)) == (255, 0, 0)
        assert sheet.getpixel((176 + 144 + 72, top + 144 * row + 72)) == (0, 0, 255)
    assert sheet.crop((0, top, 176, top + 144)).getextrema()[0][0] < 128  # the caption is written
