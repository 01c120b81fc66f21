"""Sweeps over HTTP: what is answered, and to whom."""

import io
import re

import httpx
import pytest
from conftest import make_pipeline
from PIL import Image
from serving import HELD, Paced, serving, wait_until
from sweeping import mean_colour

from lit.settings import read_png
from lit.studio.tabs import lasting

VALUES = {"prompt": "a red fox", "width": 64, "height": 64, "seed": 7, "num_inference_steps": 2}
GUIDANCE = {"name": "guidance_scale", "text": "1, 4"}
STYLES = {"name": "style", "values": ["any", "noto"]}


@pytest.fixture(scope="module")
def pipeline(text_encoder):
    return Paced(make_pipeline(text_encoder))


@pytest.fixture(scope="module")
def served(pipeline, tmp_path_factory):
    with serving(lambda: pipeline, tmp_path_factory.mktemp("home"), public=True) as studio:
        wait_until(lambda: studio.app.state.studio.worker.live.speed is not None)
        yield studio


@pytest.fixture(autouse=True)
def eye(monkeypatch):
    monkeypatch.setattr("lit.explore.sweeps.distances.eye", lambda: mean_colour)


@pytest.fixture
def visitor(request):
    """Nobody else's, so that nothing of other tests is in the way."""
    return request.node.name[:40]


def body(*axes, visitor="ann", way="grid", budget=6, **values) -> dict:
    return {"visitor": visitor, "values": VALUES | values, "way": way, "axes": list(axes), "budget": budget}


def ask(served, name, asked, **more):
    return httpx.post(f"{served.url}/sweeps/ask/{name}", json=asked, timeout=40, **more)


def get(served, path):
    return httpx.get(f"{served.url}/sweeps/{path}", timeout=30)


def drawn(served, visitor, sweep):
    """The state at the end, and all cells that were told of on the way."""
    state, cells = {"active": True, "version": -1}, {}
    while state["active"]:
        state = ask(served, "look", {"visitor": visitor, "sweep": sweep, "seen": state["version"]}).json()
        cells = ({} if state["whole"] else cells) | {tuple(cell["at"]): cell for cell in state["cells"]}
    return state, cells


def test_it_is_said_before_it_is_drawn_comes_picture_by_picture_and_is_taken_away(served, visitor, tmp_path):
    asked = body(GUIDANCE, STYLES, {"name": "part", "values": ["fox", "owl"]}, visitor=visitor)
    said = ask(served, "plan", asked).json()
    assert said["said"].startswith("8 pictures, about ")
    assert re.fullmatch(r"a red fox · seed \d+ · \d+ steps?", said["base"])  # the style varies
    sweep = ask(served, "begin", asked).json()["id"]
    state, cells = drawn(served, visitor, sweep)
    assert state["title"] == "Guidance × Style × fox: a red fox" and state["ended"] == "Done: 8 pictures."
    assert [axis["values"] for axis in state["axes"]] == [["1", "4"], ["Any", "Noto"], ["fox", "owl"]]
    assert sorted(cells) == [(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)]
    last = cells[1, 1, 1]
    assert (last["said"], last["caption"]) == (
        "Guidance 4 · Style Noto · fox owl",
        "a red owl · Noto · seed 7 · 2 steps",
    )
    file = tmp_path / "one.png"
    file.write_bytes(get(served, f"pictures/{last['id']}.png").content)
    settings, _ = read_png(file)
    assert (settings.prompt, settings.style, settings.guidance_scale) == ("a red owl", "noto", 4.0)
    values = ask(served, "settings", {"visitor": visitor, "sweep": sweep, "place": last["place"]}).json()["values"]
    assert (values["prompt"], values["style"], values["guidance_scale"]) == ("a red owl", "noto", 4.0)

    sheet = get(served, f"drawn/{sweep}/sheet.png")
    assert Image.open(io.BytesIO(sheet.content)).width > 2 * 64
    page = get(served, f"drawn/{sweep}/page.html")
    assert page.text.count("data:image/webp") == 8
    for one in (sheet, page):
        assert one.headers["content-disposition"].startswith("attachment")
    (line,) = ask(served, "last", {"visitor": visitor}).json()["sweeps"]
    assert (line["id"], line["said"], line["active"]) == (sweep, "8 pictures", False)


