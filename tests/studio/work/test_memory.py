"""The account of what the studio keeps: within the limit, and what was used longest ago goes first."""

import math
import threading
import weakref
from dataclasses import replace

import pytest
from serving import wait_until

from lit.errors import InputError, LiTError
from lit.scope.drawings.drawing import OpenedDrawing
from lit.scope.drawings.regions import Region
from lit.settings import GenerationSettings
from lit.studio.shell.launch import WEIGHTS
from lit.studio.tabs.scope.captures import PIXEL, Counted
from lit.studio.words import told
from lit.studio.work import memory as memory_module
from lit.studio.work.drafts import Drafts, Page, Picture
from lit.studio.work.jobs import JobStore
from lit.studio.work.memory import GIB, SPARE, Memory, limit_of, room_for
from lit.studio.work.worker import Worker

BARE = 800 * 2**20  # bytes of a process that keeps nothing


@pytest.fixture
def process(monkeypatch):
    """What a process keeps, as its memory would be measured: {key: bytes}."""
    kept: dict[object, int] = {}
    monkeypatch.setattr(memory_module, "resident_memory", lambda: BARE + sum(kept.values()))
    return kept


def holding(memory, process, key, size):
    process[key] = size
    memory.keep(key, lambda: process.pop(key))


def test_what_was_used_longest_ago_goes_first_and_no_more_than_must(process):
    memory = Memory(BARE + SPARE + 1000)
    for key in "abcd":
        holding(memory, process, key, 250)
    memory.keep("a", lambda: process.pop("a"))  # used again
    assert memory.make_room(300) and set(process) == {"a", "d"}
    assert memory.make_room() and set(process) == {"a", "d"}
    memory.forget("a")  # whoever kept it has let go by itself
    del process["a"]
    assert memory.make_room(900) and not process


def test_what_cannot_fit_is_refused_in_words_that_say_what_would_do(process):
    memory = Memory(BARE + SPARE)
    holding(memory, process, "view", 10**6)
    with pytest.raises(LiTError, match=r"^A picture needs 2 GiB of memory, .* --memory 2$") as refused:
        memory.need(GIB, "A picture")
    assert not process  # everything was tried
    assert Memory(2 * GIB).make_room(GIB)
    assert refused.value.words.template.startswith("{what} needs")


def test_without_a_limit_nothing_is_given_up(process):
    memory = Memory()
    holding(memory, process, "view", 10**15)
    assert memory.make_room(10**15) and process


def test_many_threads_keep_and_give_up(process):
    memory = Memory(BARE + SPARE + 5000)

    def work(name):
        for number in range(200):
            holding(memory, process, (name, number), 100)
            memory.make_room()

    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert memory.make_room() and sum(process.values()) <= 5000
    assert len(memory._kept) == len(process)


@pytest.mark.parametrize("gib", [0, -1, 0.5, math.nan, math.inf])
def test_a_limit_that_cannot_hold_the_model_is_refused(gib):
    with pytest.raises(InputError, match=r"memory: got .*; 1\.\d+ or more"):
        limit_of(gib, WEIGHTS)
    assert limit_of(2, WEIGHTS) == 2 * GIB


def test_a_model_that_does_not_fit_says_so_and_so_does_a_drawing(tmp_path, tiny_pipeline, process):
    store = JobStore(tmp_path)
    fox = GenerationSettings("a fox", num_inference_steps=1, height=64, width=64)
    vast = GenerationSettings("a fox", num_inference_steps=1, height=1024, width=1024, output_scale=2)
    assert room_for(vast) > room_for(fox) == 0
    small = Worker(store, lambda: tiny_pipeline, memory=Memory(BARE))
    fitting = Worker(store, lambda: tiny_pipeline, memory=Memory(BARE + SPARE))
    try:
        small.start()
        wait_until(lambda: small.model != "loading")
        with pytest.raises(LiTError, match="^The model needs 1 GiB of memory"):
            small.submit("ann", fox)
        small.close()
        fitting.start()
        jobs = [fitting.submit("ann", one) for one in (vast, fox)]
        wait_until(lambda: not any(store.get(job.id).active for job in jobs))
        assert [store.get(job.id).state for job in jobs] == ["failed", "done"]
        assert told(store.get(jobs[0].id).message).startswith("A picture of this size needs 1.5 GiB of memory")
        process["in use"] = GIB  # and goes by itself: nobody is refused for it
        job = fitting.submit("ann", fox)
        wait_until(lambda: not store.get(job.id).active)
        assert store.get(job.id).state == "done"
    finally:
        small.close()
        fitting.close()
        store.close()


def test_live_pictures_and_what_else_is_kept_can_be_given_up(process):
    memory = Memory(BARE + SPARE)
    drafts = Drafts(memory)
    fox = GenerationSettings("a fox")
    for number in range(70):
        draft = drafts.ask(Page("ann", str(number)), 1, fox)
        drafts.take()
        drafts.finish(draft, Picture(str(number), fox, {}, b"", 0.1, True))
    assert len(memory._kept) == 64  # as many as are remembered
    process["something"] = 1
    assert not memory.make_room(1) and not memory._kept
    with pytest.raises(LiTError, match="no longer there"):
        drafts.picture("69")


def test_a_capture_that_made_room_is_gone_and_is_made_again_to_the_same_numbers(process, tiny_pipeline):
    fox = GenerationSettings("a fox", num_inference_steps=3, height=64, width=64)
    memory = Memory(BARE + SPARE + 2 * PIXEL * 64 * 64)
    opened = OpenedDrawing.open(tiny_pipeline, fox, kept=Counted(memory, fox))
    first = opened.step(0).contributions(Region(0, 0, 9, 9))
    gone = weakref.ref(opened.step(0).map)
    holding(memory, process, "others", 2 * PIXEL * 64 * 64)
    opened.trajectory()
    assert gone() is None and not process
    again = opened.step(0).contributions(Region(0, 0, 9, 9))
    assert again.value == first.value and [part.amount for part in again.parts] == [one.amount for one in first.parts]
    process["others"] = 2 * PIXEL * 64 * 64
    assert not opened.kept.roomy()
    with pytest.raises(LiTError, match="^Looking into a picture of this size needs"):
        opened.step(1)


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you")])
def test_a_system_without_memory_is_said_and_the_next_picture_is_drawn(tmp_path, tiny_pipeline, monkeypatch, error):
    store = JobStore(tmp_path)
    worker = Worker(store, lambda: tiny_pipeline)
    fox = GenerationSettings("a fox", num_inference_steps=1, height=64, width=64)
    noise, lacking = tiny_pipeline.noise, [error]

    def without(settings):
        if lacking and settings[0].seed == 1:
            raise lacking.pop()
        return noise(settings)

    monkeypatch.setattr(tiny_pipeline, "noise", without)
    worker.start()
    try:
        jobs = [worker.submit("ann", replace(fox, seed=seed)) for seed in (1, 2)]
        wait_until(lambda: not any(store.get(job.id).active for job in jobs))
        assert told(store.get(jobs[0].id).message).startswith("There is not enough memory for this picture")
        assert store.get(jobs[1].id).state == "done"
    finally:
        worker.close()
        store.close()
