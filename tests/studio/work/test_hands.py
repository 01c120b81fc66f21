"""Jobs that a painter elsewhere draws, several at a time."""

import dataclasses
import threading

import pytest
from serving import wait_until

from lit.settings import GenerationSettings, read_png
from lit.studio.work.worker import Worker

FOX = GenerationSettings(prompt="a fox", num_inference_steps=3, height=64, width=64, seed=5)
OTHER = dataclasses.replace(FOX, num_inference_steps=4)  # never drawn together with it


class Slow:
    """A painter that draws by a pipeline when it is let, and remembers what was drawn together."""

    def __init__(self, pipeline, hands=2, batch=1):
        self.hands, self.batch, self._pipeline = hands, batch, pipeline
        self.go, self.closed, self.together = threading.Event(), False, []

    def paint(self, works):
        self.together.append([work.job.settings.prompt for work in works])
        for work in works:
            work.begin(self.go.set)
        self.go.wait(20)
        for work in works:
            if not work.stopping:
                for drawing in self._pipeline.start(work.pictures_left):
                    work.keep(drawing.image, drawing.settings, self._pipeline.provenance(), None)
            work.finish()

    def close(self):
        self.closed = True


@pytest.fixture
def begin(store, tiny_pipeline):
    """begin(painter's options) -> a worker with such a painter."""
    workers = []

    def start(**options):
        workers.append(Worker(store, lambda: tiny_pipeline, painter=Slow(tiny_pipeline, **options)))
        workers[-1].painter = workers[-1]._hands._painter
        return workers[-1]

    yield start
    for worker in workers:
        worker.painter.go.set()
        worker.close()
        assert worker.painter.closed


def named(worker, *prompts, settings=FOX):
    return [worker.submit("ann", dataclasses.replace(settings, prompt=prompt)) for prompt in prompts]


def states(worker, jobs):
    return [worker.store.get(job.id).state for job in jobs]


def test_as_many_jobs_are_in_hand_as_the_painter_has_hands(begin):
    worker = begin()
    jobs = named(worker, "one", "two", "three")
    worker.start()
    wait_until(lambda: len(worker.painter.together) == 2)
    assert states(worker, jobs) == ["running", "running", "queued"]
    worker.painter.go.set()
    wait_until(lambda: set(states(worker, jobs)) == {"done"})
    for job, prompt in zip(jobs, ("one", "two", "three"), strict=True):
        (file,) = worker.store.get(job.id).files
        assert read_png(file)[0] == dataclasses.replace(FOX, prompt=prompt)


def test_what_fits_together_is_taken_together_and_nobody_is_overtaken(begin):
    worker = begin(hands=1, batch=3)
    jobs = named(worker, "a", "b") + named(worker, "long", settings=OTHER) + named(worker, *"cdefg")
    worker.painter.go.set()
    worker.start()
    wait_until(lambda: set(states(worker, jobs)) == {"done"})
    assert worker.painter.together == [["a", "b"], ["long"], ["c", "d", "e"], ["f", "g"]]


def test_a_batch_leaves_work_for_the_other_hands(begin):
    worker = begin(hands=2, batch=8)
    jobs = named(worker, *"abcd")
    worker.start()
    wait_until(lambda: len(worker.painter.together) == 2)
    assert set(states(worker, jobs)) == {"running"}
    assert sorted(map(len, worker.painter.together)) == [2, 2]
    assert worker.stop(jobs[0].id, "ann") == "drawn"
    wait_until(lambda: set(states(worker, jobs)) == {"stopped", "done"})
    assert states(worker, jobs)[0] == "stopped"


def test_draining_draws_what_is_in_hand_and_nothing_more(begin):
    worker = begin(hands=1)
    jobs = named(worker, "one", "two")
    worker.start()
    wait_until(lambda: worker.painter.together)
    assert not worker.drain(0.05)
    worker.painter.go.set()
    assert worker.drain(20)
    assert states(worker, jobs) == ["done", "queued"]
