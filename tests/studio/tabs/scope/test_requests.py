"""What a page may ask, and that whatever else comes is refused in a sentence."""

import json
import logging

import pytest
from serving import wait_until

from lit.errors import InputError, LiTError
from lit.settings import GenerationSettings
from lit.studio.tabs.scope.requests import REQUESTS, OpenRequest, Place, Spot, Upload
from lit.studio.tabs.scope.session import ScopeSession
from lit.studio.work.jobs import JobStore
from lit.studio.work.worker import Worker

WHOLE = {
    "pictures": {"visitor": "ann"},
    "open": {"prompt": "a fox", "seed": "5", "style": "blob", "model": "own"},
    "progress": {"task": "f00"},
    "stop": {"task": "f00"},
} | {
    name: {
        "drawing": "f00",
        "step": 0,
        "layer": "",
        "path": "value",
        "channel": "red",
        "box": [0, 0, 1, 1],
        "part": "sum",
    }
    for name in ("look", "near", "words", "sweep", "modes", "prepare")
}
OTHER_WAYS = {"open": [{"png": "aGVsbG8=", "file": "a.png", "model": "own"}, {"recent": "f00/a.png", "model": "own"}]}
ODD = [
    None, True, -1, 0.5, 10**30, -(10**400), 10**5000, float("nan"), float("inf"), "", "x" * 100_000, "9" * 5000,
    "\ud800", "a\0b", "../..", [], [[]], [1, 2, 3], [10**400] * 4, [float("nan")] * 4, {}, {"a": 1},
]  # fmt: skip


@pytest.fixture(scope="module")
def session(tmp_path_factory):
    """One whose model cannot be had, so that nothing is ever drawn: what is asked is all that matters."""

    def load():
        raise LiTError("There is no model")

    store = JobStore(tmp_path_factory.mktemp("home"))
    worker = Worker(store, load)
    worker.start()
    wait_until(lambda: worker.model != "loading")
    yield ScopeSession(store, worker)
    worker.close()
    store.close()


def test_what_is_asked_arrives_typed():
    place = {"drawing": "f00", "step": 3, "box": [1, 2, 4, 8]}
    assert Place.of(place) == Place("f00", 3, "", "value", "luminance")
    assert Spot.of(place) == Spot(Place("f00", 3), (1, 2, 4, 8)) and Spot.of(place).middle == (2.5, 5)
    drawn = OpenRequest.of({"prompt": " a fox ", "seed": "7", "style": "", "model": "teacher"})
    assert drawn == OpenRequest(GenerationSettings(prompt="a fox", seed=7, output_scale=1), "teacher")
    assert OpenRequest.of({"png": "aGVsbG8=", "file": "../b/c.png"}) == OpenRequest(Upload("c.png", b"hello"), "own")
    assert OpenRequest.of({"recent": "f00/a.png"}) == OpenRequest("f00/a.png", "own")


def test_every_request_is_known_to_the_session_and_to_this_test():
    assert set(WHOLE) == set(REQUESTS) and all(callable(getattr(ScopeSession, name)) for name in REQUESTS)


@pytest.mark.parametrize("name", REQUESTS)
def test_whatever_comes_is_answered_or_refused_in_a_sentence(session, name, caplog):
    """Each field in turn is left out or odd; the answer can be sent, and nothing fails on the way."""
    for whole in (WHOLE[name], *OTHER_WAYS.get(name, ())):
        for field in whole:
            for odd in (..., *ODD):
                request = {key: value for key, value in (whole | {field: odd}).items() if value is not ...}
                answer = session.answering(name)(request)
                json.dumps(answer, allow_nan=False, ensure_ascii=False).encode("utf-8")
                said = answer.get("error", "")
                assert "failed" not in said and len(said) < 400, (field, odd)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.parametrize("request_", [None, 7, "look", [], [{}]])
@pytest.mark.parametrize("name", REQUESTS)
def test_a_request_that_is_none_is_refused(session, name, request_):
    assert "Reload it." in session.answering(name)(request_)["error"]


@pytest.mark.parametrize("name, field", [("look", "step"), ("look", "box"), ("words", "step"), ("open", "seed")])
@pytest.mark.parametrize("odd", [None, True, 0.5, float("nan"), 10**400, "", [], {}])
def test_what_has_to_be_there_names_itself(name, field, odd):
    with pytest.raises(InputError) as refused:
        REQUESTS[name].of(WHOLE[name] | {field: odd})
    assert refused.value.argument == {"box": "point"}.get(field, field)
