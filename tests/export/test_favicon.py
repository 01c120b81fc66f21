"""Icons of a page: every size, the safe zone, and lines that name files that are there."""

import json
import re

import numpy as np
import pytest
from PIL import Image

from lit.errors import InputError
from lit.export import Options, export


@pytest.fixture
def report(drawn, tmp_path):
    return export(drawn(1), "favicon", tmp_path, Options(title='Tom & "Co"', matte="#ffee00"))


def test_the_ico_holds_its_three_sizes_with_alpha(report):
    ico = Image.open(report.folder / "favicon.ico")
    assert ico.info["sizes"] == {(16, 16), (32, 32), (48, 48)}
    for size in ico.info["sizes"]:
        ico.size = size
        alpha = np.asarray(ico.convert("RGBA").getchannel("A"))
        assert alpha.shape == size and alpha[0, 0] == 0 and alpha.max() == 255


@pytest.mark.parametrize(("name", "side"), [("icon-192.png", 192), ("icon-512.png", 512)])
def test_icons_are_transparent_and_of_their_size(report, name, side):
    icon = Image.open(report.folder / name)
    assert icon.size == (side, side) and icon.getpixel((0, 0))[3] == 0


@pytest.mark.parametrize(("name", "side"), [("apple-touch-icon.png", 180), ("icon-maskable-512.png", 512)])
def test_what_must_be_opaque_lies_on_the_matte(report, name, side):
    icon = Image.open(report.folder / name)
    assert (icon.mode, icon.size, icon.getpixel((0, 0))) == ("RGB", (side, side), (255, 238, 0))


def test_a_mask_cuts_nothing_and_the_safe_zone_is_used(report):
    icon = np.asarray(Image.open(report.folder / "icon-maskable-512.png"), int)
    y, x = np.nonzero(np.abs(icon - (255, 238, 0)).max(-1) > 40)
    reach = np.hypot(y - 255.5, x - 255.5).max()
    assert 0.4 * 512 - 8 < reach <= 0.4 * 512


def test_manifest_and_html_name_files_that_are_there(report):
    manifest = json.loads((report.folder / "site.webmanifest").read_text("utf-8"))
    html = (report.folder / "head.html").read_text("utf-8")
    assert manifest["name"] == 'Tom & "Co"' and 'content="Tom &amp; &quot;Co&quot;"' in html
    for icon in manifest["icons"]:
        assert "x".join(map(str, Image.open(report.folder / icon["src"]).size)) == icon["sizes"]
    assert {icon["purpose"] for icon in manifest["icons"]} == {"any", "maskable"}
    named = re.findall('href="([^"]+)"', html)
    assert len(named) == 4 and all((report.folder / name).is_file() for name in named)


def test_icons_are_of_one_picture(drawn, tmp_path):
    with pytest.raises(InputError, match="^pictures: got 2; one picture"):
        export(drawn(2), "favicon", tmp_path)
