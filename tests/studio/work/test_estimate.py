"""What a drawing will take: said from former ones, and never less for more."""

import dataclasses

import pytest
from library_rows import drawn
from store_faults import from_outside

from lit.settings import GenerationSettings
from lit.studio.work.estimate import History, Timing, estimate, history, seconds_left, waiting
from lit.studio.work.jobs import JobStore
from lit.studio.work.rows import read_job

FOX = GenerationSettings("a fox", num_inference_steps=8, width=256, height=256)
SIZE = 256 * 256


def with_(**changes):
    return dataclasses.replace(FOX, **changes)


def test_without_a_former_drawing_nothing_is_said():
    assert estimate([], FOX) is None


def test_what_lies_on_a_line_is_found_exactly():
    """A fixed part of 0.5 s a picture, and 0.1 s an evaluation."""
    timings = [Timing(SIZE, steps, 0.5 + 0.1 * steps, steps * 10**8) for steps in (4, 20, 8)]
    found = estimate(timings, with_(num_inference_steps=30, num_images_per_prompt=3))
    assert found.seconds == pytest.approx(3 * 3.5) and found.memory == 20 * 10**8
    assert str(found) == "about 10 s, 2.0 GB here"


@pytest.mark.parametrize(
    "timings",
    [
        [Timing(SIZE, 8, 2.0, None)],
        [Timing(SIZE, 8, 2.0, None), Timing(SIZE, 20, 1.0, None)],  # fewer steps took longer
        [Timing(SIZE, 8, 0.1, None), Timing(SIZE, 20, 9.0, None)],  # a line that begins below nothing
        [Timing(128 * 128, 8, 0.3, None), Timing(512 * 512, 8, 9.0, None)],
    ],
)
def test_more_never_takes_less(timings):
    def seconds(**changes):
        return estimate(timings, with_(**changes)).seconds

    steps = [seconds(num_inference_steps=steps) for steps in (1, 4, 8, 20, 200)]
    pictures = [seconds(num_images_per_prompt=count) for count in (1, 2, 8)]
    assert steps == sorted(steps) and pictures == sorted(pictures) and steps[0] > 0
    assert pictures[2] == pytest.approx(8 * pictures[0])


def test_the_nearest_size_counts():
    timings = [Timing(SIZE, 8, 1.0, 1), Timing(4 * SIZE, 8, 9.0, 5)]
    assert estimate(timings, FOX).seconds == pytest.approx(1.0)
    assert estimate(timings, with_(width=512, height=512)).seconds == pytest.approx(9.0)


def test_the_history_is_of_drawings_that_were_done(tmp_path):
    store = JobStore(tmp_path)
    drawn(store, "a fox", count=2)
    with from_outside(store) as database:
        database.execute("UPDATE jobs SET started = 10, finished = 14, memory = 7")
    drawn(store, "an owl", finish=False)
    assert history(store) == [Timing(SIZE, 8, 2.0, 7)]
    store.add("bob", with_(num_images_per_prompt=3))
    assert waiting(store.active(), history(store)) == pytest.approx(2.0 + 6.0)
    store.take_next()
    store.advance(store.active()[0].id, 6, 8)
    assert seconds_left(store.active()[0], history(store)) == pytest.approx(0.5)
    assert waiting(store.active(), []) is None and waiting([], []) == 0
    with from_outside(store) as database:
        database.execute("UPDATE jobs SET settings = 'no JSON'")
    assert history(store) == []
    store.close()


def test_the_history_is_read_anew_when_a_drawing_has_ended(tmp_path, monkeypatch):
    store = JobStore(tmp_path)
    known, reads = History(store), []
    monkeypatch.setattr("lit.studio.work.estimate.read_job", lambda *row: reads.append(row) or read_job(*row))
    for count in (1, 2):
        drawn(store, "a fox")
        assert len(known.timings()) == len(known.timings()) == count
    assert len(reads) == 1 + 2
    store.close()
