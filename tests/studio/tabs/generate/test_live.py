"""Live pictures over HTTP: what is answered, and to whom."""

import io
import json
import threading
from urllib.parse import unquote

import httpx
import pytest
from conftest import make_pipeline
from PIL import Image
from serving import Paced, serving, wait_until

from lit.errors import LiTError
from lit.settings import SETTINGS, read_png
from lit.studio.tabs.generate import live as live_addresses

VALUES = {"prompt": "a fox", "style": "blob", "width": 64, "height": 64, "seed": 7.0, "num_inference_steps": 20}


@pytest.fixture(scope="module")
def pipeline(text_encoder):
    return Paced(make_pipeline(text_encoder))


@pytest.fixture(scope="module")
def served(pipeline, tmp_path_factory):
    with serving(lambda: pipeline, tmp_path_factory.mktemp("home"), public=True) as studio:
        live = studio.app.state.studio.worker.live
        wait_until(lambda: live.speed is not None)
        yield studio


@pytest.fixture(autouse=True)
def unhurried(pipeline):
    yield
    pipeline.seconds = 0.0


def body(number=1, page="p", visitor="ann", settled=False, **values) -> dict:
    return {"visitor": visitor, "page": page, "number": number, "settled": settled, "values": VALUES | values}


def draw(served, asked, headers=None, timeout=60):
    headers = {"Content-Type": "application/json"} | (headers or {})
    return httpx.post(f"{served.url}/live/draw", content=json.dumps(asked), headers=headers, timeout=timeout)


@pytest.fixture
def drafts(served, monkeypatch) -> list:
    """What has been asked for."""
    live, drafts = served.app.state.studio.worker.live, []
    ask = live.ask
    monkeypatch.setattr(live, "ask", lambda *request: drafts.append(ask(*request)) or drafts[-1])
    return drafts


def test_a_picture_comes_with_what_the_page_needs_and_its_file_carries_its_settings(served, tmp_path):
    answer = draw(served, body(page="whole", settled=True))
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/webp")
    image = Image.open(io.BytesIO(answer.content)).convert("RGBA")
    assert unquote(answer.headers["Lit-Caption"]) == "a fox · Blob · seed 7 · 8 steps"
    assert answer.headers["Lit-Settled"] == "yes"
    assert draw(served, body(2, page="whole", prompt="an owl")).headers["Lit-Settled"] == "no"

    answer = draw(served, body(3, page="whole"))
    file = tmp_path / "live.png"
    file.write_bytes(httpx.get(f"{served.url}/live/pictures/{answer.headers['Lit-Picture']}").content)
    settings, provenance = read_png(file)
    assert (settings.prompt, settings.style, settings.seed) == ("a fox", "blob", 7)
    worker = served.app.state.studio.worker
    assert provenance == worker.pipeline().provenance()
    assert image.size == Image.open(file).size == (64, 64)
    assert worker.store.recent(9).pictures == []


def test_what_is_outdated_is_answered_with_nothing(served, pipeline, drafts):
    pipeline.seconds = 0.3
    answers = []
    thread = threading.Thread(target=lambda: answers.append(draw(served, body(1, page="fast"))))
    thread.start()
    wait_until(lambda: drafts)
    newer = draw(served, body(2, page="fast", prompt="an owl"))
    thread.join()
    assert (answers[0].status_code, answers[0].content) == (204, b"")
    assert newer.status_code == 200
    assert draw(served, body(1, page="fast")).status_code == 204


@pytest.mark.parametrize(
    "values, sentence, field",
    [
        ({"prompt": " "}, "Type what to draw, for example", "prompt"),
        ({"seed": -5}, "Seed cannot be -5. Choose a whole number from 0", "seed"),
        ({"seed": 1.5}, "Seed cannot be 1.5. Choose a whole number", "seed"),
        ({"style": "anime"}, "Style cannot be anime. Choose Noto, ", "style"),
        ({"width": 100}, "Width cannot be 100. Choose a multiple of 16", "width"),
        ({"prompt": "\ud800"}, "What should it be: “\\ud800” will not do. Needed: whole characters", "prompt"),
    ],
)
def test_what_cannot_be_drawn_is_said_with_the_name_of_its_control(served, values, sentence, field):
    answer = draw(served, body(page="wrong", **values))
    assert answer.status_code == 422
    assert answer.json()["error"].startswith(sentence) and answer.json()["field"] == field


