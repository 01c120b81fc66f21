"""Sheets: of the paper's size, and cut where the stickers are."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lit.export import Sticker, export

PAGES = {"sheet-a4": (210, 297), "sheet-letter": (215.9, 279.4)}


def cut_lines(file) -> list[np.ndarray]:
    """In mm, as (points, 2)."""
    paths = ElementTree.parse(file).getroot().iter("{http://www.w3.org/2000/svg}path")
    return [np.array(re.findall(r"[-\d.]+", path.attrib["d"]), float).reshape(-1, 2) for path in paths]


@pytest.mark.parametrize("target", PAGES)
def test_a_page_is_of_its_paper_at_300_dots_an_inch(drawn, tmp_path, target):
    report = export(drawn(1), target, tmp_path)
    page = Image.open(report.folder / "sheet-1.png")
    assert page.size == tuple(round(side / 25.4 * 300) for side in PAGES[target])
    assert page.info["dpi"] == pytest.approx((300, 300), abs=0.01) and page.mode == "RGB"
    root = ElementTree.parse(report.folder / "sheet-1-cut.svg").getroot()
    width, height = PAGES[target]
    assert root.attrib["width"] == f"{width}mm" and root.attrib["height"] == f"{height}mm"
    assert root.attrib["viewBox"] == f"0 0 {width} {height}"


@pytest.mark.parametrize("target", PAGES)
def test_all_that_is_printed_lies_inside_a_cut_line_with_white_around(drawn, tmp_path, target):
    report = export(drawn(1), target, tmp_path)
    page = Image.open(report.folder / "sheet-1.png")
    lines = cut_lines(report.folder / "sheet-1-cut.svg")
    assert len(lines) == 12, "a page is filled, a line a sticker, none for the hole"
    dots = 300 / 25.4
    outside = Image.new("L", page.size, 255)
    for line in lines:
        assert line.min() >= 5 and (line.max(0) <= np.array(PAGES[target]) - 5).all(), "where printers print"
        ImageDraw.Draw(outside).polygon([tuple(point) for point in line * dots], fill=0)
    ink = np.asarray(page.convert("L")) < 250
    assert ink.sum() > 1_000_000
    assert not (ink & (np.asarray(outside) > 0)).any()
    # 2.5 mm of white: nothing is printed within 2 mm of a line, and the ring's width is no more than 3 mm off it.
    (y, x), near = np.nonzero(ink), []
    for point in lines[0][::5] * dots:
        near.append(np.hypot(x - point[0], y - point[1]).min() / dots)
    assert min(near) > 2.2 and max(near) < 2.8


def test_pages_follow_each_other_and_the_last_is_filled(drawn, tmp_path):
    report = export(drawn(13), "sheet-a4", tmp_path)
    assert [picture.name for picture in report.pictures] == ["sheet-1.png", "sheet-2.png"]
    assert all(len(cut_lines(report.folder / f"sheet-{i}-cut.svg")) == 12 for i in (1, 2))


def test_specks_are_not_cut(shape, tmp_path):
    far = Image.new("RGBA", (600, 600))
    far.paste(shape.resize((560, 560)), (0, 40))
    ImageDraw.Draw(far).rectangle((596, 2, 598, 4), fill="black")
    report = export([Sticker.brought([far], "x")], "sheet-a4", tmp_path)
    assert len(cut_lines(report.folder / "sheet-1-cut.svg")) == 12
