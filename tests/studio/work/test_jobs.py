"""The list of jobs: its order, its states, and what a restart makes of it."""

import errno
import os
from dataclasses import replace

import pytest
from PIL import Image
from store_faults import from_outside, full, reopened

from lit.errors import InputError, LiTError
from lit.settings import GenerationSettings
from lit.studio.work.jobs import JobStore, StoreError
from lit.studio.work.queue import Queue

SETTINGS = GenerationSettings("a fox", num_inference_steps=4)


def picture(store: JobStore, job, name="fox.png"):
    path = store.pictures / job.id / name
    path.parent.mkdir(exist_ok=True)
    Image.new("RGBA", (32, 32), "red").save(path)
    return path


def drawn(store: JobStore, visitor="ann"):
    """A job that has been done, and its picture."""
    job = store.add(visitor, SETTINGS)
    store.take_next()
    path = picture(store, job)
    store.keep(job.id, [path])
    store.finish(job.id, "done")
    return store.get(job.id), path


def test_jobs_are_taken_in_the_order_they_came(store):
    jobs = [store.add("ann", SETTINGS) for _ in range(3)]
    assert Queue(store, False, print).now().before == {job.id: place for place, job in enumerate(jobs)}
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


def test_after_a_restart_running_jobs_are_interrupted_and_queued_ones_still_wait(file_store):
    running, queued = file_store.add("ann", SETTINGS), file_store.add("bob", SETTINGS)
    file_store.take_next()
    file_store = reopened(file_store)
    assert file_store.get(running.id).state == "interrupted"
    assert file_store.get(running.id).message
    assert file_store.take_next().id == queued.id
    file_store.close()


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
    assert store.recent(10).pictures == [paths["ann"][0], paths["bob"][0], paths["ann"][1]]
    assert store.recent(2).pictures == [paths["ann"][0], paths["bob"][0]]
    assert store.recent(10, "ann").pictures == paths["ann"]
    paths["ann"][0].unlink()
    assert store.recent(10, "ann") == (paths["ann"][1:], [])


def test_a_folder_belongs_to_one_studio(file_store):
    with pytest.raises(LiTError, match="another studio"):
        JobStore(file_store.home)


def test_a_folder_that_cannot_be_written_is_an_error_in_words(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LiTError, match="LIT_HOME"):
        JobStore(tmp_path / "file" / "home")


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:60]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"no picture"),
        lambda path: (path.unlink(), path.mkdir()),
    ],
    ids=["cut", "empty", "something else", "a folder"],
)
def test_a_damaged_picture_is_said_and_the_others_are_shown(store, damage):
    paths = [drawn(store)[1] for _ in range(3)]
    damage(paths[2])
    assert store.recent(2) == ([paths[1], paths[0]], ["fox.png"])


@pytest.mark.parametrize(
    "column, value",
    [
        ("settings", "no JSON"),
        ("settings", "[1]"),
        ("settings", "[" * 100_000),
        ("files", "no JSON"),
        ("files", "[3]"),
        ("files", '["../../secret.png"]'),
        ("files", '["/etc/passwd"]'),
        ("state", "asleep"),
        ("step", "many"),
        ("finished", None),
        ("created", "yesterday"),
    ],
)
def test_a_damaged_row_is_a_failed_job_that_says_so_and_the_others_stay(file_store, column, value):
    _, path = drawn(file_store)
    job, _ = drawn(file_store)
    with from_outside(file_store) as database:
        database.execute(f"UPDATE jobs SET {column} = ? WHERE id = ?", (value, job.id))
    found = file_store.latest_of("ann")
    assert (found.id, found.state) == (job.id, "failed")
    assert "damaged" in found.message and found.damage == found.message
    recent = file_store.recent(10)
    assert path in recent.pictures and recent.damaged == [f"entry {job.number} of the list"]
    assert all(file.is_relative_to(file_store.pictures) for file in recent.pictures)


