"""The lane in which jobs are drawn, with a small random model."""

import dataclasses
import shutil

import pytest
from PIL import Image
from serving import wait_until
from store_faults import from_outside, full

from lit.errors import CheckpointError, LiTError
from lit.settings import GenerationSettings, read_png
from lit.studio.words import told
from lit.studio.work.jobs import JobStore, StoreError
from lit.studio.work.worker import Worker

FOX = GenerationSettings(prompt="a fox", num_inference_steps=3, height=64, width=64, seed=5)


@pytest.fixture
def worker(store, pipeline):
    worker = Worker(store, lambda: pipeline)
    worker.start()
    yield worker
    worker.close()


def finished(worker, job):
    wait_until(lambda: not worker.view(job.id).job.active)
    return worker.view(job.id).job


def test_the_file_draws_the_picture_again(worker, pipeline):
    job = finished(worker, worker.submit("ann", FOX))
    assert job.state == "done"
    settings, provenance = read_png(job.files[0])
    assert settings == FOX
    assert provenance == pipeline.provenance()
    (again,) = pipeline.pipeline.generate(settings).images
    assert Image.open(job.files[0]).tobytes() == again.tobytes()


def test_each_picture_of_a_job_carries_the_settings_that_draw_it_alone(worker):
    job = finished(worker, worker.submit("ann", dataclasses.replace(FOX, num_images_per_prompt=3)))
    assert [read_png(path)[0] for path in job.files] == [dataclasses.replace(FOX, seed=seed) for seed in (5, 6, 7)]


def test_progress_previews_and_time_left_can_be_watched(worker, pipeline):
    pipeline.seconds = 0.15
    job = worker.submit("ann", dataclasses.replace(FOX, num_inference_steps=10))
    wait_until(lambda: worker.view(job.id).job.step >= 3)
    view = worker.view(job.id)
    assert view.job.steps == 10
    assert view.previews and view.previews[0].startswith(b"RIFF")
    assert 0 < view.eta < 10 * (0.15 + 1)
    assert finished(worker, job).step == 10


def test_stop_ends_within_one_step_and_keeps_what_is_there(worker, pipeline):
    pipeline.seconds = 0.1
    job = worker.submit("ann", dataclasses.replace(FOX, num_inference_steps=100))
    wait_until(lambda: worker.view(job.id).job.step >= 2)
    step = worker.view(job.id).job.step
    assert worker.stop(job.id, "ann")
    job = finished(worker, job)
    assert job.state == "stopped"
    assert job.step <= step + 2  # the one under way, and one that ended between the two looks
    settings, provenance = read_png(job.files[0])
    assert provenance["stopped_after"] == job.step
    assert settings.num_inference_steps == 100


def test_only_ones_own_job_can_be_stopped(worker, pipeline):
    pipeline.seconds = 0.1
    running = worker.submit("ann", FOX)
    waiting = worker.submit("bob", FOX)
    assert not worker.stop(running.id, "bob")
    assert not worker.stop(waiting.id, "ann")
    assert worker.stop(waiting.id, "bob")
    assert finished(worker, running).state == "done"
    assert finished(worker, waiting).files == ()


def test_a_job_that_fails_says_why_and_the_next_one_is_drawn(worker):
    failed = worker.submit("ann", dataclasses.replace(FOX, scheduler="ddim"))  # not for a flow model
    drawn = worker.submit("ann", FOX)
    assert finished(worker, failed).state == "failed"
    assert "Scheduler cannot be ddim. Choose flow-map" in told(worker.view(failed.id).job.message)
    assert finished(worker, drawn).state == "done"


def test_strangers_may_ask_for_so_much_and_no_more(store):
    most = dataclasses.replace(FOX, width=256, height=256, num_inference_steps=40, num_images_per_prompt=8)
    more = dataclasses.replace(most, num_inference_steps=41)
    shared = Worker(store, lambda: None, public=True)
    with pytest.raises(LiTError, match="This studio is shared"):
        shared.submit("ann", more)
    assert store.waiting() == 0
    shared.submit("ann", most)
    Worker(store, lambda: None).submit("ann", more)
    assert store.waiting() == 2


def test_jobs_wait_for_the_model_and_learn_that_there_is_none(store):
    def no_model():
        raise CheckpointError("weights/model_index.json is missing; restore it")

    worker = Worker(store, no_model)
    job = worker.submit("ann", FOX)
    assert worker.view(job.id).model == "loading"
    worker.start()
    try:
        job = finished(worker, job)
        assert (job.state, told(job.message)) == ("failed", "weights/model_index.json is missing; restore it.")
        with pytest.raises(LiTError, match="is missing"):
            worker.submit("ann", FOX)
    finally:
        worker.close()


def test_closing_leaves_the_drawing_to_be_called_interrupted(store, pipeline):
    pipeline.seconds = 0.05
    worker = Worker(store, lambda: pipeline)
    worker.start()
    job = worker.submit("ann", dataclasses.replace(FOX, num_inference_steps=200))
    wait_until(lambda: worker.view(job.id).job.step >= 1)
    worker.close()
    assert store.get(job.id).state == "running"
    store.close()
    again = JobStore(store.home)
    assert again.get(job.id).state == "interrupted"
    again.close()


