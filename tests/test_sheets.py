"""Sheets and tables: everything in its place."""

import pytest
from PIL import Image

from lit.sheets import filled, markdown_table, rows_of, sheet

COLOURS = ("red", "lime", "blue")


def test_pictures_stand_in_rows_on_white():
    images = [Image.new("RGBA", (4, 6), color) for color in COLOURS] + [Image.new("RGBA", (4, 6))]
    page = sheet(rows_of(images, 3))
    assert page.mode == "RGB" and page.size == (12, 12)
    assert [page.getpixel((2 + 4 * i, 3)) for i in range(3)] == [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    assert page.getpixel((2, 9)) == page.getpixel((10, 9)) == (255, 255, 255)  # transparent; no picture


def test_a_place_may_be_larger_than_its_picture():
    page = sheet([[Image.new("RGBA", (4, 6), "red")] * 2], (10, 20), (1, 2))
    assert page.size == (20, 20)
    reds = [(x, y) for x in range(20) for y in range(20) if page.getpixel((x, y)) == (255, 0, 0)]
    assert len(reds) == 2 * 24 and reds[0] == (1, 2) and reds[-1] == (14, 7)


def test_a_table_is_markdown():
    assert markdown_table(["a", "b"], [["x", 1], ["y", 2.5]]).splitlines() == [
        "| a | b |", "| --- | --- |", "| x | 1 |", "| y | 2.5 |",
    ]  # fmt: skip


def test_parts_stand_between_their_marks_and_the_rest_stays():
    marks = ("<!-- a -->", "<!-- to here -->")
    page = "# Head\n\n<!-- a -->\n\nold\n\n<!-- to here -->\n\nfoot\n"
    new = filled(page, marks, "one", "two")
    assert new == page.replace("old", "one\n\ntwo") and filled(new, marks, "old") == page
    with pytest.raises(ValueError, match="unpack"):
        filled("nothing", marks, "one")
