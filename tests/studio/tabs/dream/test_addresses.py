"""Dreams over HTTP: what is answered, and to whom."""

import io
import re
from copy import copy
from dataclasses import replace

import httpx
import pytest
from conftest import make_pipeline
from PIL import Image
from serving import Paced, serving, wait_until

from lit.studio.languages import CODES, speaking
from lit.studio.tabs import lasting
from lit.studio.tabs.dream import state
from lit.studio.tabs.dream.prepared import FOLDER, NAME, SIDE, prepared

VALUES = {"prompt": "a red fox", "width": 64, "height": 64, "seed": 7}
TOLD = {"picture": "", "strength": 0.6, "noise": "fresh", "frames": 6, "steps": 1, "words": "held", "to": ""}


@pytest.fixture(scope="module")
def served(text_encoder, tmp_path_factory):
    pipeline = Paced(make_pipeline(text_encoder))
    with serving(lambda: pipeline, tmp_path_factory.mktemp("home"), public=True) as studio:
        wait_until(lambda: studio.app.state.studio.worker.live.speed is not None)
        yield studio


def body(visitor="ann", values=None, **told) -> dict:
    return {"visitor": visitor, "values": VALUES | (values or {})} | TOLD | told


def ask(served, name, asked, **more):
    return httpx.post(f"{served.url}/dreams/ask/{name}", json=asked, timeout=40, **more)


def get(served, path):
    return httpx.get(f"{served.url}/dreams/{path}", timeout=30)


def dreamt(served, visitor, dream):
    """The state at the end, with the last symbols and graph that were told of on the way."""
    found = {"active": True, "version": -1}
    while found["active"]:
        found |= ask(served, "look", {"visitor": visitor, "dream": dream, "seen": found["version"]}).json()
    return found


def test_it_is_said_before_it_is_dreamt_and_its_frames_graph_and_loop_are_taken_away(served):
    german = body("ann", {"prompt": "ein roter Fuchs"}, words="drifting", to="an owl / ein Hund", frames=20)
    assert ask(served, "plan", german).json()["said"].startswith("20 pictures, about ")
    dream = ask(served, "begin", german).json()["id"]
    found = dreamt(served, "ann", dream)
    assert found["title"] == "ein roter Fuchs → an owl → a dog" and found["ended"] == "Done: 20 pictures."
    assert found["count"] == 20 == len(found["symbols"]) and found["rest"] is None and not found["more"]
    assert found["sentences"][0].startswith("The graph is that of k-means")
    with Image.open(io.BytesIO(get(served, f"pictures/{dream}/19.webp").content)) as frame:
        assert frame.size == (64, 64)
    for suffix in ("png", "webp"):
        with Image.open(io.BytesIO(get(served, f"drawn/{dream}/loop.{suffix}?ms=250").content)) as moving:
            assert moving.n_frames > 20 and moving.mode == "RGBA"
            moving.load()
            assert moving.info["duration"] == 250
    again = ask(served, "look", {"visitor": "ann", "dream": dream, "seen": found["version"] - 1}).json()
    assert "graph" not in again  # which has not changed since
    (line,) = ask(served, "last", {"visitor": "ann"}).json()["dreams"]
    assert line["id"] == dream and line["said"] == "20 pictures" and not line["active"]
    for path in ("pictures/f00/0.webp", f"pictures/{dream}/20.webp", f"drawn/{dream}/loop.gif", "drawn/f00/loop.png"):
        assert get(served, path).status_code == 404


def test_a_sticker_is_dreamt_on(served):
    worker, values = served.app.state.studio.worker, body()["values"]
    job = httpx.post(f"{served.url}/drawings", json={"visitor": "ann", "values": values}).json()["job"]
    wait_until(lambda: worker.store.get(job).state == "done")
    (file,) = worker.store.get(job).files
    dream = ask(served, "begin", body(picture=f"{job}/{file.name}", frames=2)).json()["id"]
    assert dreamt(served, "ann", dream)["count"] == 2
    with Image.open(file) as sticker:
        assert worker.dreams.known(dream).first().tobytes() == sticker.convert("RGBA").tobytes()


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        (body(strength=0), "strength", "above 0 and below 1"),
        (body(strength=1), "strength", "above 0 and below 1"),
        (body(strength="x"), "strength", "Strength cannot be x"),
        (body(frames=1), "frames", "a whole number from 2 to 2000"),
        (body(frames=True), "frames", "a whole number from 2 to 2000"),
        (body(words="drifting", to=" / "), "prompts", "one to eight to drift to"),
        (body(words="drifting", to="/".join("abcdefghi")), "prompts", "one to eight to drift to"),
        (body(values={"prompt": " "}), "prompt", "Type what to draw"),
        (body(values={"width": 250}), "width", "Width cannot be 250"),
        (body(values={"width": 256, "height": 256}, frames=321), "", "This studio is shared: one dream"),
        (body(noise="pink"), "", "Reload it"),
        (body(steps=3), "", "Reload it"),
        (body(picture=None), "", "Reload it"),
        (body(visitor=""), "", "Reload it"),
        ({"visitor": "ann"}, "", "Reload it"),
    ],
)
def test_what_does_not_fit_is_a_sentence_about_its_field(served, asked, field, said):
    for name in ("plan", "begin"):
        answer = ask(served, name, asked)
        assert answer.status_code in (409, 422)
        assert said in answer.json()["error"] and answer.json()["field"] == field


