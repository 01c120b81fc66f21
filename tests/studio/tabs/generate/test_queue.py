"""The queue over HTTP: found by every page, steered by whose it is, and kept through a restart."""

import httpx
import pytest
from conftest import make_pipeline
from serving import HELD, Paced, serving, wait_until

VALUES = {"prompt": "a fox", "num_inference_steps": 40, "width": 64, "height": 64}


@pytest.fixture(scope="module")
def pipeline(text_encoder):
    return Paced(make_pipeline(text_encoder))


@pytest.fixture
def served(pipeline, tmp_path):
    pipeline.seconds = 0.1
    with serving(lambda: pipeline, tmp_path) as studio:
        yield studio
        pipeline.seconds = 0


def ask(served, path, visitor="ann", **fields):
    return httpx.post(f"{served.url}/drawings{path}", json={"visitor": visitor} | fields, timeout=30).json()


def press(served, words, visitor="ann", **values):
    return ask(served, "", visitor, values=VALUES | {"prompt": words} | values)["job"]


def queue(served, visitor="ann"):
    return ask(served, "/look", visitor, jobs=[], have=[])["queue"]


def titles(found):
    return [line["title"] for line in found["lines"]]


def started(served):
    wait_until(lambda: queue(served)["lines"][0]["state"] == "running")


def test_of_what_has_ended_the_latest_comes_last_whatever_was_asked_for_first(served, pipeline):
    jobs = [press(served, words) for words in ("a fox", "an owl", "a cat")]
    started(served)
    pipeline.seconds = HELD  # not before: a studio that has opened draws to see how long it takes
    ask(served, "/front", job=jobs[2])
    pipeline.seconds = 0.0
    wait_until(lambda: not queue(served)["lines"])
    ended = ask(served, "/look", jobs=jobs, have=[])["ended"]
    assert [one["id"] for one in ended] == [jobs[0], jobs[2], jobs[1]]


def test_every_page_finds_all_that_is_drawn_or_waits_and_steers_its_own(served):
    jobs = [press(served, words) for words in ("a fox", "an owl", "a cat")]
    his = press(served, "a bear", "bob")
    started(served)
    found = ask(served, "/open")
    assert found["jobs"] == jobs and found["job"] == jobs[-1] and found["values"]["prompt"] == "a cat"
    lines = queue(served, "bob")["lines"]  # a studio of one's own: every device sees all
    assert [line["mine"] for line in lines] == [False, False, False, True]
    assert lines[1]["said"] == "In the queue. Asked for elsewhere." and "3 drawings come before" in lines[3]["said"]
    assert [line["front"] for line in lines] == [False, False, False, True]

    assert titles(ask(served, "/front", job=jobs[2])) == ["a fox", "a cat", "an owl", "a bear"]
    assert titles(ask(served, "/front", job=his)) == ["a fox", "a cat", "an owl", "a bear"]
    assert titles(ask(served, "/front", "bob", job=his)) == ["a fox", "a bear", "a cat", "an owl"]
    assert titles(ask(served, "/cancel"))[-1:] == ["a bear"]
    wait_until(lambda: titles(queue(served)) == ["a bear"])
    assert ask(served, "/open")["jobs"] == []


def test_what_was_cancelled_while_it_waited_comes_back_to_its_place(served, pipeline):
    jobs = [press(served, words) for words in ("a fox", "an owl", "a cat", "a bear")]
    started(served)
    one = ask(served, "/cancel", job=jobs[1])
    assert (one["waited"], one["drawn"]) == ([jobs[1]], False) and titles(one) == ["a fox", "a cat", "a bear"]
    assert ask(served, "/cancel", job=jobs[1])["waited"] == ask(served, "/cancel", "bob", job=jobs[2])["waited"] == []
    ask(served, "/front", job=jobs[3])
    every = ask(served, "/cancel")
    assert set(every["waited"]) == set(jobs[2:]) and every["drawn"]
    wait_until(lambda: not queue(served)["lines"])
    assert titles(ask(served, "/back", "bob", jobs=jobs)) == []  # they are another's
    ask(served, "/pause", on=True)
    assert titles(ask(served, "/back", jobs=jobs)) == ["an owl", "a bear", "a cat"]  # not the one that was drawn
    assert titles(ask(served, "/back", jobs=jobs)) == ["an owl", "a bear", "a cat"]
    pipeline.seconds = 0
    ask(served, "/pause", on=False)
    wait_until(lambda: all(served.app.state.studio.store.get(job).state == "done" for job in jobs[1:]))
    assert ask(served, "/look", jobs=jobs, have=[])["ended"][0]["pictures"]


def test_a_pause_is_said_and_is_still_there_after_a_restart(pipeline, served, tmp_path_factory):
    running, waits = press(served, "a fox"), press(served, "an owl")
    started(served)
    found = ask(served, "/pause", on=True)
    assert found["paused"] and [line["held"] for line in found["lines"]] == [False, True]
    assert found["lines"][1]["said"].startswith("Paused.")
    pipeline.seconds = 0
    wait_until(lambda: served.app.state.studio.store.get(running).state == "done")
    late = press(served, "a cat")
    shown = ask(served, "/look", jobs=[waits, late], have=[])
    assert [job["held"] for job in shown["active"]] == [True, True]

    # Another studio opens the same list.
    home = tmp_path_factory.mktemp("again")
    for file in served.home.glob("jobs.sqlite*"):
        (home / file.name).write_bytes(file.read_bytes())
    with serving(lambda: pipeline, home) as again:
        assert queue(again)["paused"] and [line["held"] for line in queue(again)["lines"]] == [True, True]
        assert len(ask(again, "/open")["jobs"]) == 2
        assert not ask(again, "/pause", on=False)["paused"]
        wait_until(lambda: titles(queue(again)) == [])


def test_each_and_all_are_estimated_from_this_machines_own_history(served, pipeline):
    pipeline.seconds = 0
    assert queue(served)["said"] == ""
    job = press(served, "a fox", num_inference_steps=4)
    wait_until(lambda: served.app.state.studio.store.get(job).state == "done")
    pipeline.seconds = 0.1
    press(served, "a slow fox")
    press(served, "a slow owl")
    started(served)
    found = queue(served)
    assert found["said"].startswith("about ") and found["said"].endswith(" in all")
    assert ". Takes about " in found["lines"][1]["said"]


def test_strangers_see_and_steer_their_own_alone(pipeline, tmp_path):
    pipeline.seconds = 0.1
    with serving(lambda: pipeline, tmp_path, public=True) as studio:
        press(studio, "a fox"), press(studio, "an owl", "bob"), press(studio, "a cat")
        started(studio)
        late = press(studio, "a bear")
        assert titles(queue(studio, "bob")) == ["an owl"]
        found = ask(studio, "/front", job=late)
        assert titles(found) == ["a fox", "a bear", "a cat"]
        assert "2 drawings come" in found["lines"][1]["said"]
        assert "1 drawing comes" in queue(studio, "bob")["lines"][0]["said"]
        pipeline.seconds = 0


@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/pause", {"visitor": ""}),
        ("/front", {"job": 3}),
        ("/cancel", {"visitor": None}),
        ("/back", {"jobs": [3]}),
        ("/look", {"visitor": 5}),
    ],
)
def test_whatever_is_asked_is_answered_with_a_sentence(served, path, fields):
    error = ask(served, path, **{"jobs": [], "have": []} | fields)["error"]
    assert error.endswith(".") and len(error) < 200
