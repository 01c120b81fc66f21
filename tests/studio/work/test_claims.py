"""Several workers at one list: each job is drawn by one at a time, to its end, whatever becomes of the others."""

import dataclasses
import itertools
import random
import shutil
import threading

from library_rows import drawn as drawn_pictures
from store_faults import from_outside

from lit.settings import GenerationSettings
from lit.studio.work.claims import LEASE, TRIES
from lit.studio.work.library import Library, Query, Shelf
from lit.studio.work.marks import Marks
from lit.studio.work.queue import Queue

FOX = GenerationSettings("a fox", num_inference_steps=4)


def silent(store, worker: str, seconds: float = LEASE + 1):
    """As if a worker had said nothing for so long."""
    with from_outside(store) as database:
        database.execute("UPDATE jobs SET beat = beat - ? WHERE worker = ?", (seconds, worker))


def test_each_job_is_one_workers_whoever_asks_at_once(store):
    jobs = [store.add("ann", FOX).id for _ in range(40)]
    taken = {name: [] for name in "abcd"}

    def draw(name):
        while job := store.claim(name):
            taken[name].append(job.id)
            store.finish(job.id, "done", worker=name)

    threads = [threading.Thread(target=draw, args=(name,)) for name in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(itertools.chain(*taken.values())) == sorted(jobs)
    assert all(store.get(job).worker == name for name, found in taken.items() for job in found)
    assert {store.get(job).state for job in jobs} == {"done"}


def test_a_job_of_a_worker_that_fell_silent_is_anothers_and_keeps_its_turn(store):
    first, second = store.add("ann", FOX).id, store.add("ann", FOX).id
    assert store.claim("a").id == first
    assert store.release_stale() == 0 and store.claim("b").id == second
    silent(store, "a")
    assert store.beat("b").jobs == {second} and store.release_stale() == 1
    assert Queue(store, False, print).now().before[first] == 1  # after the one that is drawn
    assert store.claim("b").id == first and store.get(first).state == "running"
    assert store.beat("b").jobs == {first, second} and store.beat("a").jobs == set()


def test_who_has_lost_a_job_changes_nothing_of_it_any_more(store):
    job = store.add("ann", FOX).id
    store.claim("a")
    silent(store, "a")
    store.release_stale()
    store.advance(job, 3, 4, worker="a")
    assert (store.get(job).state, store.get(job).step) == ("queued", 0)
    store.claim("b")
    store.advance(job, 1, 4, worker="b")
    store.finish(job, "failed", "too late", worker="a")
    assert (store.get(job).state, store.get(job).step) == ("running", 1)
    store.finish(job, "done", worker="b")
    assert (store.get(job).state, store.get(job).worker) == ("done", "b")


def test_a_sign_of_life_keeps_a_job_and_says_who_is_to_stop(store):
    job, other = store.add("ann", FOX).id, store.add("ann", FOX).id
    assert not store.ask_to_stop(job)
    store.claim("a"), store.claim("a")
    silent(store, "a")
    assert store.beat("a") == ({job, other}, set()) and store.release_stale() == 0
    assert store.ask_to_stop(job) and store.beat("a") == ({job, other}, {job})
    assert store.release("a") == 1  # what was to be stopped is not drawn again
    assert (store.get(job).state, store.get(job).message) == ("stopped", "")
    assert store.claim("b").id == other and store.beat("b") == ({other}, set())


def test_a_job_that_has_ended_too_many_workers_is_not_begun_again(store):
    job = store.add("ann", FOX).id
    for number in range(TRIES):
        assert store.claim(f"worker {number}").id == job
        store.release(f"worker {number}")
    assert store.claim("another") is None
    assert store.get(job).state == "interrupted" and store.get(job).message


def test_what_a_pause_holds_is_nobodys(store):
    queue = Queue(store, False, lambda: None)
    store.add("ann", FOX)
    queue.pause("ann")
    assert store.claim("a") is None
    queue.go_on("ann")
    assert store.claim("a") is not None


def test_whatever_order_workers_come_and_go_in_nothing_is_lost_or_drawn_twice(store):
    lot, drawn, jobs = random.Random(0), [], []
    holds = dict.fromkeys("abc")
    for _ in range(120):
        name, act = lot.choice("abc"), lot.choice(("add", "claim", "finish", "die", "beat"))
        if act == "add" and len(jobs) < 20:
            jobs.append(store.add("ann", FOX).id)
        elif act == "claim" and holds[name] is None and (job := store.claim(name)):
            assert job.id not in holds.values() and job.id not in drawn
            holds[name] = job.id
        elif act == "finish" and holds[name]:
            store.finish(holds[name], "done", worker=name)
            drawn.append(holds[name])
            holds[name] = None
        elif act == "die" and lot.random() < 0.3:
            silent(store, name)
            store.release_stale()
            holds[name] = None
        else:
            assert store.beat(name).jobs == ({holds[name]} - {None})
    for name in holds:
        store.release(name)
    while job := store.claim("last"):
        drawn.append(job.id)
        store.finish(job.id, "done", worker="last")
    left = [job for job in jobs if store.get(job).state == "interrupted"]  # begun too often
    assert sorted(drawn + left) == sorted(jobs) and len(left) < 5


def test_a_job_that_another_draws_once_more_has_each_picture_once_with_its_marks(store):
    library = Library(store)
    name = drawn_pictures(store, "a fox", count=2, finish=False)
    job = name.split("/")[0]
    Marks(library).favourite(Shelf(None, ""), [name], True)
    before = library.page(Shelf(None, ""), Query()).pictures
    store.release()
    assert store.claim("b").id == job
    again = [file.with_stem(f"{file.stem}-2") for file in store.get(job).files]
    for count, (old, new) in enumerate(zip(store.get(job).files, again), 1):
        shutil.copy(old, new)
        store.keep(job, again[:count], worker="b")
    store.finish(job, "done", worker="b")
    after = library.page(Shelf(None, ""), Query()).pictures
    assert [dataclasses.replace(one, file=old.file) for one, old in zip(after, before, strict=True)] == list(before)
    assert {one.file for one in after} == set(again) == set((store.pictures / job).iterdir())