def test_an_adaptive_one_says_where_the_picture_changes(served, visitor):
    asked = body({"name": "variation_strength", "low": "0", "high": "1"}, visitor=visitor, way="adaptive")
    asked["values"]["variation_seed"] = asked["values"]["seed"]  # which would vary nothing
    assert ask(served, "plan", asked).json()["said"].startswith("At most 6 pictures, about ")
    state, cells = drawn(served, visitor, ask(served, "begin", asked).json()["id"])
    (axis,) = state["axes"]
    assert axis["label"] == "Variation" and axis["values"][0] == "0" and axis["values"][-1] == "1"
    assert sorted(cells) == [(rank,) for rank in range(len(axis["values"]))]
    assert cells[0,]["caption"] != cells[1,]["caption"] and "variation 8" in cells[1,]["caption"]
    change = state["change"]
    ends = [(low, high) for low, high, _ in change["curve"]]
    assert ends[0][0] == 0 and ends[-1][1] == 1 and [low for low, _ in ends[1:]] == [high for _, high in ends[:-1]]
    assert all(0 <= rate <= 1 for *_, rate in change["curve"]) and change["said"].startswith("The picture ")


def test_of_two_settings_it_gives_a_map(served, visitor):
    axes = ({"name": "guidance_scale", "low": 1, "high": 8}, {"name": "variation_strength", "low": 0, "high": 1})
    asked = body(*axes, visitor=visitor, way="adaptive", budget=9)
    sweep = ask(served, "begin", asked).json()["id"]
    state, _ = drawn(served, visitor, sweep)
    rows = state["change"]["map"]
    assert len(rows) == len(rows[0]) and max(map(max, rows)) <= 1
    assert state["change"]["ends"] == [["1", "8"], ["0", "1"]] and len(state["change"]["points"]) == state["drawn"]
    assert get(served, f"drawn/{sweep}/sheet.png").status_code == 200


@pytest.mark.parametrize(
    ("asked", "field", "said"),
    [
        (body(), "0", "Choose one to three settings"),
        (body({"name": "guidance_scale", "text": "1, many"}), "0", "Guidance cannot be many"),
        (body(GUIDANCE, {"name": "seed", "text": "-1"}), "1", "Seed cannot be -1"),
        (body({"name": "seed", "text": "3, 3"}), "0", "3"),
        (body({"name": "seed", "text": ""}), "0", "Seed"),
        (body({"name": "guidance_scale", "text": "nan"}), "0", "Guidance"),
        (body({"name": "guidance_scale", "text": "15"}), "0", "Guidance cannot be 15.0. Choose a number from 1 to 8"),
        (body({"name": "part", "values": ["cat", "dog"]}), "0", "“cat” does not stand in the prompt"),
        (body({"name": "style", "values": ["anime"]}), "0", "Style cannot be anime"),
        (body({"name": "seed", "text": "0:40"}), "", "This studio is shared"),
        (body({"name": "seed", "text": "0:20"}, num_inference_steps=200, width=256, height=256), "", "is shared"),
        (body(GUIDANCE, width=250), "width", "Width cannot be 250"),
        (body({"name": "seed", "low": 0, "high": 9}, way="adaptive"), "0", "a range of a number"),
        (body({"name": "guidance_scale", "low": 4, "high": 4}, way="adaptive"), "0", "below the high one"),
        (body({"name": "guidance_scale", "low": "x", "high": 4}, way="adaptive"), "0", "Guidance cannot be x"),
        (body({"name": "guidance_scale", "low": 1, "high": 4}, way="adaptive", budget=2), "budget", "whole number"),
        (body({"name": "guidance_scale", "low": 1, "high": 4}, way="adaptive", budget="9"), "budget", "whole number"),
        (body(GUIDANCE, way="sideways"), "", "Reload it"),
        (body({"name": "image_sha256", "values": ["f" * 64]}), "", "Reload it"),
        (body({"name": "guidance_scale"}), "", "Reload it"),
        (body(GUIDANCE, visitor=""), "", "Reload it"),
        ({"visitor": "ann"}, "", "Reload it"),
    ],
)
def test_what_does_not_fit_is_a_sentence_about_its_field(served, asked, field, said):
    for name in ("plan", "begin"):
        answer = ask(served, name, asked)
        assert answer.status_code in (409, 422)
        assert said in answer.json()["error"] and answer.json()["field"] == field


