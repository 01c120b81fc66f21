"""What the LinearScope tab is answered, with a small random model and without a browser."""

import base64
import dataclasses
import io
import json
import threading

import pytest
import torch
from conftest import make_pipeline
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from scope_session import ask, result
from serving import wait_until

from lit.errors import InputError, LiTError
from lit.scope.drawings.drawing import OpenedDrawing
from lit.scope.drawings.regions import Region
from lit.scope.drawings.view import View
from lit.scope.scope import LinearScope
from lit.settings import GenerationSettings, to_png_info
from lit.studio.tabs.scope import opening
from lit.studio.tabs.scope import payload as scope_payload
from lit.studio.tabs.scope.models import Model
from lit.studio.tabs.scope.requests import Spot
from lit.studio.tabs.scope.session import ScopeSession
from lit.studio.work.worker import Worker

FOX = GenerationSettings(prompt="a fox and a fox", num_inference_steps=3, height=64, width=64, seed=5, output_scale=1)


def encoded(settings, provenance, folder) -> dict:
    """A request to open a PNG that says so."""
    file = folder / "picture.png"
    Image.new("RGBA", (8, 8)).save(file, pnginfo=to_png_info(settings, provenance))
    return {"png": base64.b64encode(file.read_bytes()).decode(), "file": file.name}


@pytest.fixture
def fox(session, tiny_pipeline, tmp_path) -> dict:
    """The fox, open."""
    return result(session, ask(session, "open", encoded(FOX, tiny_pipeline.provenance(), tmp_path)))["result"]


def test_a_picture_opens_with_a_preview_of_every_step(fox, tiny_pipeline):
    assert (fox["width"], fox["height"], fox["note"]) == (64, 64, "")
    assert fox["caption"] == "a fox and a fox · any style · seed 5 · 3 steps"
    assert [step["said"][:9] for step in fox["steps"]] == ["time 1000", "time 667,", "time 333,"]
    assert len({step["picture"] for step in fox["steps"]}) == 3
    (image,) = tiny_pipeline.generate(FOX).images
    assert fox["steps"][-1]["picture"] == scope_payload.data_url(image)


@pytest.mark.parametrize("layer", ["", "clean", "guided.transformer.blocks.0"])
def test_the_parts_add_up_before_and_after_all_parts_are_known(session, fox, layer):
    where = {"drawing": fox["id"], "step": 1, "layer": layer, "box": [10, 20, 14, 22]}
    first = ask(session, "look", where)
    assert result(session, ask(session, "words", where))["result"]["words"]
    session.answers.forget(fox["id"])
    second = ask(session, "look", where)
    for answer in (first, second):
        total = sum(part["value"] for part in answer["parts"])
        assert total == pytest.approx(answer["total"], rel=1e-4, abs=1e-6)
    for one, other in zip(first["parts"], second["parts"], strict=True):
        assert one["name"] == other["name"] and one["value"] == pytest.approx(other["value"], abs=1e-4)


def test_every_word_has_its_own_picture_also_one_that_comes_twice(session, fox):
    where = {"drawing": fox["id"], "step": 0, "box": [0, 0, 1, 1]}
    names = [part["name"] for part in ask(session, "look", where)["parts"] if part["kind"] == "word"]
    assert names.count("fox") == 2
    found = result(session, ask(session, "words", where))["result"]
    words = found["words"]
    view = session.opened.get(fox["id"]).drawing.step(0)
    tokens = [token for token, label in enumerate(view.words) if not label.empty]
    for word, token in zip(words, tokens, strict=True):
        (alone,) = view.map.words([token])
        part = scope_payload.part_map(alone[0], "luminance", found["full"])
        assert word["part"] == scope_payload.data_url(part)
        assert word["group"] == scope_payload.group_of(view.words[token])
    assert len({word["part"] for word in words}) == len(names)


@pytest.mark.parametrize("layer", ["", "clean"])
def test_a_prepared_square_is_answered_without_the_desk_as_it_would_be_by_it(
    session, fox, layer, tiny_pipeline, monkeypatch
):
    place = {"drawing": fox["id"], "step": 1, "layer": layer, "path": "query", "channel": "alpha"}
    assert fox["square"] == 16
    result(session, ask(session, "words", place))
    assert result(session, ask(session, "prepare", place))["result"] == {"squares": 16}
    boxes = [[x, y, x + 16, y + 16] for y in range(0, 64, 16) for x in range(0, 64, 16)]
    with monkeypatch.context() as alone:
        alone.setattr(session.desk, "ask", lambda question: pytest.fail("computed"))
        prepared = [ask(session, "look", place | {"box": box}) for box in boxes]
    session.answers.forget(fox["id"])
    for box, ready in zip(boxes, prepared, strict=True):
        where = place | {"box": box}
        assert ready == ask(session, "look", where) | {
            name: ask(session, "look", where | {"part": name}) for name in ("reads", "spreads")
        }
    region, views = Region(*boxes[5], "alpha"), []
    for drawing in (session.opened.get(fox["id"]).drawing, *(OpenedDrawing.open(tiny_pipeline, FOX) for _ in range(2))):
        views.append(drawing.step(1, path="query", layer=layer or None))
    views[1].contributions(region)  # which finds where it reads on its way; the third is asked for that alone
    (field, row), third = (view.receptive_field(region).row for view in views[:2]), views[2].receptive_field(region).row
    torch.testing.assert_close(field, row)
    torch.testing.assert_close(field, third)
    assert prepared[5]["reads"]["picture"] == scope_payload.data_url(
        scope_payload.strength_map(row.norm(dim=0).numpy())
    )


