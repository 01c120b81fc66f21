"""Live pictures in the worker's lane, drawn by a small random model."""

import itertools
import shutil
from dataclasses import replace

import pytest
from PIL import Image
from serving import Paced, wait_until
from store_faults import full

from lit.errors import CheckpointError, InputError, LiTError
from lit.settings import GenerationSettings, read_png, write_picture
from lit.studio.work.drafts import Page
from lit.studio.work.jobs import StoreError
from lit.studio.work.live import Speed
from lit.studio.work.quick import GOAL, quick
from lit.studio.work.worker import Worker

FOX = GenerationSettings(prompt="a fox", num_inference_steps=20, height=64, width=64, seed=5)
OWL = replace(FOX, prompt="an owl")
ANN, BOB = Page("ann", "1"), Page("bob", "1")


@pytest.fixture
def pipeline(tiny_pipeline):
    return Steps(tiny_pipeline)


class Steps(Paced):
    """Notes what has been begun, and how many evaluations have been made of it."""

    def __init__(self, pipeline):
        super().__init__(pipeline)
        self.begun, self.steps = [], []

    def start(self, settings, callback_on_step_end):
        index = len(self.begun)
        self.begun.append(settings)
        self.steps.append(0)

        def count(*arguments):
            self.steps[index] += 1
            return callback_on_step_end(*arguments)

        return super().start(settings, count)


@pytest.fixture
def worker(store, pipeline):
    yield from running(store, pipeline)


def running(store, pipeline):
    worker = Worker(store, lambda: pipeline)
    worker.start()
    try:
        wait_until(lambda: worker.live.speed is not None)
        yield worker
    finally:
        worker.close()


def drawn(draft):
    return draft.answer.result(timeout=60)


def test_a_picture_is_drawn_in_few_steps_and_once_more_when_it_is_quiet(worker, pipeline, store):
    first, settled = drawn(worker.live.ask(ANN, 1, FOX)), drawn(worker.live.ask(ANN, 2, FOX, settled=True))
    assert first.settings == quick(FOX, pipeline.schedulers) and not first.settled
    assert settled.settings == quick(FOX, pipeline.schedulers, True) and settled.settled
    for picture in (first, settled):
        (again,) = pipeline.pipeline.generate(picture.settings).images
        assert picture.image().tobytes() == again.tobytes()
        assert picture.provenance == pipeline.provenance()
    assert store.recent(9).pictures == [] and store.latest_of("ann") is None  # a draft is in no list


def test_where_generate_takes_as_few_steps_the_first_is_settled(worker):
    assert drawn(worker.live.ask(ANN, 1, replace(FOX, num_inference_steps=2))).settled


def test_a_model_that_predicts_noise_draws_with_its_own_scheduler(store, tiny_epsilon_pipeline):
    for worker in running(store, tiny_epsilon_pipeline):
        picture = drawn(worker.live.ask(ANN, 1, replace(FOX, scheduler="ddim")))
        assert picture.settings.scheduler == tiny_epsilon_pipeline.schedulers[0] == "ddim"


def test_what_is_outdated_ends_within_one_evaluation_and_is_not_decoded(worker, pipeline):
    pipeline.seconds = 0.2
    before = len(pipeline.begun)
    old = worker.live.ask(ANN, 1, FOX)
    wait_until(lambda: len(pipeline.steps) > before and pipeline.steps[before] == 1)
    new = worker.live.ask(ANN, 2, OWL)
    assert drawn(old) is None
    assert drawn(new).settings.prompt == "an owl"
    assert pipeline.steps[before] <= 2  # the one under way, and one that ended between the two looks


def test_a_job_comes_before_drafts_and_the_draft_is_drawn_after_it(worker, pipeline, store):
    pipeline.seconds = 0.1
    before = len(pipeline.begun)
    draft = worker.live.ask(ANN, 1, FOX)
    wait_until(lambda: len(pipeline.steps) > before and pipeline.steps[before] >= 1)
    job = worker.submit("bob", replace(OWL, num_inference_steps=4))
    waiting = worker.live.ask(Page("cat", "1"), 1, OWL)
    assert drawn(draft).settings.prompt == "a fox"
    assert store.get(job.id).state == "done"
    assert drawn(waiting) is not None
    assert [settings.prompt for settings in pipeline.begun[before:]] == ["a fox", "an owl", "a fox", "an owl"]
    assert pipeline.steps[before] < 4


def test_a_draft_that_waits_for_the_lane_gives_way_to_a_job(worker, pipeline):
    pipeline.seconds = 0.1
    before = len(pipeline.steps)
    draft = worker.live.ask(ANN, 1, FOX)
    wait_until(lambda: len(pipeline.steps) > before and pipeline.steps[before] >= 1)
    with worker.lane:  # as LinearScope has it, between two evaluations of the draft
        job = worker.submit("bob", OWL)
        wait_until(lambda: worker.view(job.id).job.state == "running")
        assert worker.stop(job.id, "bob")
    assert drawn(draft).settings.prompt == "a fox"
    assert worker.lane.free