@pytest.mark.parametrize(
    "change",
    [
        {"values": {"prompt": "a fox", "unknown": 1}},
        {"values": [1]},
        {"visitor": ""},
        {"visitor": "x" * 65},
        {"page": 7},
        {"number": -1},
        {"number": True},
    ],
)
def test_a_request_of_another_shape_is_refused(served, change):
    answer = draw(served, body() | change)
    assert answer.status_code == 503 and "Reload it" in answer.json()["error"]


@pytest.mark.parametrize("content", [b"{", b"[]", b'"x"', b"[" * 50_000])
def test_what_is_no_request_is_refused(served, content):
    headers = {"Content-Type": "application/json"}
    answer = httpx.post(f"{served.url}/live/draw", content=content, headers=headers)
    assert "Reload it" in answer.json()["error"]


def test_more_than_a_sticker_can_be_drawn_from_is_refused(served):
    assert "more text than" in draw(served, body(prompt="a" * 70_000)).json()["error"]


def test_other_sites_cannot_have_anything_drawn(served):
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
    assert draw(served, body(), headers=foreign).status_code == 403
    assert draw(served, body(), headers={"Host": "evil.example"}).status_code == 400
    # As a form sends it, from a browser that does not say where from.
    form = draw(served, body(), headers={"Content-Type": "text/plain"})
    assert "Reload it" in form.json()["error"]


def test_a_page_that_has_gone_is_drawn_for_no_more(served, pipeline, drafts):
    pipeline.seconds = 0.3
    with pytest.raises(httpx.ReadTimeout):
        draw(served, body(page="gone"), timeout=0.5)
    wait_until(drafts[0].answer.done)
    assert drafts[0].answer.result() is None


def test_who_waits_for_long_is_told_to_ask_again_and_keeps_the_place(served, pipeline, monkeypatch):
    monkeypatch.setattr(live_addresses, "PATIENCE", 0.1)
    pipeline.seconds = 0.2
    assert draw(served, body(page="slow")).status_code == 202
    pipeline.seconds = 0.0
    monkeypatch.undo()
    assert draw(served, body(page="slow")).status_code == 200


def test_an_unknown_picture_is_said(served):
    answer = httpx.get(f"{served.url}/live/pictures/unknown")
    assert answer.status_code == 404 and "no longer there" in answer.json()["error"]


def test_the_speed_is_said(served):
    found = httpx.get(f"{served.url}/live/speed").json()
    assert found["ready"] and found["on"] and not found["trouble"]
    assert found["said"].startswith("A picture takes ")


def test_the_speed_is_said_once_it_is_known_and_so_is_that_there_is_no_model(tmp_path, monkeypatch):
    monkeypatch.setattr(live_addresses, "PATIENCE", 0.3)
    loading = threading.Event()

    def load():
        loading.wait(20)
        raise LiTError("There is no model")

    with serving(load, tmp_path, root_path="/studio") as studio:
        assert not httpx.get(f"{studio.url}/live/speed").json()["ready"]
        assert "loading" in draw(studio, body()).json()["error"]
        loading.set()
        wait_until(lambda: httpx.get(f"{studio.url}/studio/live/speed").json()["ready"])
        found = httpx.get(f"{studio.url}/live/speed").json()
    assert found == {"ready": True, "on": False, "trouble": True, "said": "There is no model."}


def test_every_setting_may_be_sent_and_none_has_to_be_but_words(served):
    assert set(VALUES) < set(SETTINGS)
    asked = body(page="few")
    asked["values"] = {"prompt": "a fox"}
    assert draw(served, asked).status_code == 200


def test_words_are_known_as_they_were_typed_in_the_kept_picture_and_when_the_page_opens_again(served):
    answer = draw(served, body(page="typed", visitor="eva", settled=True, prompt="ein Fuchs"))
    assert unquote(answer.headers["lit-caption"]).startswith("ein Fuchs · drawn as a fox")
    kept = {"visitor": "eva", "picture": answer.headers["lit-picture"]}
    assert httpx.post(f"{served.url}/live/keep", json=kept).status_code == 200
    opened = httpx.post(f"{served.url}/drawings/open", json={"visitor": "eva"}).json()
    assert opened["values"]["prompt"] == "ein Fuchs"
    assert opened["shown"]["pictures"][0]["said"].startswith("ein Fuchs · drawn as a fox")