def test_a_dream_is_its_own_visitor_s_alone(served, monkeypatch):
    monkeypatch.setattr(lasting, "PATIENCE", 0.2)
    mine = {"visitor": "bob", "dream": ask(served, "begin", body("bob", frames=200)).json()["id"]}
    for name in ("look", "stop", "go_on", "throw_away"):
        answer = ask(served, name, mine | {"visitor": "eve"})
        assert answer.status_code == 409 and "no longer there" in answer.json()["error"]
    assert ask(served, "last", {"visitor": "eve"}).json()["dreams"] == []
    ask(served, "stop", mine)
    assert dreamt(served, "bob", mine["dream"])["more"]
    ask(served, "throw_away", mine)
    assert ask(served, "last", {"visitor": "bob"}).json()["dreams"] == []
    assert ask(served, "begin", body("bob", picture="f00/a.png")).status_code == 409
    assert ask(served, "_own", mine).status_code == 409


def test_the_dream_that_ships_is_small_whole_and_nobody_s_to_stop(served):
    found = ask(served, "look", {"visitor": "eve", "dream": NAME, "seen": -1}).json()
    assert not found["active"] and found["count"] == len(found["symbols"]) == prepared().order.frames
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 500_000
    assert any("bits" in sentence for sentence in found["sentences"])
    with Image.open(io.BytesIO(get(served, f"pictures/{NAME}/{found['count'] - 1}.webp").content)) as frame:
        assert frame.size == (SIDE, SIDE) and frame.convert("RGBA").getextrema()[3] == (0, 255)
    for name in ("stop", "throw_away"):
        assert ask(served, name, {"visitor": "eve", "dream": NAME}).status_code == 409


def test_numbers_say_whether_it_stays_and_how_much_the_network_knows():
    for size, said in ((0.78, "Why it stays: "), (1.2, "Why it may leave again: ")):
        sentence, others = state._why({"eigenvalue": [size, 0.01], "sizes": [size, 0.5, 0.25]})
        assert sentence.startswith(said) and str(size) in sentence and "0.50 · 0.25" in others
    assert state._why({}) == state._beside({}) == []
    words = [["(start)", False, False, 0.01], ["cat", False, False, 0.2], ["fog", False, True, -0.05]]
    made = {"frame": 0.1, "noise": 0.04, "words": [*words, ["noto", True, False, 0.03]], "biases": 0.67}
    *_, sentence = state._why({"eigenvalue": [0.5, 0.01], "parts": made})
    assert all(f"{share}%" in sentence for share in ("10.0", "4.0", "19.0", "67.0"))
    assert "(cat 20.0% · without: fog -5.0% · style noto 3.0%)" in sentence
    for code in CODES:
        with speaking(code):
            errors, agree = state._beside({"ahead": [[1, 0.0123, 0.5], [4, 1.5, 0.25]], "agreement": 0.35})
        shown = [number.replace(",", ".") for number in re.findall(r"\d+[.,]\d+|\d+", errors)]
        assert shown == ["1", "0.012", "0.500", "4", "1.500", "0.250"] and "35" in agree


def test_a_cycle_is_said(served):
    dreamt = copy(prepared())
    dreamt.order = replace(dreamt.order, dream=replace(dreamt.order.dream, fresh=False, words="held"))
    for period, said in ((1, "a fixed point: from frame 31 on"), (3, "from frame 31 on the same 3 pictures")):
        dreamt.read = {"rest": 30, "period": period}
        assert said in state.state_of(dreamt, served.app.state.studio.worker, -1)["sentences"][0]
