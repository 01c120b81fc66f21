"""Pictures a second of 1, 2, 4 ... replicas, batch by batch: python -m docs.serving, figures of docs/serving.md.

    python -m docs.serving                                  # replicas on this machine's processor, a thread each
    python -m docs.serving --gpus-per-replica 1             # on its GPUs; 0.25 for four that share one
    python -m docs.serving --front       # what list and files take alone, by drawings that take no time

Each press waits in the list and its picture ends as a file, as in the studio; the page and its pipeline are not there.
Each writes its part of the page; with `--no-page` it is only printed.
"""

import argparse
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from lit.environment import prepare
from lit.serve.replicas.fleet import Fleet, Size
from lit.settings import GenerationSettings
from lit.sheets import filled, markdown_row, markdown_table
from lit.studio.work.hands import Hands
from lit.studio.work.inhand import InHand
from lit.studio.work.jobs import JobStore
from lit.studio.work.painters import Painter

PAGE = Path(__file__).with_name("serving.md")
ONE = GenerationSettings("a blue dragon", seed=0, output_scale=1)


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


def marks(kind: str) -> tuple[str, str]:
    """Round a part of the page: "processors", "gpus" or "front"."""
    return f"<!-- {kind}: made by python -m docs.serving -->", f"<!-- {kind} to here -->"


def where(gpus: float) -> str:
    import torch

    cores = f"{len(os.sched_getaffinity(0))} processor cores ({torch.backends.cpu.get_cpu_capability()})"
    return f"{torch.cuda.device_count()} x {torch.cuda.get_device_name()}, {cores}" if gpus else cores


def of_replicas(given: argparse.Namespace) -> str:
    """A table: pictures a second by replicas and batches, and how much of so many times one replica's that is."""
    rows, one = [], None
    for replicas in given.replicas:
        fleet = Fleet(
            Size(replicas=replicas, gpus=given.gpus_per_replica, threads=given.threads, batch=max(given.batches))
        )
        pictures_a_second(fleet, 1, 2 * replicas)  # what is done once
        found = [pictures_a_second(fleet, batch, given.pictures * replicas) for batch in given.batches]
        fleet.close()
        one = one or max(found) / replicas
        rows.append([replicas, *(f"{rate:.2f}" for rate in found), f"{max(found) / replicas / one:.0%}"])
        print(markdown_row(rows[-1]), flush=True)
    return markdown_table(["replicas", *(f"batch {batch}" for batch in given.batches), "efficiency"], rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--replicas", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--gpus-per-replica", type=float, default=0.0)
    parser.add_argument("--threads", type=int, default=1, help="of a replica on a processor (1)")
    parser.add_argument("--pictures", type=int, default=16, help="presses a replica (16)")
    parser.add_argument("--front", action="store_true", help="what the list and the files take")
    parser.add_argument("--no-page", action="store_true", help="print alone, and leave docs/serving.md as it is")
    given = parser.parse_args()
    prepare(offline=True)
    if given.front:
        kind, said = "front", f"{pictures_a_second(Instant(), 1, 200):.0f} pictures a second, on {where(0)}."
    else:
        kind, said = "gpus" if given.gpus_per_replica else "processors", of_replicas(given)
        each = f", {given.gpus_per_replica:g} of a GPU each" if given.gpus_per_replica % 1 else ""
        told = f"{given.pictures} presses a replica{each}, on {where(given.gpus_per_replica)}"
        said = f"Pictures a second, {told}:\n\n{said}"
    print(said)
    if not given.no_page:
        PAGE.write_text(filled(PAGE.read_text("utf-8"), marks(kind), said), encoding="utf-8")


if __name__ == "__main__":
    main()