@pytest.mark.parametrize("words_first", [False, True])
def test_preparing_draws_every_map_once(session, fox, words_first, monkeypatch):
    place, drawn, data_url = {"drawing": fox["id"], "step": 1}, [], scope_payload.data_url
    if words_first:
        result(session, ask(session, "words", place))
    monkeypatch.setattr(scope_payload, "data_url", lambda *picture: drawn.append(picture) or data_url(*picture))
    result(session, ask(session, "prepare", place))
    assert len(drawn) == 16 * 2  # where it reads and where it spreads


def test_the_neighbouring_steps_are_captured_ahead(session, fox, monkeypatch):
    """From a prepared step the timeline leads to steps that are there already, and back to it."""
    place = {"drawing": fox["id"], "step": 1}
    result(session, ask(session, "prepare", place))
    monkeypatch.setattr(LinearScope, "at", lambda *arguments, **more: pytest.fail("captured"))
    box = [3, 5, 40, 22]
    assert len({ask(session, "look", place | {"step": step, "box": box})["total"] for step in range(3)}) == 3


def test_squares_near_the_hand_are_prepared_first_and_stop_ends_it(session, fox, monkeypatch):
    spread, response = [], View.response

    def told(self, region):
        spread.append((region.left, region.top))
        if len(spread) == 2:  # a hand has come to the corner
            ask(session, "near", place | {"box": [48, 48, 64, 64]})
        if len(spread) == 4:
            ask(session, "stop", task)
        return response(self, region)

    monkeypatch.setattr(View, "response", told)
    place = {"drawing": fox["id"], "step": 0}
    ask(session, "near", place | {"box": [0, 0, 16, 16]})
    task = ask(session, "prepare", place)
    assert result(session, task)["result"] == {"stopped": True}
    assert spread[0] == (0, 0) and spread[1] in ((16, 0), (0, 16)) and spread[2] == (48, 48)
    assert len(spread) == 4


def test_a_box_is_answered_in_the_middle_of_preparing(session, fox, monkeypatch):
    response, begun, asked = View.response, threading.Event(), threading.Event()

    def slow(self, region):
        begun.set()
        asked.wait(0.2)
        return response(self, region)

    monkeypatch.setattr(View, "response", slow)
    place = {"drawing": fox["id"], "step": 0}
    task = ask(session, "prepare", place)
    begun.wait(10)
    assert ask(session, "look", place | {"box": [3, 5, 40, 22]})["parts"]
    assert ask(session, "progress", task)["of"] == 16 and ask(session, "progress", task)["done"] < 16
    asked.set()
    assert result(session, task)["result"] == {"squares": 16}


def test_what_a_closed_picture_was_asked_is_forgotten(session, fox, monkeypatch):
    where = {"drawing": fox["id"], "step": 0, "box": [0, 0, 16, 16]}
    ask(session, "look", where)
    assert session.answers.get(Spot.of(where))
    monkeypatch.setattr(opening, "KEPT", 1)
    result(session, ask(session, "open", {"prompt": "an owl", "seed": "7"}))
    assert not session.answers.get(Spot.of(where)) and session.answers.size == 0


def test_a_picture_that_is_open_is_not_drawn_again(session, fox, tiny_pipeline, tmp_path, monkeypatch):
    monkeypatch.setattr(type(tiny_pipeline), "generate", lambda *_, **__: pytest.fail("drawn again"))
    again = result(session, ask(session, "open", encoded(FOX, tiny_pipeline.provenance(), tmp_path)))
    assert again["result"] == fox


def test_only_so_many_pictures_stay_open(session, fox, monkeypatch):
    monkeypatch.setattr(opening, "KEPT", 1)
    other = result(session, ask(session, "open", {"prompt": "an owl", "seed": "7"}))["result"]
    assert ask(session, "look", {"drawing": other["id"], "step": 0, "box": [0, 0, 1, 1]})["parts"]
    with pytest.raises(LiTError, match="no longer open"):
        ask(session, "look", {"drawing": fox["id"], "step": 0, "box": [0, 0, 1, 1]})


