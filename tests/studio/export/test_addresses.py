"""Exports over HTTP: to whom, and what is answered to whatever is asked."""

import base64
import io
import json
import zipfile

import httpx
import pytest
from library_rows import drawn
from PIL import Image
from serving import serving

from lit.errors import LiTError

CHOICE = {"title": "Pets", "author": "Me", "loop": "", "border": None}


def no_model():
    raise LiTError("There is no model")


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(no_model, tmp_path_factory.mktemp("home"), public=True) as studio:
        yield studio


@pytest.fixture(scope="module")
def pictures(served):
    return [named(served, prompt) for prompt in ("a fox", "an owl", "a bear")]


def named(served, prompt, visitor="ann") -> str:
    store = served.app.state.studio.store
    job = store.get(drawn(store, prompt, visitor=visitor, style="noto").split("/")[0])
    return f"{job.id}/{job.files[0].name}"


def ask(served, called, /, visitor="ann", **fields) -> dict:
    body, kind = json.dumps({"visitor": visitor} | fields), {"Content-Type": "application/json"}
    return httpx.post(f"{served.url}/export/{called}", content=body, headers=kind, timeout=30).json()


def test_from_pictures_to_a_zip(served, pictures):
    opened = ask(served, "open", pictures=pictures)
    assert opened["gone"] == 0
    assert opened["pictures"][1] == {"id": pictures[1], "name": "owl", "alt": "Owl, Noto", "emoji": "🦉"}
    task = ask(served, "begin", pictures=pictures, targets=["slack", "whatsapp"], **CHOICE)["task"]
    while "result" not in (now := ask(served, "progress", task=task)):
        assert "error" not in now
    answer = httpx.get(f"{served.url}/export/files/{now['result']['id']}")
    assert answer.headers["content-type"] == "application/zip"
    assert 'filename="pets.zip"' in answer.headers["content-disposition"]
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        assert Image.open(archive.open("whatsapp/owl.webp")).size == (512, 512)
    assert httpx.get(f"{served.url}/export/files/none").status_code == 404


def test_what_will_be_refused_is_said_before(served, pictures, monkeypatch):
    monkeypatch.setattr("lit.export.platform.available", lambda: False)  # as where PyAV is not installed
    refused = ask(served, "check", pictures=pictures, **CHOICE | {"loop": "bob"})["refused"]
    assert refused["telegram"].startswith("WEBM video is written by PyAV, which is not here: pip install")
    assert refused["viber"] == "Viber takes still stickers; leave the loop out."
    assert "whatsapp" not in refused and "favicon" in refused
    words = {pictures[0]: {"name": "x", "alt": "x" * 256, "emoji": "🦊"}}
    answer = ask(served, "check", pictures=pictures, words=words, **CHOICE)
    assert (answer["field"], set(answer["refused"])) == ("alt text", {"favicon"})
    assert answer["wrong"].endswith("1 to 255 characters, all of them whole.")


@pytest.mark.parametrize(("loop", "kind", "frames"), [("", "PNG", 1), ("wiggle", "GIF", 20)])
def test_a_preview_is_a_picture_that_moves_where_a_loop_is_asked_for(served, pictures, loop, kind, frames):
    answer = ask(served, "preview", pictures=pictures[:1], targets=["slack"], **CHOICE | {"loop": loop})
    (data,) = answer["pictures"]
    image = Image.open(io.BytesIO(base64.b64decode(data.partition(",")[2])))
    assert (image.format, image.size, getattr(image, "n_frames", 1)) == (kind, (128, 128), frames)
    assert "of 128 KB" in answer["said"][0]


def test_strangers_pictures_are_not_there(served, pictures):
    foreign = named(served, "a secret", visitor="bob")
    for called in ("preview", "begin"):
        error = ask(served, called, pictures=[foreign], targets=["slack"], **CHOICE)["error"]
        assert error == "Picture: “a-secret-0.png” will not do. Needed: one that is still there."
    assert ask(served, "open", pictures=[foreign, *pictures])["gone"] == 1
    assert "no longer there" in ask(served, "open", pictures=[foreign])["error"]


@pytest.mark.parametrize(
    ("called", "fields", "said"),
    [
        ("begin", {"targets": ["msn"]}, "Target: “msn” will not do. Needed: one of whatsapp"),
        ("begin", {"targets": []}, "Places: “none” will not do. Needed: one place or more"),
        ("begin", {"pictures": []}, "Pictures: “0” will not do. Needed: 1 to 200 at once"),
        ("begin", {"pictures": ["x/y"] * 201}, "Pictures: “201” will not do. Needed: 1 to 200 at once"),
        ("begin", {"pictures": ["../../etc/passwd"]}, "one that is still there"),
        ("begin", {"title": "x" * 300}, "Name of the pack: “xxx"),
        ("check", {"author": " "}, "Publisher: "),
        ("begin", {"title": "half \ud83d"}, "Name of the pack: "),
        (
            "preview",
            {"words": {"a": {"name": "x", "alt": "x", "emoji": "cat"}}},
            "Emoji: “cat” will not do. Needed: 1 to 20 emoji",
        ),
        ("begin", {"loop": "jump"}, "Loop: “jump” will not do. Needed: one of bob"),
        ("begin", {"border": 999}, "Border: “999” will not do"),
        ("begin", {"border": "8"}, "something else than this studio answers"),
        ("begin", {"targets": "slack"}, "something else"),
        ("begin", {"words": 3}, "something else"),
        ("progress", {"task": "none"}, "no longer under way"),
        ("make", {}, "something else"),
        ("_order", {}, "something else"),
    ],
)
def test_whatever_is_asked_is_answered_with_a_sentence(served, pictures, called, fields, said):
    error = ask(served, called, **{"pictures": pictures, "targets": ["slack"]} | CHOICE | fields)["error"]
    assert said in error and error.endswith(".") and len(error) < 250


def test_a_name_of_300_characters_is_refused_in_words(served, pictures):
    words = {pictures[0]: {"name": "x" * 300, "alt": "x", "emoji": "🦊"}}
    error = ask(served, "preview", pictures=pictures[:1], targets=["slack"], words=words, **CHOICE)["error"]
    assert "1 to 128 characters" in error and len(error) < 150


def test_other_sites_are_refused(served):
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert httpx.post(f"{served.url}/export/open", json={}, headers=foreign).status_code == 403
    assert httpx.post(f"{served.url}/export/open", content=b"{}").status_code == 422