def test_a_list_that_cannot_be_written_stops_nothing_for_good(worker, store, pipeline):
    """Full while drawing, freed later: the drawing ends and can be seen, the others wait and are drawn."""
    pipeline.seconds = 0.1
    first, second = worker.submit("ann", FOX), worker.submit("bob", FOX)
    wait_until(lambda: worker.view(first.id).job.step >= 1)
    with full(store):
        job = finished(worker, first)
        assert job.state == "done" and read_png(job.files[0])[0] == FOX
        wait_until(lambda: worker.view(second.id).trouble)
        view = worker.view(second.id)
        assert (view.job.state, view.position) == ("queued", 0)
        assert "cannot be written (database or disk is full)" in view.trouble
        with pytest.raises(StoreError, match="cannot be written"):
            worker.submit("ann", FOX)
    assert finished(worker, second).state == "done"
    wait_until(lambda: not worker.trouble)
    worker.close()
    store.close()
    again = JobStore(store.home)
    assert [again.get(job.id).state for job in (first, second)] == ["done", "done"]
    again.close()


def test_stop_works_while_the_list_cannot_be_written(worker, store, pipeline):
    pipeline.seconds = 0.1
    job = worker.submit("ann", dataclasses.replace(FOX, num_inference_steps=100))
    wait_until(lambda: worker.view(job.id).job.step >= 1)
    with full(store):
        assert worker.stop(job.id, "ann")
        assert finished(worker, job).state == "stopped"


@pytest.mark.parametrize("error", [LookupError("no room"), SystemExit("no room")])
def test_the_worker_goes_on_after_an_error_that_nobody_thought_of(worker, store, monkeypatch, error):
    def broken(*arguments, **named):
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(store, "take_next", broken)
        wait_until(lambda: f"{type(error).__name__}: no room" in worker.trouble)
        job = worker.submit("ann", FOX)
    assert finished(worker, job).state == "done"
    with monkeypatch.context() as patched:
        patched.setattr(worker.pipeline(), "start", broken, raising=False)
        job = finished(worker, worker.submit("ann", FOX))
        assert job.state == "failed" and f"{type(error).__name__}: no room" in told(job.message)
    assert finished(worker, worker.submit("ann", FOX)).state == "done"
    wait_until(lambda: not worker.trouble)


def test_a_damaged_row_fails_and_the_next_is_drawn(worker, store, pipeline):
    pipeline.seconds = 0.2
    drawing, damaged, drawn = (worker.submit("ann", FOX) for _ in range(3))
    wait_until(lambda: worker.view(drawing.id).job.state == "running")
    with from_outside(store) as database:
        database.execute("UPDATE jobs SET settings = '{' WHERE id = ?", (damaged.id,))
    assert finished(worker, drawn).state == "done"
    assert "damaged (settings)" in told(worker.view(damaged.id).job.message)


def test_pictures_that_are_removed_while_drawing_get_their_folder_again(worker, store, pipeline):
    pipeline.seconds = 0.1
    job = worker.submit("ann", FOX)
    wait_until(lambda: worker.view(job.id).job.step >= 1)
    shutil.rmtree(store.pictures)
    job = finished(worker, job)
    assert job.state == "done" and read_png(job.files[0])[0] == FOX


@pytest.fixture
def unsaved(worker, store, pipeline):
    """A job that is drawn and cannot be saved, for a file lies where the folder of pictures was."""
    pipeline.seconds = 0.1
    job = worker.submit("ann", FOX)
    wait_until(lambda: worker.view(job.id).job.step >= 1)
    shutil.rmtree(store.pictures)
    store.pictures.write_text("")
    wait_until(lambda: "Drawn, but it cannot be saved" in worker.view(job.id).trouble)
    return job


def test_a_picture_that_cannot_be_saved_is_kept_until_it_can(worker, store, unsaved):
    view = worker.view(unsaved.id)
    assert view.job.state == "running" and len(view.previews) == 1
    store.pictures.unlink()
    job = finished(worker, unsaved)
    assert job.state == "done" and read_png(job.files[0])[0] == FOX
    wait_until(lambda: not worker.trouble)


def test_what_cannot_be_saved_can_be_given_up_and_nothing_is_drawn_in_vain(worker, store, pipeline, unsaved):
    waiting = worker.submit("bob", FOX)
    assert worker.stop(unsaved.id, "ann")
    job = finished(worker, unsaved)
    assert (job.state, job.files) == ("failed", ())
    assert "drawn but could not be saved" in told(job.message)
    job = finished(worker, waiting)
    assert (job.state, job.step) == ("failed", 0)
    assert "Nothing was drawn" in told(job.message)
    store.pictures.unlink()
    assert finished(worker, worker.submit("bob", FOX)).state == "done"
