"""Dreams in the worker's lane, drawn by a small random model and kept on the disk."""

import json
import time
from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch
from conftest import make_pipeline
from PIL import Image
from safetensors.torch import load_file
from serving import Paced, wait_until

from lit.errors import LiTError
from lit.explore.dreams import Dream, reading, rest
from lit.explore.dynamics import training
from lit.settings import GenerationSettings
from lit.studio.work.dreamt import DONE, FILE, STOPPED, Order
from lit.studio.work.jobs import JobStore
from lit.studio.work.worker import Worker

CAT = GenerationSettings("a cat", num_inference_steps=2, height=64, width=64, seed=5, guidance_scale=1.0)
ORDER = Order(Dream(CAT, strength=0.6, fresh=True), 6)


class Slow(Paced):
    """Its network waits, too. calls: of it."""

    calls = 0

    def answering(self):
        network, pause = self.pipeline.answering(), self

        class Waiting:
            def __call__(self, *given, **named):
                pause.calls += 1
                time.sleep(pause.seconds)
                return network(*given, **named)

            def __getattr__(self, name):
                return getattr(network, name)

        return Waiting()


@pytest.fixture(scope="module")
def own(text_encoder):
    return make_pipeline(text_encoder)


@pytest.fixture
def pipeline(own):
    return Slow(own)


@contextmanager
def studio(home, pipeline):
    store = JobStore(home)
    worker = Worker(store, lambda: pipeline)
    worker.start()
    try:
        yield worker
    finally:
        worker.close()
        store.close()


@pytest.fixture
def worker(tmp_path, pipeline):
    with studio(tmp_path, pipeline) as worker:
        yield worker


def over(dreamt):
    wait_until(lambda: not dreamt.active)
    return dreamt


def latents(dreamt):
    return torch.cat([load_file(file)["latents"] for file in sorted(dreamt.folder.glob("latents/*/*.safetensors"))])


def test_another_studio_dreams_on_as_if_nothing_had_happened(tmp_path, pipeline):
    with studio(tmp_path / "whole", pipeline) as worker:
        whole = over(worker.dreams.begin("ann", ORDER))
    pipeline.seconds = 0.03
    with studio(tmp_path / "parts", pipeline) as worker:
        found = worker.dreams.begin("ann", ORDER)
        wait_until(lambda: found.count >= 2)
    assert found.active and found.count < 6
    pipeline.seconds = 0.0
    with studio(tmp_path / "parts", pipeline) as worker:
        again = over(worker.dreams.find(found.id, "ann"))
        assert (again.state, again.count) == (DONE, 6) and torch.equal(latents(again), latents(whole))
        assert [again.data(frame) for frame in range(6)] == [whole.data(frame) for frame in range(6)]
        assert again.data(6) is None and again.read["symbols"][0] == 0 and len(again.read["symbols"]) == 6


def test_stopped_it_ends_within_an_evaluation_and_a_job_comes_before_the_next_frame(worker, pipeline):
    pipeline.seconds = 0.1
    order = replace(ORDER, dream=replace(ORDER.dream, settings=replace(CAT, num_inference_steps=20)), frames=50)
    found = worker.dreams.begin("ann", order)
    wait_until(lambda: found.count == 1 and not worker.lane.free)
    job = worker.submit("bob", replace(CAT, num_inference_steps=1))
    wait_until(lambda: worker.store.get(job.id).state == "done")
    assert found.count == 1
    wait_until(lambda: not worker.lane.free)
    before = pipeline.calls
    found.stop()
    wait_until(lambda: worker.lane.free)
    assert found.state == STOPPED and found.count == 1 and pipeline.calls <= before + 2
    pipeline.seconds = 0.0
    worker.dreams.go_on(found)
    wait_until(lambda: found.count > 2)
    found.stop()


def test_a_picture_is_the_first_frame(worker):
    image = Image.radial_gradient("L").convert("RGBA").resize((64, 64))
    found = over(worker.dreams.begin("ann", replace(ORDER, frames=2), image))
    assert found.first().tobytes() == image.tobytes() and found.order.pictured
    words = over(worker.dreams.begin("ann", replace(ORDER, frames=2)))
    assert not torch.equal(latents(found)[0], latents(words)[0])


def test_where_it_rests_the_map_says_why(worker, monkeypatch):
    monkeypatch.setattr(rest, "RESTING", 4)
    monkeypatch.setattr(rest, "AT_REST", 10.0)  # a random network never does
    found = over(worker.dreams.begin("ann", replace(ORDER, dream=replace(ORDER.dream, fresh=False))))
    size, error = found.read["eigenvalue"]
    assert found.read["sizes"][0] == size == max(found.read["sizes"]) and found.read["period"] == 1
    assert found.read["rest"] == 0 and found.count == 4 and found.state == DONE and size > 0 <= error
    parts = found.read["parts"]
    assert all(isinstance(parts[name], float) for name in ("frame", "noise", "biases"))
    assert [word[0] for word in parts["words"]] == ["(start)", "a", "cat", "(end)", "no style"]
    drifting = replace(ORDER.dream, fresh=False, words="drifting", prompts=("a dog",))
    assert over(worker.dreams.begin("ann", replace(ORDER, dream=drifting))).read["rest"] is None


def test_enough_frames_are_read_and_the_better_reader_is_shown(worker, monkeypatch):
    monkeypatch.setattr(reading, "FEWEST", 30)
    monkeypatch.setattr(training, "BATCHES", 1)
    fast = replace(ORDER.dream, settings=replace(CAT, num_inference_steps=1))
    read = over(worker.dreams.begin("ann", Order(fast, 30))).read
    bits = read["bits"]
    assert read["reader"] == ("alrnn" if bits["alrnn"] < bits["k-means"] else "k-means")
    assert [n for n, rnn, stay in read["ahead"]] == [1] and -1 < read["agreement"] <= 1
    graph, symbols = read["graph"], read["symbols"]
    assert len(symbols) == 30 == sum(graph["visits"])
    assert all(sum(row) == pytest.approx(1, abs=1e-3) for row in graph["probabilities"])
    assert [symbols[frame] for frame in graph["medoids"]] == list(range(len(graph["visits"])))


def test_what_cannot_go_on_says_why_and_keeps_what_there_is(worker, pipeline):
    found = over(worker.dreams.begin("ann", replace(ORDER, frames=2)))
    told = json.loads((found.folder / FILE).read_text())
    next(found.folder.glob("latents/*/*.safetensors")).unlink()
    (found.folder / FILE).write_text(json.dumps(told | {"state": STOPPED}))
    worker.dreams._read = None  # as another studio finds it
    again = worker.dreams.find(found.id, "ann")
    worker.dreams._under_way.clear()
    worker.dreams.go_on(again)
    assert "Frames of this dream are gone" in over(again).trouble and again.data(1) is not None
    worker.dreams.throw_away(again)
    assert worker.dreams.of("ann") == []
    with pytest.raises(LiTError, match="no longer there"):
        worker.dreams.find("f" * 32, "ann")