@pytest.mark.parametrize(
    "change, message",
    [
        ({"box": [300, 20, 301, 21]}, r"point: got \(300, 20\); one inside the picture"),
        ({"box": [10, 10, 9, 12]}, "region: got"),
        ({"box": [0.5, 0, 1, 1]}, "point: got"),
        ({"box": "here"}, "point: got 'here'"),
        ({"step": 3}, "step: got 3; a whole number from 0 to 2"),
        ({"step": "1"}, "step: got '1'"),
        ({"layer": "roof"}, "layer: got 'roof'"),
        ({"path": "scenic"}, "path: got 'scenic'"),
        ({"channel": "warmth"}, "channel: got 'warmth'"),
        ({"drawing": "../jobs"}, "no longer open"),
    ],
)
def test_what_does_not_exist_is_refused_in_words(session, fox, change, message):
    with pytest.raises(LiTError, match=message):
        ask(session, "look", {"drawing": fox["id"], "step": 0, "box": [0, 0, 1, 1]} | change)


@pytest.mark.parametrize("field", ["step", "layer", "path", "channel", "box", "part"])
def test_an_odd_question_to_an_open_picture_is_refused_in_a_sentence(session, fox, field, caplog):
    whole = {"drawing": fox["id"], "step": 0, "box": [0, 0, 1, 1]}
    for odd in (
        True,
        -1,
        10**400,
        0.5,
        float("nan"),
        "\ud800",
        "guided..",
        "__class__",
        [],
        [0, 0, 64, 65],
        [9, 9, 1, 1],
    ):
        for part in ("sum", "reads", "spreads"):
            said = session.answering("look")(whole | {"part": part, field: odd})["error"]
            assert said.endswith(".") and "failed" not in said
            assert said.encode("utf-8") and not caplog.records


@pytest.mark.parametrize("provenance", [{"weights_sha256": "\ud800" * 64}, {"stopped_after": "\ud800" * 1000}])
def test_what_a_file_says_of_itself_can_be_shown_or_is_refused(session, provenance):
    record = {"format": 1, "settings": dataclasses.asdict(FOX), "provenance": provenance}
    info, file = PngInfo(), io.BytesIO()
    info.add_text("lit", json.dumps(record))
    Image.new("RGBA", (8, 8)).save(file, "PNG", pnginfo=info)
    upload = {"png": base64.b64encode(file.getvalue()).decode(), "file": "picture.png"}
    with pytest.raises(InputError, match="halves of characters") as refused:
        ask(session, "open", upload)
    assert str(refused.value).encode("utf-8") and len(str(refused.value)) < 400


@pytest.mark.parametrize("seed", ["-1", "1.5", "", "²", None, "99999999999"])
def test_a_seed_that_is_none_is_refused_in_words(session, seed):
    with pytest.raises(InputError, match="seed"):
        ask(session, "open", {"prompt": "a fox", "seed": seed})


def test_another_models_picture_is_refused_and_a_damaged_file_too(session, tmp_path):
    answer = ask(session, "open", encoded(FOX, {"weights_sha256": "0123456789abcdef"}, tmp_path))
    assert "its weights begin with 0123456789, this studio's with" in result(session, answer)["error"]
    for png in ("no base64!", base64.b64encode(b"no png").decode(), 7):
        with pytest.raises(InputError, match="image"):
            ask(session, "open", {"png": png, "file": "../../x.png"})


def test_a_picture_that_was_stopped_is_drawn_to_its_end_and_that_is_said(session, fox, tiny_pipeline, tmp_path):
    stopped = encoded(FOX, tiny_pipeline.provenance() | {"stopped_after": 2}, tmp_path)
    opened = result(session, ask(session, "open", stopped))["result"]
    assert opened["note"] == "The file was stopped after step 2. Here it is drawn to its end."
    assert opened | {"note": ""} == fox
    nameless = encoded(FOX, {"dtype": "float32"}, tmp_path) | {"file": "🦊" * 200 + ".png"}
    opened = result(session, ask(session, "open", nameless))["result"]
    assert opened["note"].startswith("The file does not say which weights drew it") and opened | {"note": ""} == fox


def test_a_teacher_does_not_open_a_strangers_picture(session, tiny_pipeline, tmp_path, monkeypatch):
    monkeypatch.setattr(opening, "make_model", lambda name, own: Model("its teacher", own, ""))
    for provenance, ends in ((tiny_pipeline.provenance(), "result"), ({"weights_sha256": "0123456789"}, "error")):
        assert ends in result(session, ask(session, "open", encoded(FOX, provenance, tmp_path) | {"model": "teacher"}))


