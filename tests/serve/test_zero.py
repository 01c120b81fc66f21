"""Drawing on ZeroGPU, with a decorator that forks as `spaces.GPU` does: it runs a generator in a process of its own."""

import dataclasses
import multiprocessing
import os
import socket
import sys
import threading
from types import SimpleNamespace

import pytest
from gradio.context import LocalContext
from serving import Paced, wait_until

from lit.serve import zero
from lit.serve.replicas.events import Errand
from lit.serve.zero import REFUSED, TOKEN, Zero
from lit.settings import GenerationSettings, read_png
from lit.studio.requests import asked_by
from lit.studio.work.jobs import JobStore
from lit.studio.work.worker import Worker

FOX = GenerationSettings("a fox", num_inference_steps=3, height=64, width=64, seed=5, num_images_per_prompt=2)
LONG = dataclasses.replace(FOX, num_inference_steps=200)


class Lender:
    """A `spaces.GPU`. It notes for how long and by whose token a GPU was asked; `refuse` raises when one is asked for,
    `after` ends the process after so many events, and none is to be had before `free` is set."""

    def __init__(self):
        self.asked: list[tuple[int, str]] = []
        self.pids: list[int] = []
        self.refuse, self.after, self.free = False, None, threading.Event()
        self.free.set()

    def __call__(self, duration):
        def decorate(task):
            def lent(errand):
                request = LocalContext.request.get(None)
                self.asked.append((duration(errand), request.headers[TOKEN] if request else ""))
                self.free.wait(30)
                if self.refuse:
                    raise RuntimeError("no quota")
                yield from self._over_there(task, errand)

            return lent

        return decorate

    def _over_there(self, task, errand):
        context = multiprocessing.get_context("fork")
        here, there = context.Pipe(duplex=False)

        def run():
            here.close()
            for number, event in enumerate(task(errand)):
                if number == self.after:
                    os._exit(1)
                there.send(event)
            there.send(None)

        process = context.Process(target=run, daemon=True)
        process.start()
        self.pids.append(process.pid)
        there.close()
        while True:
            try:
                event = here.recv()
            except EOFError:
                raise RuntimeError("GPU task aborted") from None
            if event is None:
                process.join()
                return
            yield event


@pytest.fixture
def lender():
    return Lender()


@pytest.fixture
def loads():
    return []


@pytest.fixture
def painter(lender, loads, tiny_pipeline):
    def load():
        loads.append(os.getpid())
        return Paced(tiny_pipeline, 0.002)

    return Zero(lender, load)


@pytest.fixture
def worker(painter, tiny_pipeline, tmp_path):
    store = JobStore(tmp_path)
    worker = Worker(store, lambda: tiny_pipeline, painter=painter)
    worker.start()
    yield worker
    worker.close()
    store.close()


def over(worker, job):
    wait_until(lambda: not worker.store.get(job.id).active)
    return worker.store.get(job.id)


def test_a_drawing_is_another_process_and_the_same_pictures(worker, lender, loads, tiny_pipeline):
    job = over(worker, worker.submit("ann", FOX))
    assert job.state == "done" and (job.step, job.steps) == (6, 6)
    assert not loads and len(lender.pids) == 1  # whatever was loaded was not loaded here
    alone = [tiny_pipeline.generate(FOX.for_image(i)).images[0] for i in range(2)]
    for file, image in zip(job.files, alone, strict=True):
        assert read_png(file)[0].num_images_per_prompt == 1
        assert opened(file) == image.tobytes()


def opened(file):
    from PIL import Image

    with Image.open(file) as image:
        return image.tobytes()


def test_stop_reaches_it_within_a_step_and_keeps_what_there_is(worker):
    job = worker.submit("ann", LONG)
    wait_until(lambda: worker.store.get(job.id).step > 5)
    assert worker.view(job.id).eta is not None
    step = worker.store.get(job.id).step
    worker.stop(job.id, "ann")
    job = over(worker, job)
    assert job.state == "stopped" and job.step < step + 60
    assert read_png(job.files[0])[1]["stopped_after"] == job.step
    assert over(worker, worker.submit("ann", FOX)).state == "done"  # the next one is not stopped by it


def test_who_stops_while_no_gpu_is_free_does_not_wait_for_one(worker, lender):
    lender.free.clear()
    job = worker.submit("ann", FOX)
    wait_until(lambda: lender.asked)
    worker.stop(job.id, "ann")
    assert over(worker, job).state == "stopped"
    lender.free.set()
    assert over(worker, worker.submit("ann", FOX)).state == "done"
    assert not worker.store.get(job.id).files


@pytest.mark.parametrize("after", [None, 4])
def test_what_is_not_drawn_there_is_drawn_here(worker, lender, after, tiny_pipeline):
    """Refused, or ended when the first picture was there."""
    lender.refuse, lender.after = after is None, after
    job = over(worker, worker.submit("ann", FOX))
    assert job.state == "done" and [read_png(file)[0].seed for file in job.files] == [5, 6]
    assert [opened(file) for file in job.files] == [
        tiny_pipeline.generate(FOX.for_image(i)).images[0].tobytes() for i in range(2)
    ]
    # Nor is it asked for at once for the next one, but later it is.
    lender.refuse, lender.after = False, None
    over(worker, worker.submit("ann", FOX))
    assert len(lender.asked) == 1
    worker._hands._painter._refused[""] -= REFUSED
    over(worker, worker.submit("ann", FOX))
    assert len(lender.asked) == 2


def test_it_is_had_by_the_quota_of_who_asks(worker, painter, lender):
    with asked_by(painter.known("bob's token")):
        over(worker, worker.submit("bob", FOX))
    over(worker, worker.submit("ann", dataclasses.replace(FOX, num_inference_steps=9)))
    assert [token for _, token in lender.asked] == ["bob's token", ""]
    short, long = (duration for duration, _ in lender.asked)
    assert short <= long <= zero.LONGEST
    assert (
        zero.seconds(Errand("", (dataclasses.replace(FOX, width=512, height=512, num_inference_steps=100),) * 8)) > 20
    )


def test_a_forked_process_lets_the_studios_connections_go():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        there = socket.create_connection(("127.0.0.1", port))
        here, _ = server.accept()
        go, come = os.pipe()
        if (pid := os.fork()) == 0:
            zero._let_go(port)
            os.read(go, 1)
            os._exit(0)
        here.sendall(b"x")
        here.close()
        there.settimeout(5)
        assert there.recv(1) == b"x" and there.recv(1) == b""  # it hears the end, though the process lives
        os.write(come, b"x")
        os.waitpid(pid, 0)
        there.close()


def test_elsewhere_there_is_none(monkeypatch, tmp_path):
    monkeypatch.setattr(zero.environment, "prepare_gradio", lambda cache: None)  # it changes what other tests need
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    assert zero.lent(tmp_path) is None
    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setitem(sys.modules, "spaces", None)  # as one that cannot be imported
    assert zero.lent(tmp_path) is None
    gpu = object()
    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=gpu))
    assert zero.lent(tmp_path) is gpu and "SPACES_ZERO_GPU" not in os.environ
