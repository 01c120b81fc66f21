"""The page's icons are what their command makes."""

import pytest
from PIL import Image, ImageChops, ImageStat

pytest.importorskip("resvg_py", reason="of requirements-train.txt")


def test_the_icons_that_the_page_has_are_of_its_logo(tmp_path):
    from docs.icons import ICONS, STATIC, draw

    draw(tmp_path)
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(ICONS)
    for icon in ICONS:
        new, kept = (Image.open(folder / icon).convert("RGBA") for folder in (tmp_path, STATIC / "icons"))
        assert max(ImageStat.Stat(ImageChops.difference(new, kept)).mean) < 0.5, icon