def test_a_page_that_types_without_end_keeps_nobody_waiting(worker, pipeline):
    pipeline.seconds = 0.05
    numbers = itertools.count()
    worker.live.ask(ANN, next(numbers), FOX)
    bobs = worker.live.ask(BOB, 0, OWL)

    def type_on():
        number = next(numbers)
        worker.live.ask(ANN, number, replace(FOX, seed=number))
        return bobs.answer.done()

    wait_until(type_on)
    assert drawn(bobs).settings.prompt == "an owl"


def test_what_is_wrong_is_said_and_the_next_is_drawn(worker, monkeypatch):
    with pytest.raises(InputError, match="style: got 'anime'"):
        drawn(worker.live.ask(ANN, 1, replace(FOX, style="anime")))

    def broken(*arguments, **named):
        raise LookupError("no room")

    with monkeypatch.context() as patched:
        patched.setattr(worker.pipeline(), "start", broken, raising=False)
        with pytest.raises(LiTError, match="Drawing failed: LookupError: no room"):
            drawn(worker.live.ask(ANN, 2, FOX))
    assert drawn(worker.live.ask(ANN, 3, FOX))


def test_a_size_that_takes_too_long_is_refused_in_words(worker):
    worker.live.speed = Speed(GOAL / 2)
    drawn(worker.live.ask(ANN, 1, replace(FOX, width=256, height=512)))
    with pytest.raises(InputError, match="at most 352 by 352 pixels to be drawn while you type"):
        worker.live.ask(ANN, 2, replace(FOX, width=512, height=512))
    worker.live.speed = Speed(60.0)  # a slow machine, whose visitor wants it all the same
    worker.live.ask(ANN, 3, replace(FOX, width=256, height=256)).drop()


def test_the_speed_is_that_of_a_warm_picture_and_decides_who_draws_by_themselves(store, pipeline):
    pipeline.seconds = 0.05
    for worker in running(store, pipeline):
        steps = [settings.num_inference_steps for settings in pipeline.begun]
        assert steps == [1, 4, 4]  # the first is not counted
        assert worker.live.speed.seconds >= 4 * 0.05
    assert Speed(GOAL - 0.1).quick and not Speed(GOAL + 0.1).quick and not Speed(0.0, "There is no model").quick


def test_a_job_that_is_there_at_the_start_is_drawn_before_anything_is_measured(store, pipeline):
    pipeline.seconds = 0.02
    job = store.add("ann", FOX)
    for _ in running(store, pipeline):
        assert store.get(job.id).state == "done"
        assert [settings.prompt for settings in pipeline.begun][:2] == ["a fox", "a blue butterfly"]


def test_without_a_model_there_is_a_sentence(store):
    def no_model():
        raise CheckpointError("weights/model_index.json is missing; restore it")

    worker = Worker(store, no_model)
    with pytest.raises(LiTError, match="The model is loading"):
        worker.live.ask(ANN, 1, FOX)
    worker.start()
    try:
        wait_until(lambda: worker.live.speed is not None)
        with pytest.raises(LiTError, match="is missing"):
            worker.live.ask(ANN, 1, FOX)
    finally:
        worker.close()


def test_a_kept_picture_is_a_job_whose_file_draws_it_again_to_the_byte(worker, store, pipeline, tmp_path):
    picture = drawn(worker.live.ask(ANN, 1, FOX, settled=True))
    job = worker.keep("ann", picture.id)
    assert (job.state, job.visitor, job.id) == ("done", "ann", picture.id)
    assert store.recent(9, "ann").pictures == list(job.files) and store.recent(9, "bob").pictures == []
    settings, provenance = read_png(job.files[0])
    assert (settings, provenance) == (picture.settings, pipeline.provenance())
    (again,) = pipeline.pipeline.generate(settings).images
    assert Image.open(job.files[0]).tobytes() == again.tobytes()
    # As Generate and the command line write it.
    drawn_by_job = worker.submit("ann", settings)
    wait_until(lambda: not worker.view(drawn_by_job.id).job.active)
    by_command = write_picture(again, settings, pipeline.provenance(), tmp_path)
    for file in (*worker.view(drawn_by_job.id).job.files, by_command):
        assert file.read_bytes() == job.files[0].read_bytes()


def test_a_picture_is_kept_once(worker, store):
    picture = drawn(worker.live.ask(ANN, 1, FOX))
    assert worker.keep("ann", picture.id) == worker.keep("ann", picture.id)
    assert len(store.recent(9).pictures) == 1
    with pytest.raises(LiTError, match="no longer there"):
        worker.keep("ann", "unknown")


def test_what_cannot_be_kept_is_said_and_can_be_kept_later(worker, store):
    picture = drawn(worker.live.ask(ANN, 1, FOX))
    with full(store), pytest.raises(StoreError, match="cannot be written"):
        worker.keep("ann", picture.id)
    assert not list(store.pictures.rglob("*.png"))
    shutil.rmtree(store.pictures)
    store.pictures.write_text("")
    with pytest.raises(LiTError, match="The picture cannot be saved at the moment"):
        worker.keep("ann", picture.id)
    store.pictures.unlink()
    assert worker.keep("ann", picture.id).files[0].exists()


def test_closing_ends_a_draft(store, pipeline):
    for worker in running(store, pipeline):
        pipeline.seconds = 0.1
        draft = worker.live.ask(ANN, 1, FOX)
    assert drawn(draft) is None
