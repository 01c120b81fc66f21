"""The library over HTTP: what is answered, and to whom."""

import io
import zipfile

import httpx
import pytest
from conftest import make_pipeline
from library_rows import drawn
from PIL import Image
from serving import serving, wait_until


@pytest.fixture(scope="module")
def served(text_encoder, tmp_path_factory):
    with serving(lambda: make_pipeline(text_encoder), tmp_path_factory.mktemp("home"), public=True) as studio:
        yield studio


def ask(served, called, /, visitor="ann", **fields) -> dict:
    return httpx.post(f"{served.url}/library/ask/{called}", json={"visitor": visitor} | fields, timeout=30).json()


def test_visitors_of_a_shared_studio_see_change_and_take_their_own_pictures_only(served):
    store = served.app.state.studio.store
    fox, owl = drawn(store, "a fox", visitor="ann"), drawn(store, "an owl", visitor="bob")
    assert [one["prompt"] for one in ask(served, "page")["pictures"]] == ["a fox"]
    assert ask(served, "throw_away", pictures=[owl, fox]) == {"pictures": [fox]}
    assert ask(served, "bring_back", pictures=[owl, fox]) == {"pictures": [fox]}
    for name in ("picture", "verify"):
        assert "no longer there" in ask(served, name, pictures=[owl])["error"]
    body = {"visitor": "ann", "pictures": [owl, fox], "kind": "zip"}
    answer = httpx.post(f"{served.url}/library/export", json=body)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert sorted(archive.namelist()) == ["a-fox-0.png", "pictures.json", "prompts.txt"]
    wait_until(lambda: not list(store.home.glob(".export-*")), 10)  # removed once it has been sent


def test_a_picture_and_its_thumbnail_are_there_until_it_is_gone(served):
    name = drawn(served.app.state.studio.store, "a bear", visitor="eve")
    addresses = [f"{served.url}/library/{kind}/{name}" for kind in ("pictures", "thumbnails")]
    assert [Image.open(io.BytesIO(httpx.get(one).content)).format for one in addresses] == ["PNG", "WEBP"]
    ask(served, "throw_away", visitor="eve", pictures=[name])
    assert ask(served, "empty", visitor="eve") == {"count": 1}
    assert [httpx.get(one).status_code for one in addresses] == [404, 404]


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("page", {"visitor": ""}),
        ("page", {"before": "x"}),
        ("page", {"words": 5}),
        ("throw_away", {"pictures": "all"}),
        ("shelf", {}),
        ("__init__", {}),
        ("board", {"name": "x" * 300}),
        ("put", {"pictures": [], "board": 99999, "on": True}),
        ("estimate", {"values": {"prompt": "a fox", "depth": 3}}),
        ("progress", {"task": "none"}),
    ],
)
def test_whatever_is_asked_is_answered_with_a_sentence(served, name, fields):
    error = ask(served, name, **fields)["error"]
    assert error.endswith(".") and len(error) < 200


def test_the_estimate_is_said_before_the_press(served):
    drawn(served.app.state.studio.store, "a fox")
    found = ask(served, "estimate", values={"prompt": "a fox", "num_images_per_prompt": 2})
    assert found["seconds"] > 0 and found["said"].startswith("about ")


def test_only_a_png_is_looked_at_and_other_sites_are_refused(served):
    address = f"{served.url}/library/inspect"
    answer = httpx.post(address, content=b"GIF89a", headers={"Content-Type": "image/png"})
    assert answer.status_code == 422 and "a PNG" in answer.json()["error"]
    assert httpx.post(address, content=b"x", headers={"Content-Type": "text/plain"}).status_code == 422
    foreign = {"Content-Type": "image/png", "Sec-Fetch-Site": "cross-site"}
    assert httpx.post(address, content=b"x", headers=foreign).status_code == 403
