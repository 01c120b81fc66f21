"""Several jobs in one run of the pipeline: each as if it were alone."""

from dataclasses import replace

import pytest

from lit.serve.replicas.events import Drew, Ended, Errand, Sketched, Stepped
from lit.serve.replicas.together import Together
from lit.settings import GenerationSettings
from lit.studio.work.inhand import Previews

FOX = GenerationSettings("a fox", num_inference_steps=4, height=64, width=64, seed=5)
JOBS = {"one": (FOX,), "two": (replace(FOX, prompt="a cat", seed=8), replace(FOX, prompt="a cat", seed=9))}


def drawn(pipe, at_once, hear=lambda together, event: None, jobs=JOBS, **more):
    """All events of these jobs; hear(together, event) as each comes."""
    events = []

    def tell(event):
        events.append(event)
        hear(together, event)

    together = Together(pipe, [Errand(job, pictures) for job, pictures in jobs.items()], tell, at_once, **more)
    together.draw()
    return events


def of(events, kind, job):
    return [event for event in events if isinstance(event, kind) and event.job == job]


def test_a_batch_is_its_singles_to_the_byte(tiny_pipeline):
    events = drawn(tiny_pipeline, None)
    for job, pictures in JOBS.items():
        alone = [tiny_pipeline.generate(settings).images[0] for settings in pictures]
        found = of(events, Drew, job)
        assert [one.image.tobytes() for one in found] == [image.tobytes() for image in alone]
        assert [one.settings for one in found] == list(pictures)
        assert {one.stopped_after for one in found} == {None}
        last = of(events, Stepped, job)[-1]
        assert last.done == last.steps == 4 * len(pictures)
        assert of(events, Ended, job) == [Ended(job)]
    assert of(events, Sketched, "one")  # half a second later another is due


def test_steps_that_follow_quickly_are_told_seldom_and_the_last_always(tiny_pipeline):
    events = drawn(tiny_pipeline, None, often=60.0)
    told = {job: [one.done for one in of(events, Stepped, job)] for job in JOBS}
    assert told == {"one": [1, 4], "two": [1, 5, 8]}  # a run has one picture here: the first step of each, and the last


def test_previews_keep_to_their_share_over_all_that_is_drawn(tiny_pipeline):
    previews, events = Previews(), []
    for _ in range(2):
        Together(tiny_pipeline, [Errand("one", (FOX,))], events.append, previews=previews).draw()
    previews_told = of(events, Sketched, "one")
    assert len(previews_told) == 1  # the second drawing begins long before another is due


def test_the_weights_are_looked_at_once_for_all_that_is_drawn_together(tiny_pipeline, monkeypatch):
    looked, provenance = [], tiny_pipeline.provenance
    monkeypatch.setattr(tiny_pipeline, "provenance", lambda: looked.append(1) or provenance())
    events = drawn(tiny_pipeline, 3)
    assert len(looked) == 1
    assert [one.provenance for job in JOBS for one in of(events, Drew, job)] == 3 * [provenance()]


@pytest.mark.parametrize("often", [0.0, 60.0])
@pytest.mark.parametrize("at_once", [1, 3])
def test_one_job_is_stopped_within_a_step_and_the_others_go_on(tiny_pipeline, at_once, often):
    def hear(together, event):
        if isinstance(event, Stepped) and (event.job, event.done) == ("one", 1 if often else 2):
            together.stop("one")

    events = drawn(tiny_pipeline, at_once, hear, often=often)
    (picture,) = of(events, Drew, "one")
    assert picture.stopped_after in (2, 3) and of(events, Stepped, "one")[-1].done == picture.stopped_after
    run = tiny_pipeline.start(FOX, callback_on_step_end=lambda pipe, step, *_: end(run, step, picture.stopped_after))
    (alone,) = run
    assert picture.image.tobytes() == alone.image.tobytes() and not alone.finished
    assert [one.stopped_after for one in of(events, Drew, "two")] == [None, None]
    assert {event.job for event in events if isinstance(event, Ended)} == set(JOBS)


def end(run, step, after):
    if step + 1 == after:
        run.interrupt()


def test_what_is_stopped_before_it_begins_is_not_drawn(tiny_pipeline):
    def hear(together, event):
        if isinstance(event, Stepped):
            together.stop("two")

    events = drawn(tiny_pipeline, 1, hear)
    assert of(events, Drew, "one") and not of(events, Drew, "two") and of(events, Ended, "two") == [Ended("two")]


def test_an_error_of_one_job_is_not_the_others(tiny_pipeline):
    wrong = (replace(FOX, scheduler="ddim"),)
    events = drawn(tiny_pipeline, None, jobs={"wrong": wrong} | JOBS)
    (ended,) = of(events, Ended, "wrong")
    assert ended.error is not None and "scheduler" in str(ended.error)
    assert len(of(events, Drew, "one")) == 1 and len(of(events, Drew, "two")) == 2
