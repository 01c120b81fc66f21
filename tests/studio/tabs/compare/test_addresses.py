"""Comparisons over HTTP: what is answered, and to whom."""

import io

import httpx
import pytest
from conftest import make_pipeline
from PIL import Image
from serving import Paced, serving, wait_until

from lit.settings import read_png
from lit.studio.tabs.compare import addresses

VALUES = {"prompt": "a fox", "width": 64, "height": 64, "seed": 7, "num_inference_steps": 4}


@pytest.fixture(scope="module")
def pipeline(text_encoder):
    return Paced(make_pipeline(text_encoder))


@pytest.fixture(scope="module")
def served(pipeline, tmp_path_factory):
    with serving(lambda: pipeline, tmp_path_factory.mktemp("home"), public=True) as studio:
        wait_until(lambda: studio.app.state.studio.worker.live.speed is not None)
        yield studio


@pytest.fixture(autouse=True)
def unhurried(pipeline):
    yield
    pipeline.seconds = 0.0


def body(x=("style", ["any", "noto"]), y=None, visitor="ann", **values) -> dict:
    axes = {name: one and {"name": one[0], "values": one[1]} for name, one in (("x", x), ("y", y))}
    return {"visitor": visitor, "values": VALUES | values} | axes


def post(served, name, asked=None, **more):
    return httpx.post(f"{served.url}/compare/{name}", json=asked or {}, timeout=30, **more)


def get(served, name):
    return httpx.get(f"{served.url}/compare/{name}", timeout=30)


def drawn(served, comparison):
    found = {"active": True, "version": -1}
    while found["active"]:
        found = get(served, f"drawn/{comparison}?seen={found['version']}").json()
    return found["cells"]


def test_it_is_said_before_it_is_drawn_and_drawn_picture_by_picture(served, tmp_path):
    asked = body(y=("seed", ["1", "2"]))
    planned = post(served, "plan", asked).json()
    assert planned["said"].startswith("4 pictures, about 0.")
    begun = post(served, "begin", asked).json()
    layout = {"x": "Style", "y": "Seed", "columns": ["Any", "Noto"], "rows": ["1", "2"]}
    assert begun["layout"] == planned["layout"] == layout
    cells = drawn(served, begun["id"])
    assert [(cell["state"], cell["seed"]) for cell in cells] == [("done", 1)] * 2 + [("done", 2)] * 2
    assert cells[1]["caption"] == "a fox · Noto · seed 1 · 4 steps · LiT · flow-map"
    assert cells[0]["noise"] == cells[1]["noise"] != cells[2]["noise"]
    assert (cells[0]["evaluations"], cells[0]["passes"]) == (4, 4) and cells[0]["seconds"] > 0
    file = tmp_path / "one.png"
    file.write_bytes(get(served, f"pictures/{cells[1]['id']}.png").content)
    settings, _ = read_png(file)
    assert (settings.style, settings.seed, settings.prompt) == ("noto", 1, "a fox")
    shown = Image.open(io.BytesIO(get(served, f"pictures/{cells[1]['id']}.webp").content)).convert("RGBA")
    assert shown.tobytes() == Image.open(file).tobytes()


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        (body(x=("seed", ["one"])), "x", "Seed cannot be one. Choose a whole number"),
        (body(y=("seed", ["-1"])), "y", "Seed cannot be -1"),
        (body(width=250), "width", "Width cannot be 250"),
        (body(prompt=" "), "prompt", "Type what to draw, for example"),
        (body(x=("guidance_scale", ["15"])), "x", "Guidance cannot be 15.0. Choose a number from 1 to 8"),
        (body(x=("seed", list(range(9)))), "x", "9 × 1 are 9 pictures; at most 8"),
        (body(num_inference_steps=200, width=256, height=256), "", "This studio is shared"),
        (body(x=("model", ["own", "teacher"])), "", "no softmax teacher"),
        (body(visitor=""), "", "Reload it"),
        ({"visitor": "ann"}, "", "Reload it"),
    ],
)
def test_what_does_not_fit_is_a_sentence_about_its_field(served, asked, field, said):
    for name in ("plan", "begin"):
        answer = post(served, name, asked)
        assert answer.status_code in (409, 422) and answer.json()["field"] == field
        assert said in answer.json()["error"]


def test_what_is_varied_need_not_fit_where_it_stands_alone(served):
    assert post(served, "plan", body(x=("prompt", ["a fox", "an owl"]), prompt="")).status_code == 200


def test_it_is_stopped_and_what_is_not_there_is_said(served, pipeline, monkeypatch):
    pipeline.seconds = 0.2
    begun = post(served, "begin", body(num_inference_steps=40)).json()
    assert post(served, f"drawn/{begun['id']}/stop").json() == {"stopping": True}
    assert {cell["state"] for cell in drawn(served, begun["id"])} == {"stopped"}
    for answer in (
        get(served, "drawn/f00"),
        get(served, "pictures/f00.png"),
        post(served, "pictures/f00/keep", {"visitor": "ann"}),
    ):
        assert answer.status_code == 409 and "no longer there" in answer.json()["error"]
    monkeypatch.setattr(addresses, "PATIENCE", 0.2)
    state = get(served, f"drawn/{begun['id']}").json()
    assert get(served, f"drawn/{begun['id']}?seen={state['version']}").json() == state  # told again after a while


def test_a_kept_one_is_among_the_visitors_drawings(served):
    (cell, _) = drawn(served, post(served, "begin", body()).json()["id"])
    assert "Kept" in post(served, f"pictures/{cell['id']}/keep", {"visitor": "keeper"}).json()["said"]
    assert len(served.app.state.studio.store.recent(9, "keeper").pictures) == 1
    assert served.app.state.studio.store.recent(9, "ann").pictures == []


def test_another_sites_page_is_refused(served):
    assert post(served, "begin", body(), headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
