"""Pictures a second of 1, 2, 4 ... replicas, batch by batch: python -m docs.serving, figures of docs/serving.md.

    python -m docs.serving                                  # replicas on this machine's processor, a thread each
    python -m docs.serving --gpus-per-replica 1             # on its GPUs
    python -m docs.serving --front       # what list and files take, by drawings that take no time

Each press waits in the list and its picture ends as a file, as in the studio; the page and its pipeline are not there.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from lit.environment import prepare
from lit.serve.replicas.fleet import Fleet, Size
from lit.settings import GenerationSettings
from lit.studio.work.hands import Hands
from lit.studio.work.inhand import InHand
from lit.studio.work.jobs import JobStore
from lit.studio.work.painters import Painter

ONE = GenerationSettings("a blue dragon", seed=0)


def pictures_a_second(painter: Painter, batch: int, count: int) -> float:
    """Of so many presses, one picture each, that are there at once."""
    painter.batch = batch
    with tempfile.TemporaryDirectory() as folder:
        store = JobStore(Path(folder))
        jobs = [store.add("bench", replace(ONE, seed=seed, prompt=f"a blue dragon {seed}")) for seed in range(count)]
        hands = Hands(painter, store, InHand(store))
        began = time.monotonic()
        hands.start()
        while store.waiting() or any(job.active for job in store.active()):
            time.sleep(0.02)
        seconds = time.monotonic() - began
        assert all((job := store.get(one.id)) is not None and job.state == "done" for one in jobs)
        hands.drain()
        store.close()
        return count / seconds


class Instant:
    """A painter whose pictures are there at once: eight steps are told of each, and a picture is saved."""

    hands, batch = 8, 1

    def __init__(self):
        pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 4), dtype=np.uint8)
        self._image = Image.fromarray(pixels).resize((256, 256))

    def paint(self, works):
        for work in works:
            for step in range(8):
                work.step(step + 1, 8)
            work.keep(self._image, work.job.settings, {}, None)
            work.finish()

    def close(self):
        """There is nothing to close."""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicas", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--gpus-per-replica", type=float, default=0.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--pictures", type=int, default=16, help="presses a replica")
    parser.add_argument("--front", action="store_true", help="what the list and the files take")
    given = parser.parse_args()
    prepare(offline=True)
    if given.front:
        print(f"{pictures_a_second(Instant(), 1, 200):.0f} pictures a second")
        return
    print("| replicas | " + " | ".join(f"batch {batch}" for batch in given.batches) + " | efficiency |")
    print("| --- |" + " --- |" * (len(given.batches) + 1))
    one = None
    for replicas in given.replicas:
        fleet = Fleet(
            Size(replicas=replicas, gpus=given.gpus_per_replica, threads=given.threads, batch=max(given.batches))
        )
        pictures_a_second(fleet, 1, 2 * replicas)  # what is done once
        found = [pictures_a_second(fleet, batch, given.pictures * replicas) for batch in given.batches]
        fleet.close()
        one = one or max(found) / replicas
        print(
            f"| {replicas} | " + " | ".join(f"{rate:.2f}" for rate in found),
            f"| {max(found) / replicas / one:.0%} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
