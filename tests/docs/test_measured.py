"""What a page says was measured is what the code goes by."""

import re
from pathlib import Path

import pytest

from docs import serving
from lit.explore.sweeps.distances import ALIKE
from lit.sheets import filled

DOCS = Path(serving.__file__).parent


def test_pictures_look_alike_below_what_was_measured():
    page = (DOCS / "sweeps.md").read_text("utf-8")
    found = re.search(r"Alike below (\S+) \(features\) and (\S+) \(latents\)", page)
    assert found is not None
    for told, name in zip(found.groups(), ("features", "latents"), strict=True):
        assert float(told) == pytest.approx(ALIKE[name], rel=0.05), name
    assert f"a distance of {ALIKE['features']} of\nfeatures, or {ALIKE['latents']} of latents" in page


@pytest.mark.parametrize("kind", ["processors", "gpus", "front"])
def test_what_serving_takes_has_its_place_on_the_page(kind):
    page = serving.PAGE.read_text("utf-8")
    marks = serving.marks(kind)
    new = filled(page, marks, "measured")
    assert "\n\nmeasured\n\n" in new and filled(new, marks, "again") == filled(page, marks, "again")
    assert [part.split(marks[0])[0] for part in (new, page)] == [page.split(marks[0])[0]] * 2
