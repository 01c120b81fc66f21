"""From nothing to the first sticker, in a process of its own: `python -m lit.bench.start` prints seconds and memory."""

import json
import resource
import statistics
import subprocess
import sys
import time


def cold(repeats: int = 3) -> dict[str, float]:
    """Medians of seconds from the start of a process until torch and pipeline are imported, the model is loaded, and
    the first and the second sticker are drawn by default settings; and its peak memory in GiB."""
    runs = [_child() for _ in range(repeats)]
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def peak_memory() -> float:
    """Of this process, in GiB."""
    kib = 2**10 if sys.platform == "darwin" else 1  # there the system counts bytes
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / kib / 2**20


def _child():
    started = time.time()
    done = subprocess.run([sys.executable, "-m", "lit.bench.start"], check=True, capture_output=True, text=True)
    marks = json.loads(done.stdout.splitlines()[-1])
    memory = marks.pop("peak memory, GiB")
    return {name: when - started for name, when in marks.items()} | {"peak memory, GiB": memory}


def main():
    from lit.environment import prepare

    prepare(offline=True)
    from lit.pipeline import LiTPipeline
    from lit.settings import GenerationSettings

    marks = {"imported": time.time()}
    pipe = LiTPipeline.from_pretrained()
    pipe.set_progress_bar_config(disable=True)
    marks["loaded"] = time.time()
    for name in ("first sticker", "second sticker"):
        pipe.generate(GenerationSettings("a blue dragon", seed=0, output_scale=1, scheduler=pipe.schedulers[0]))
        marks[name] = time.time()
    print(json.dumps(marks | {"peak memory, GiB": peak_memory()}))


if __name__ == "__main__":
    main()
