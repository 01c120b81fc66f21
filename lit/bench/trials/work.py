"""Rows made: in this process, or in one a GPU."""

import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from lit.bench.trials.rows import SHIPPED, SMOKE, WHOLE
from lit.bench.trials.smoke import few_stickers, tiny_teacher
from lit.bench.trials.trials import BESIDES, Trials, few_file
from lit.bench.trials.workshop import Workshop
from lit.data import StickerData
from lit.device import choose
from lit.models.mixers import mixers_of
from lit.models.transformer import LiTTransformer2DModel
from lit.training.phases import read_record


def make(trials: Trials, data: Sequence[Path], gpus: int, worker: Sequence[str]) -> bool:
    """Make the rows that are not there; returns whether none failed.

    data: the stickers, of which a smoke run takes a few.  gpus: rows at once, each on a GPU of its own, by processes of
    `python -m *worker`, which call `work` for the same trials.
    """
    trials.check_within()
    trials.begin()
    if trials.smoke:
        tiny_teacher(trials.teacher_folder(SHIPPED))
        few_stickers(data, few_file(trials.out))
    if gpus == 1:
        return work(trials)
    _ = StickerData.open(trials.data, 256).images  # rendered once, before all ask for it
    with contextlib.ExitStack() as files:
        runs = []
        for gpu in range(gpus):
            log = files.enter_context(open(trials.out / f"worker-{gpu}.log", "a"))
            told = os.environ | {"CUDA_VISIBLE_DEVICES": str(gpu)}
            runs.append(subprocess.Popen([sys.executable, "-m", *worker], env=told, stdout=log, stderr=log))
        try:
            codes = [run.wait() for run in runs]  # all of them, whatever one has said
            return not any(codes)
        finally:
            for run in runs:
                run.terminate()


def work(trials: Trials) -> bool:
    """Make rows until there are none left, or no time for one more. A row that fails leaves the others alone; returns
    whether none did."""
    workshop, besides, well = None, 60 * BESIDES, True
    for name, seed in trials.jobs():
        if trials.within and time.time() + 60 * trials.minutes_of(name) + besides > trials.began + 60 * trials.within:
            continue
        if not trials.claim(name, seed):
            continue
        start = time.monotonic()
        print(f"{name}, seed {seed}", file=sys.stderr, flush=True)
        try:
            workshop = workshop or Workshop(trials, SMOKE if trials.smoke else WHOLE)
            wait_for_teacher(trials, trials[name].teacher)
            make_row(workshop, name, seed)
            besides = max(besides, time.monotonic() - start - 60 * trials.minutes_of(name))
        except Exception:  # whatever it is, it is this row's
            traceback.print_exc()
            trials.claim_file(name, seed).unlink()
            well = False
            if workshop is None:
                break  # nothing else would go better
    return well


def wait_for_teacher(trials: Trials, name: str | None):
    """Until another process has made the row that a row learns from. Raises RuntimeError where nobody does."""
    while name not in (None, SHIPPED) and not trials.record_file(name, 0).exists():
        if not trials.claim_file(name, 0).exists():
            raise RuntimeError(f"there is no {name}")
        time.sleep(1)


def make_row(workshop: Workshop, name: str, seed: int):
    """Train, judge, draw; write the row's file."""
    trials, row = workshop.trials, workshop.trials[name]
    out, began = trials.out / f"{name}-{seed}", time.monotonic()
    shutil.rmtree(out, ignore_errors=True)  # what was cut has had other minutes
    minutes = None if trials.smoke else trials.minutes_of(name)
    folder = trials.teacher_folder(name) if name == SHIPPED else workshop.train(row, seed, out, minutes)
    network = LiTTransformer2DModel.from_pretrained(folder).to(*choose())
    figures = {"all": workshop.judged(network)}
    workshop.strip(network, trials.strip_file(name, seed))
    for part, other in (("window", "linear"), ("linear", "window")):  # each half of a hybrid alone
        halves = [mixer for mixer in mixers_of(network).values() if hasattr(mixer, "without")]
        for mixer in halves:
            mixer.without = other
        if halves:
            figures[part] = workshop.judged(network)
    lines = metrics(out)
    record = {
        "row": name, "seed": seed, "minutes": minutes, "figures": figures, "run": read_record(out),
        "images_per_second": statistics.median(line["images_per_second"] for line in lines) if lines else None,
        "curve": [(line["images"], line["simple"]) for line in lines if "simple" in line],
        "config": plain(network.config), "device": device_name(workshop.device), "seconds": time.monotonic() - began,
    }  # fmt: skip
    file = trials.record_file(name, seed)
    file.with_suffix(".part").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    file.with_suffix(".part").replace(file)


def metrics(out: Path) -> list[dict]:
    """Lines of a run's metrics.jsonl, phase after phase, with "images": how many it had seen by then."""
    lines, seen = [], 0
    for file in sorted(out.rglob("metrics.jsonl")):
        before = seen
        for line in map(json.loads, file.read_text(encoding="utf-8").splitlines()):
            seen = before + line["step"] * WHOLE.batch
            lines.append(line | {"images": seen})
    return lines


def plain(config: Mapping) -> dict:
    """A network's config as a file holds it, without what diffusers notes of where it came from."""
    return json.loads(json.dumps({name: value for name, value in config.items() if not name.startswith("_")}))


def device_name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    threads = torch.get_num_threads()
    return f"processor, {threads} thread{'s' * (threads > 1)}"
