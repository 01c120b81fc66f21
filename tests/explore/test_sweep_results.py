"""What a sweep leaves: a sheet whose places are the grid's, and a page that is safe and needs nothing beside it."""

import io
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from lit.errors import InputError
from lit.explore.sweeps.axes import Axis
from lit.explore.sweeps.change import Flip
from lit.explore.sweeps.distances import eye
from lit.explore.sweeps.grid import Grid
from lit.explore.sweeps.page import command, described, flip_in_words, page
from lit.explore.sweeps.sheet import sheet, strewn
from lit.settings import GenerationSettings

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&\u2028\u202e"


def colours(count):
    return [Image.new("RGBA", (16, 16), (40 + 2 * i, 200 - 2 * i, 7, 255)) for i in range(count)]


@pytest.mark.parametrize(
    "texts", [["guidance=1:8:5"], ["guidance=1:8:5", "seed=0:2"], ["seed=0:3", "style=all", "cat=cat|dog"]]
)
def test_a_sheet_has_each_picture_once_in_its_order(texts):
    grid = Grid(GenerationSettings("a cat"), [Axis.parse(text) for text in texts])
    pictures = colours(grid.total)
    found = np.asarray(sheet(pictures, grid.axes, side=32))
    places = [np.argwhere((found == picture.getpixel((0, 0))[:3]).all(-1)) for picture in pictures]
    assert all(len(place) == 32 * 32 for place in places)
    columns = len(grid.axes[0].values)
    corners = [tuple(place.min(0)) for place in places]
    for i in range(1, len(corners)):
        before, here = corners[i - 1], corners[i]
        assert here[1] > before[1] if i % columns else here != before  # to the right, or in another row
    with pytest.raises(InputError, match="as many as the axes"):
        sheet(pictures[1:], grid.axes)


def test_what_is_not_drawn_is_an_empty_place_and_long_words_are_cut():
    axes = [Axis("cat", ("word " * 150, "x" * 900, "cat\n\ncat")), Axis("a", ("y" * 900, "龍"))]
    page = sheet([None, *colours(5)], axes)
    assert page.width < 3 * 136 + 300 and page.height < 2 * 136 + 100


def test_pictures_stand_at_their_places_on_a_map():
    axes = [Axis.ranged("guidance_scale", 1, 8), Axis.ranged("variation_strength", 0, 1)]
    pictures = colours(2)
    found = np.asarray(strewn(pictures, axes, [(1.0, 0.0), (8.0, 1.0)], np.eye(4), side=32, width=200))
    first, last = (np.argwhere((found == one.getpixel((0, 0))[:3]).all(-1)).min(0) for one in pictures)
    assert tuple(last - first) == (200, 200)


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.addresses, self.scripts = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href", "action", "srcset")]

    def handle_data(self, data):
        if self.lasttag == "script":
            self.scripts.append(data)


@pytest.mark.parametrize("flat", [True, False])
def test_a_page_holds_its_pictures_asks_no_host_and_escapes_all_words(flat):
    settings = GenerationSettings(f"a cat {HOSTILE}", negative_prompt=HOSTILE)
    axes = [Axis.parse("guidance=1:3:3"), Axis.parse("vary=0:1:2") if flat else Axis("cat", (HOSTILE, "dog"))]
    grid = Grid(settings, axes)
    told = {"change": np.eye(3), "grid": False} if flat else {}
    flip = Flip(grid.points[0].coordinates, grid.points[1].coordinates, 3.0, 5.0)
    text = page(HOSTILE, axes, grid.points, colours(6), flips=[flip], **told)
    plain = Tags()
    plain.feed(page("plain", axes[:1], Grid(GenerationSettings("a cat"), axes[:1]).points, colours(3)))
    tags = Tags()
    tags.feed(text)
    assert tags.tags == plain.tags and tags.addresses == []
    assert not re.search(r"(?<!\")https?://(?!www\.w3\.org/2000/svg)", text) and "default-src 'none'" in text
    data = json.loads(tags.scripts[0])
    assert data["cells"][0]["said"][0] == ["Prompt", grid.points[0].settings.prompt]
    assert all(cell["image"].startswith("data:image/webp;base64,") for cell in data["cells"])


def test_a_page_shows_the_pixels_and_the_line_that_draws_them():
    import base64
    import shlex

    from lit.__main__ import Parser
    from lit.commands import generate

    grid = Grid(GenerationSettings("it's a 'cat' $HOME", style="blob"), [Axis.parse("guidance=1:3:3")])
    pictures = colours(3)
    tags = Tags()
    tags.feed(page("cats", grid.axes, grid.points, pictures))
    cell = json.loads(tags.scripts[0])["cells"][2]
    shown = Image.open(io.BytesIO(base64.b64decode(cell["image"].split(",")[1]))).convert("RGB")
    assert np.abs(np.asarray(shown, int) - np.asarray(pictures[2].convert("RGB"), int)).max() < 8
    parser = Parser()
    generate.add_arguments(parser)
    arguments = parser.parse_args(shlex.split(cell["command"])[4:])
    assert generate.settings_of(arguments)[0] == grid.points[2].settings
    assert cell["command"] == command(grid.points[2].settings)
    assert ("Guidance", "3") in described(grid.points[2].settings)


def test_a_flip_is_said_with_its_values():
    axes = [Axis.parse("guidance=1:8"), Axis.parse("style=noto,blob")]
    said = flip_in_words(axes, Flip((2.4, "noto"), (2.65, "noto"), 3.14159, 5.2))
    assert said == "Guidance 2.4 to 2.65, Style Noto: distance 3.14, 5 times the mean"


@pytest.mark.parametrize("name", ["features", "latents"])
def test_an_eye_sees_each_picture_alone_and_near_ones_near(name, tiny_pipeline):
    look = eye(name, tiny_pipeline.autoencoder)
    page = Image.new("RGBA", (64, 64))
    page.paste("red", (16, 16, 48, 48))
    moved, other = page.copy(), page.copy()
    moved.putpixel((16, 16), (250, 0, 0, 255))
    other.paste("blue", (0, 0, 64, 40))
    found = look([page, moved, other])
    assert np.array_equal(found, np.concatenate([look([one]) for one in (page, moved, other)]))
    near, far = (np.linalg.norm(found[0] - found[i]) for i in (1, 2))
    assert 0 < near < 0.2 * far
    with pytest.raises(InputError, match="one of features, latents"):
        eye("taste")
