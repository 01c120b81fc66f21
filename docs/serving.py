"""Pictures a second of 1, 2, 4 ... replicas, batch by batch: python -m docs.serving, figures of docs/serving.md.

    python -m docs.serving                                  # replicas on this machine's processor, a thread each
    python -m docs.serving --gpus-per-replica 1             # on its GPUs

Each press waits in the list and its picture ends as a file, as in the studio; the page and its pipeline are not there.
"""

import argparse
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from lit.environment import prepare
from lit.serve.replicas.fleet import Fleet, Size
from lit.settings import GenerationSettings
from lit.studio.work.hands import Hands
from lit.studio.work.inhand import InHand
from lit.studio.work.jobs import JobStore

ONE = GenerationSettings("a blue dragon", seed=0)


def pictures_a_second(fleet: Fleet, batch: int, count: int) -> float:
    """Of so many presses, one picture each, that are there at once."""
    fleet.batch = batch
    with tempfile.TemporaryDirectory() as folder:
        store = JobStore(Path(folder))
        jobs = [store.add("bench", replace(ONE, seed=seed, prompt=f"a blue dragon {seed}")) for seed in range(count)]
        hands = Hands(fleet, store, InHand(store))
        began = time.monotonic()
        hands.start()
        while store.waiting() or any(job.active for job in store.active()):
            time.sleep(0.02)
        seconds = time.monotonic() - began
        assert all((job := store.get(one.id)) is not None and job.state == "done" for one in jobs)
        hands.drain()
        store.close()
        return count / seconds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--replicas", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--batches", type=int, nargs="+", default=[1, 4, 8])
    parser.add_argument("--gpus-per-replica", type=float, default=0.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--pictures", type=int, default=16, help="presses a replica")
    given = parser.parse_args()
    prepare(offline=True)
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