def test_a_model_in_bfloat16_is_converted_and_stays_as_it_is(store, text_encoder):
    pipeline = make_pipeline(text_encoder).to(torch.bfloat16)
    worker = Worker(store, lambda: pipeline)
    worker.start()
    session = ScopeSession(store, worker)
    opened = result(session, ask(session, "open", {"prompt": "a fox", "seed": 1}))["result"]
    assert "draws in bfloat16. LinearScope works in float32" in opened["note"]
    assert pipeline.transformer.dtype == torch.bfloat16
    answer = ask(session, "look", {"drawing": opened["id"], "step": 7, "box": [9, 9, 10, 10]})
    assert sum(part["value"] for part in answer["parts"]) == pytest.approx(answer["total"], abs=1e-5)
    worker.close()


def test_numbers_that_are_not_finite_are_said_in_words(session, tiny_pipeline):
    tiny_pipeline.transformer.unpatch.bias.data[0] = float("nan")
    answer = ask(session, "open", {"prompt": "a fox", "seed": 1})
    assert "its numbers are not finite after step 1" in result(session, answer)["error"]


def test_drawing_and_looking_at_once_leave_each_other_alone(session, worker, tiny_pipeline):
    settings = dataclasses.replace(FOX, num_inference_steps=200)
    (alone,) = tiny_pipeline.generate(settings).images
    job = worker.submit("ann", settings)
    wait_until(lambda: worker.view(job.id).job.step > 1)
    ended = ask(session, "open", {"prompt": "an owl", "seed": 3})
    opened = result(session, ended)["result"]
    stopped = ask(session, "open", {"prompt": "a hen", "seed": 3})
    wait_until(lambda: ask(session, "progress", stopped).get("done"))
    ask(session, "stop", stopped)
    assert result(session, stopped)["result"] == {"stopped": True}
    assert worker.view(job.id).job.active  # they took turns
    wait_until(lambda: not worker.view(job.id).job.active)
    (file,) = worker.view(job.id).job.files
    assert Image.open(file).tobytes() == alone.tobytes()
    (owl,) = tiny_pipeline.generate(GenerationSettings(prompt="an owl", seed=3, output_scale=1)).images
    assert opened["steps"][-1]["picture"] == scope_payload.data_url(owl)


def test_a_drawing_that_waits_for_the_lane_can_be_stopped(worker):
    with worker.lane:
        job = worker.submit("ann", dataclasses.replace(FOX, num_inference_steps=200))
        wait_until(lambda: worker.view(job.id).job.state == "running")
        assert worker.stop(job.id, "ann")
    wait_until(lambda: not worker.view(job.id).job.active)
    assert worker.view(job.id).job.state == "stopped" and worker.view(job.id).job.step <= 1


def drawn(worker, visitor, settings=FOX):
    job = worker.submit(visitor, settings)
    wait_until(lambda: not worker.view(job.id).job.active)
    return worker.view(job.id).job.files[0]


def test_strangers_see_their_own_pictures_and_may_not_ask_for_hours(store, worker, session):
    drawn(worker, "ann")
    mine = drawn(worker, "bob", dataclasses.replace(FOX, seed=6))
    public = ScopeSession(store, worker, public=True)
    (only,) = ask(public, "pictures", {"visitor": "bob"})["pictures"]
    assert only["name"] == mine.relative_to(store.pictures).as_posix()
    assert len(ask(session, "pictures", {})["pictures"]) == 2
    assert result(public, ask(public, "open", {"recent": only["name"]}))["result"]["caption"].startswith("a fox")
    large = drawn(worker, "bob", dataclasses.replace(FOX, num_inference_steps=200, width=256, height=256))
    with pytest.raises(LiTError, match="This studio is shared"):
        ask(public, "open", {"recent": large.relative_to(store.pictures).as_posix()})


def test_a_recent_picture_that_was_tampered_with_is_left_out(session, worker):
    kept, tampered = drawn(worker, "ann"), drawn(worker, "ann", dataclasses.replace(FOX, seed=6))
    tampered.write_bytes(b"no picture")
    (only,) = ask(session, "pictures", {})["pictures"]
    assert only["name"].endswith(kept.name)


@pytest.mark.parametrize(
    "name", ["../jobs.sqlite", "", None, "/etc/passwd", "{job}/../../jobs.sqlite", "{job}/other.png"]
)
def test_nothing_but_pictures_can_be_opened(session, worker, name):
    job = drawn(worker, "ann").parent.name
    with pytest.raises(InputError, match="a picture that is still there"):
        ask(session, "open", {"recent": name and name.format(job=job)})


def test_nothing_is_computed_before_somebody_asks(store, worker, monkeypatch):
    monkeypatch.setattr(threading.Thread, "start", lambda thread: pytest.fail(f"{thread.name} started"))
    ask(ScopeSession(store, worker), "pictures", {})
