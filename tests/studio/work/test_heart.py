"""Studios that share a list: each job is drawn by one of them, to its end, also when another falls silent."""

import contextlib
import dataclasses

import pytest
from serving import Paced, wait_until
from store_faults import address, from_outside

from lit.settings import GenerationSettings
from lit.studio.work import heart
from lit.studio.work.claims import LEASE
from lit.studio.work.database import StoreError
from lit.studio.work.jobs import JobStore
from lit.studio.work.worker import Worker

FOX = GenerationSettings("a fox", num_inference_steps=3, height=64, width=64, seed=5)
LONG = dataclasses.replace(FOX, num_inference_steps=200)


@pytest.fixture
def studios(database, tmp_path, tiny_pipeline, monkeypatch):
    """Two of them, whose hearts beat fast."""
    monkeypatch.setattr(heart, "BEAT", 0.05)
    with contextlib.ExitStack() as stack:
        found = []
        for _ in range(2):
            store = JobStore(tmp_path, database)
            stack.callback(store.close)
            worker = Worker(store, lambda: Paced(tiny_pipeline, 0.02))
            stack.callback(worker.close)
            found.append(worker)
        yield found


def state(worker, job):
    return worker.store.get(job.id).state


def is_drawn_by(worker, job):
    found = worker.store.get(job.id)
    return found.state == "running" and found.step > 0 and found.worker == worker.store.worker


def test_jobs_are_drawn_by_whoever_is_free_and_each_once(studios):
    jobs = [studios[0].submit("ann", dataclasses.replace(FOX, seed=seed)) for seed in range(6)]
    for worker in studios:
        worker.start()
    wait_until(lambda: all(state(studios[1], job) == "done" for job in jobs))
    found = [studios[1].store.get(job.id) for job in jobs]
    assert {job.worker for job in found} == {worker.store.worker for worker in studios}
    assert all(len(list(job.files[0].parent.glob("*.png"))) == 1 for job in found)


def test_a_studio_that_closes_leaves_its_job_to_another(studios):
    one, other = studios
    job = one.submit("ann", LONG)
    one.start()
    wait_until(lambda: is_drawn_by(one, job))
    assert other.view(job.id).position == 0 and other.view(job.id).job.step > 0
    one.close()
    one.store.release(crashed=False)  # as its store does in closing
    other.start()
    wait_until(lambda: is_drawn_by(other, job))
    assert other.stop(job.id, "ann") == "drawn"


def test_a_job_is_stopped_from_the_page_of_another_studio(studios):
    one, other = studios
    job = one.submit("ann", LONG)
    one.start()
    wait_until(lambda: is_drawn_by(one, job))
    assert other.stop(job.id, "bob") == "" and other.stop(job.id, "ann") == "drawn"
    wait_until(lambda: state(other, job) == "stopped")
    assert len(other.store.get(job.id).files) == 1


def test_who_has_fallen_silent_leaves_his_job_as_soon_as_he_hears_of_it(studios):
    one, other = studios
    job = one.submit("ann", LONG)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(one.store, "beat", lambda: (_ for _ in ()).throw(StoreError("away")))
        one.start()
        wait_until(lambda: is_drawn_by(one, job))
        with from_outside(one.store) as database:
            database.execute("UPDATE jobs SET beat = beat - ?", (LEASE + 1,))
        other.start()
        wait_until(lambda: is_drawn_by(other, job))
    wait_until(lambda: not one.in_hand.jobs)
    assert is_drawn_by(other, job)
    assert other.stop(job.id, "ann") == "drawn"
    wait_until(lambda: state(one, job) == "stopped")


def test_who_cannot_say_that_he_lives_stops_before_his_job_is_anothers(studios, monkeypatch):
    one, other = studios
    job = one.submit("ann", LONG)
    one.start()
    wait_until(lambda: is_drawn_by(one, job))
    monkeypatch.setattr(heart, "LEASE", 0.3)  # of which so much has to be left as two beats take
    monkeypatch.setattr(one.store, "beat", lambda: (_ for _ in ()).throw(StoreError("away")))
    monkeypatch.setattr(one.store, "take_next", lambda: None)
    wait_until(lambda: state(other, job) == "queued", 20)  # given back when the list answers again
    other.start()
    wait_until(lambda: is_drawn_by(other, job))


def test_starting_a_studio_ends_nobodys_job(studios):
    one, _ = studios
    job = one.submit("ann", LONG)
    one.start()
    wait_until(lambda: is_drawn_by(one, job))
    with contextlib.closing(JobStore(one.store.home, address(one.store))) as third:
        assert third.get(job.id).state == "running"
    assert is_drawn_by(one, job)