def test_what_becomes_of_a_running_job_counts_although_it_cannot_be_written(store):
    job, next_one = store.add("ann", SETTINGS), store.add("bob", SETTINGS)
    store.take_next()
    path = picture(store, job)
    with full(store):
        store.advance(job.id, 4, 4)
        store.keep(job.id, [path])
        store.finish(job.id, "done")
        store.finish(job.id, "failed", "too late")
        found = store.get(job.id)
        assert (found.state, found.step, found.files) == ("done", 4, (path,))
        assert store.active("ann") == [] and Queue(store, False, print).now().before == {next_one.id: 0}
        with pytest.raises(StoreError, match="cannot be written .*full"):
            store.add("ann", SETTINGS)
        with pytest.raises(StoreError, match="cannot be written"):
            store.take_next()
        with pytest.raises(StoreError, match="cannot be written"):
            store.withdraw(next_one.id)
    assert store.take_next().id == next_one.id
    store = reopened(store)
    assert (store.get(job.id).state, store.get(job.id).files) == ("done", (path,))
    store.close()


def test_a_list_of_another_kind_is_an_error_in_words(file_store):
    with from_outside(file_store) as database:
        database.execute("ALTER TABLE jobs RENAME COLUMN state TO stage")
    file_store.close()
    with pytest.raises(LiTError, match=r"LIT_HOME: .*jobs.sqlite cannot be written \(no such column"):
        JobStore(file_store.home)


@pytest.mark.parametrize("name", ["pictures", "jobs.sqlite", "lock.sqlite"])
def test_something_else_in_a_files_place_is_an_error_in_words(tmp_path, name):
    if name == "pictures":
        (tmp_path / name).write_text("")
    else:
        (tmp_path / name).mkdir()
    with pytest.raises(LiTError, match="LIT_HOME: .* cannot be written"):
        JobStore(tmp_path)
    (tmp_path / name).unlink() if name == "pictures" else (tmp_path / name).rmdir()
    JobStore(tmp_path).close()  # which the failed try has not kept locked


def test_a_damaged_lock_keeps_nobody_out(tmp_path):
    (tmp_path / "lock.sqlite").write_bytes(b"damaged" * 1000)
    JobStore(tmp_path).close()


def test_a_folder_on_a_file_system_without_locks_is_not_called_another_studios(file_store, monkeypatch):
    """SQLite says "busy" to both."""
    fcntl = pytest.importorskip("fcntl")

    def no_locks(*arguments):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "lockf", no_locks)
    with pytest.raises(LiTError, match="does not lock files"):
        JobStore(file_store.home)


@pytest.mark.skipif(not hasattr(os, "geteuid"), reason="needs Unix's permissions")
def test_a_folder_that_may_only_be_read_is_an_error_in_words(tmp_path):
    JobStore(tmp_path).close()
    for path in (*tmp_path.iterdir(), tmp_path):
        path.chmod(0o555 if path.is_dir() else 0o444)
    for folder in list(tmp_path.parents)[:2]:
        folder.chmod(0o755)
    root = os.geteuid() == 0  # who may write everywhere: nobody tries
    try:
        if root:
            os.seteuid(65534)
        with pytest.raises(LiTError, match=r"LIT_HOME: .* cannot be written \(.*\); set LIT_HOME"):
            JobStore(tmp_path)
    finally:
        if root:
            os.seteuid(0)
        tmp_path.chmod(0o755)


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ('{"prompt": "a fox", "num_inference_steps": 4}', None),  # as version 0.1.0 stored it
        ('{"format": 1, "settings": {"prompt": "a fox", "num_inference_steps": 4}}', None),
        ('{"format": 1, "settings": {"prompt": "a fox", "depth": 3}}', "got 'depth'; .* a newer version"),
        ('{"format": 9, "settings": {"prompt": "a fox"}}', "a newer version"),
        ('{"prompt": "half a character: \\ud800"}', "lone surrogate"),
    ],
)
def test_jobs_of_older_versions_open_and_what_is_unknown_is_said(store, stored, words):
    job = store.add("ann", SETTINGS)
    with from_outside(store) as database:
        database.execute("UPDATE jobs SET settings = ?", (stored,))
    job = store.get(job.id)
    if words is None:
        assert job.settings == replace(SETTINGS, scheduler="flow-euler", output_scale=1)  # the defaults of that time
    else:
        with pytest.raises(InputError, match=words):
            _ = job.settings