def test_words_are_read_as_anywhere_and_what_is_varied_need_not_fit_alone(served):
    german = body(GUIDANCE, prompt="ein roter Fuchs")
    assert ask(served, "plan", german).json()["base"].startswith("ein roter Fuchs · drawn as a red fox")
    asked = body({"name": "prompt", "values": ["ein Fuchs", "an owl"]}, prompt="")
    assert ask(served, "plan", asked).status_code == 200


def test_it_is_stopped_goes_on_is_kept_and_thrown_away_by_its_own_visitor_alone(served, pipeline, visitor, monkeypatch):
    pipeline.seconds = HELD
    asked = body(GUIDANCE, visitor=visitor, num_inference_steps=20)
    mine = {"visitor": visitor, "sweep": ask(served, "begin", asked).json()["id"], "place": 0}
    for name in ("look", "stop", "go_on", "keep", "throw_away", "settings"):
        answer = ask(served, name, mine | {"visitor": "eve"})
        assert answer.status_code == 409 and "no longer there" in answer.json()["error"]
    assert ask(served, "last", {"visitor": "eve"}).json()["sweeps"] == []
    ask(served, "stop", mine)
    pipeline.seconds = 0.0
    state, cells = drawn(served, visitor, mine["sweep"])
    assert state["rest"] and {cell["state"] for cell in cells.values()} == {"stopped"}
    assert get(served, f"drawn/{mine['sweep']}/sheet.png").status_code == 404  # nothing is drawn yet
    ask(served, "go_on", mine)
    assert drawn(served, visitor, mine["sweep"])[0]["drawn"] == 2
    kept = ask(served, "keep", mine).json()
    assert "Kept" in kept["said"] and ask(served, "keep", mine).json()["picture"] == kept["picture"]
    assert httpx.get(f"{served.url}/library/pictures/{kept['picture']}").status_code == 200
    monkeypatch.setattr(lasting, "PATIENCE", 0.2)
    now = ask(served, "look", mine).json()
    assert ask(served, "look", mine | {"seen": now["version"]}).json()["cells"] == []  # told again after a while
    ask(served, "throw_away", mine)
    assert ask(served, "last", {"visitor": visitor}).json()["sweeps"] == []
    ask(served, "bring_back", mine)
    assert len(ask(served, "last", {"visitor": visitor}).json()["sweeps"]) == 1


def test_what_is_not_there_is_not_found(served, visitor):
    sweep = ask(served, "begin", body(GUIDANCE, visitor=visitor)).json()["id"]
    drawn(served, visitor, sweep)
    for path in ("pictures/f00/0.png", f"pictures/{sweep}/9.png", "drawn/f00/page.html", f"drawn/{sweep}/sweep.json"):
        assert get(served, path).status_code == 404
    assert ask(served, "_own", {"visitor": visitor, "sweep": sweep}).status_code == 409
    for place in (-1, 9, "0", True, None):
        for name in ("keep", "settings"):
            assert ask(served, name, {"visitor": visitor, "sweep": sweep, "place": place}).status_code == 409
