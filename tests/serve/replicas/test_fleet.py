"""Real replicas on Ray, where it is installed (pip install 'lit-studio[serve]'): one is killed while it draws."""

import dataclasses
import os
import signal
from importlib.util import find_spec

import psutil
import pytest
from serving import wait_until

from lit.errors import InputError
from lit.serve.replicas.fleet import Fleet, Size
from lit.settings import GenerationSettings, read_png
from lit.studio.work.jobs import JobStore
from lit.studio.work.worker import Worker

FOX = GenerationSettings("a fox", num_inference_steps=3, height=64, width=64, seed=5)
LONG = dataclasses.replace(FOX, num_inference_steps=200, height=256, width=256, num_images_per_prompt=2)


@pytest.mark.parametrize(
    "bad", [{"replicas": 0}, {"least": 3, "replicas": 2}, {"gpus": -1}, {"threads": 0}, {"batch": 0}]
)
def test_a_fleet_that_cannot_be_is_said(bad):
    with pytest.raises(InputError):
        Size(**bad)


@pytest.mark.slow
@pytest.mark.skipif(find_spec("ray") is None, reason="Ray is not installed")
def test_a_killed_replicas_job_is_drawn_by_another_once(tmp_path, tiny_pipeline):
    tiny_pipeline.save_pretrained(tmp_path / "model")
    fleet = Fleet(Size(replicas=2, batch=4), str(tmp_path / "model"), dtype="float32")
    store = JobStore(tmp_path / "home")
    worker = Worker(store, lambda: tiny_pipeline, painter=fleet)
    worker.start()

    def over(*jobs):
        wait_until(lambda: not any(store.get(job.id).active for job in jobs), 120)
        return [store.get(job.id) for job in jobs]

    try:
        # Together, and as the pipeline here draws them.
        jobs = over(*(worker.submit("ann", dataclasses.replace(FOX, seed=seed)) for seed in range(6)))
        assert {job.state for job in jobs} == {"done"}
        assert [read_png(job.files[0])[0].seed for job in jobs] == list(range(6))
        assert fleet.counts() == {"RUNNING": 2} and fleet.memory > 1e8

        # Killed in the second picture: the first stays, and the second is drawn anew.
        job = worker.submit("ann", LONG)
        wait_until(lambda: store.get(job.id).step > 205, 120)
        assert worker.view(job.id).previews and worker.view(job.id).eta is not None
        first = store.get(job.id).files
        os.kill(busiest(), signal.SIGKILL)
        (job,) = over(job)
        assert job.state == "done" and job.files[0] == first[0] and fleet.deaths == 1
        assert [read_png(file)[0].seed for file in job.files] == [5, 6]
        assert len(list((store.pictures / job.id).glob("*.png"))) == 2

        # Stopped within a step, by the replica that draws it.
        job = worker.submit("ann", LONG)
        wait_until(lambda: store.get(job.id).step > 2, 120)
        step = store.get(job.id).step
        worker.stop(job.id, "ann")
        (job,) = over(job)
        assert job.state == "stopped" and job.step < step + 60
        assert read_png(job.files[0])[1]["stopped_after"] == job.step
    finally:
        worker.close()
        store.close()
    left = [one.name() for one in psutil.Process().children(recursive=True)]
    assert not [name for name in left if "ray" in name]


def busiest() -> int:
    """The replica that draws."""
    replicas = [one for one in psutil.Process().children(recursive=True) if "ServeRepl" in one.name()]
    for one in replicas:
        one.cpu_percent()
    wait_until(lambda: max(one.cpu_percent() for one in replicas) > 5)
    return max(replicas, key=lambda one: one.cpu_percent(0.1)).pid
