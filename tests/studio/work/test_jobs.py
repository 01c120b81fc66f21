"""The list of jobs: its order, its states, and what a restart makes of it."""

import pytest

from lit.errors import LiTError
from lit.studio.work.jobs import JobStore

SETTINGS = {"prompt": "a fox", "num_inference_steps": 4}


@pytest.fixture
def store(tmp_path):
    store = JobStore(tmp_path)
    yield store
    store.close()


def reopened(store: JobStore) -> JobStore:
    store.close()
    return JobStore(store.home)


def picture(store: JobStore, job, name="fox.png"):
    path = store.pictures / job.id / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"picture")
    return path


def test_jobs_are_taken_in_the_order_they_came(store):
    jobs = [store.add("ann", SETTINGS) for _ in range(3)]
    assert [store.position(job.id) for job in jobs] == [0, 1, 2]
    assert [store.take_next().id for _ in jobs] == [job.id for job in jobs]
    assert store.take_next() is None


def test_a_job_keeps_its_settings_progress_and_files(store):
    job = store.add("ann", SETTINGS)
    store.take_next()
    store.advance(job.id, 3, 4)
    path = picture(store, job)
    store.keep(job.id, [path])
    store.finish(job.id, "done")
    store = reopened(store)
    job = store.get(job.id)
    assert (job.settings, job.step, job.steps, job.files, job.state) == (SETTINGS, 3, 4, (path,), "done")
    assert job.created <= job.started <= job.finished
    store.close()


def test_after_a_restart_running_jobs_are_interrupted_and_queued_ones_still_wait(store):
    running, queued = store.add("ann", SETTINGS), store.add("bob", SETTINGS)
    store.take_next()
    store = reopened(store)
    assert store.get(running.id).state == "interrupted"
    assert store.get(running.id).message
    assert store.take_next().id == queued.id
    store.close()


def test_a_job_that_runs_cannot_be_withdrawn(store):
    job = store.add("ann", SETTINGS)
    assert store.withdraw(job.id)
    assert not store.withdraw(job.id)
    assert store.take_next() is None
    job = store.add("ann", SETTINGS)
    store.take_next()
    assert not store.withdraw(job.id)


def test_an_ended_job_does_not_change_any_more(store):
    job = store.add("ann", SETTINGS)
    store.withdraw(job.id)
    store.finish(job.id, "done")
    assert store.get(job.id).state == "stopped"


def test_recent_pictures_are_newest_first_and_can_be_ones_own(store):
    paths = {}
    for visitor in ("ann", "bob", "ann"):
        job = store.add(visitor, SETTINGS)
        store.take_next()
        paths.setdefault(visitor, []).insert(0, picture(store, job))
        store.keep(job.id, [paths[visitor][0]])
        store.finish(job.id, "done")
    assert store.recent(10) == [paths["ann"][0], paths["bob"][0], paths["ann"][1]]
    assert store.recent(2) == [paths["ann"][0], paths["bob"][0]]
    assert store.recent(10, "ann") == paths["ann"]
    paths["ann"][0].unlink()
    assert store.recent(10, "ann") == paths["ann"][1:]


def test_a_folder_belongs_to_one_studio(store):
    with pytest.raises(LiTError, match="another studio"):
        JobStore(store.home)


def test_a_folder_that_cannot_be_written_is_an_error_in_words(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LiTError, match="LIT_HOME"):
        JobStore(tmp_path / "file" / "home")
