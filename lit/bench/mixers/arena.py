"""Long Range Arena's tasks, learned by every mixer under the same conditions: size, places, steps, optimiser, seeds.

A run is one mixer, one task, one seed. It goes on where it stopped, and what is known of it lies in OUT/runs as JSON:
its curve, and the test score of the weights that were best in validation.
"""

import contextlib
import json
import math
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
import torch.nn.functional as F

from lit.bench.mixers.network import CONTENDERS, SequenceClassifier, Size
from lit.errors import InputError, LiTError
from lit.evaluation.tasks import TASKS
from lit.evaluation.tasks.examples import SPLITS, Examples, Task


@dataclass(frozen=True)
class Plan:
    """How long and on how much. examples: of train, validation and test; None for the protocol's."""

    steps: int = 20_000
    batch: int = 32
    learning_rate: float = 5e-4
    warmup: int = 1_000
    weight_decay: float = 0.05
    look_every: int = 1_000
    size: Size = Size()
    examples: tuple[int | None, int | None, int | None] = (None, None, None)


SEEDS = 3
PLANS = {"listops": Plan(steps=5_000, look_every=500), "pathfinder": Plan()}  # ListOps' steps are the arena's own
SMOKE = Plan(
    steps=30, batch=8, warmup=5, look_every=15, size=Size(width=32, heads=2, layers=2), examples=(200, 24, 24)
)  # fmt: skip


@dataclass(frozen=True)
class Run:
    """One line of the bench."""

    task: str
    mixer: str
    seed: int

    @property
    def name(self) -> str:
        return f"{self.task}-{self.mixer}-{self.seed}"


def runs_of(tasks: Sequence[str], mixers: Sequence[str], seeds: int) -> list[Run]:
    """All of them, seed by seed, so that what is done early has every mixer once. A mixer of two dimensions has no run
    in a task without a picture. Raises InputError for a name that is not there."""
    for name in tasks:
        if name not in TASKS:
            raise InputError("task", name, f"one of {', '.join(TASKS)}")
    for name in mixers:
        if name not in CONTENDERS:
            raise InputError("mixer", name, f"one of {', '.join(CONTENDERS)}")
    return [
        Run(task, mixer, seed)
        for seed in range(seeds)
        for task in tasks
        for mixer in mixers
        if TASKS[task].grid or not CONTENDERS[mixer].two_dimensional
    ]


class Learner:
    """A run under way. out: the folder of its record and its checkpoint."""

    def __init__(self, run: Run, plan: Plan, out: Path, device: torch.device):
        self.run, self.plan, self.device, self.task = run, plan, device, TASKS[run.task]
        self.record_file, self.checkpoint_file = record_file(run, out), out / "runs" / f"{run.name}.pt"
        torch.manual_seed(run.seed)
        self.network = SequenceClassifier(run.mixer, self.task.symbols, self.task.classes, plan.size).to(device)
        on_card = device.type == "cuda"
        self.rate = torch.zeros((), device=device)  # a tensor, which a graph reads anew each time
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), self.rate, betas=(0.9, 0.98), weight_decay=plan.weight_decay,
            fused=on_card, capturable=on_card,
        )  # fmt: skip
        # What draws its branches by chance would draw them once for all.
        chance = any(getattr(block.mixer, "window_dropout", 0) for block in self.network.blocks)
        self.learn = _Replayed(self._learn) if on_card and self.task.grid and not chance else self._learn
        self.step, self.seconds, self.curve = 0, 0.0, []
        self.best: tuple[float, dict] = (-1.0, {})
        if self.checkpoint_file.exists():
            self._load()

    def advance(self, train: Examples, validation: Examples, until: float, tell: Callable[[str], None]) -> bool:
        """Learn until the last step, or the moment `until` (time.monotonic); whether it has come to the end."""
        self.network.train()
        while self.step < self.plan.steps:
            if time.monotonic() > until:
                self._keep()
                return False
            began = time.monotonic()
            self.rate.fill_(self._rate())
            chance = random.Random(f"{self.run.seed} {self.step}")  # no state, so that a run in pieces draws the same
            self.learn(*(one.to(self.device) for one in train.of(train.draw(self.plan.batch, chance))))
            self.step += 1
            due = self.step % self.plan.look_every == 0 or self.step == self.plan.steps
            if due and self.device.type == "cuda":
                torch.cuda.synchronize()
            self.seconds += time.monotonic() - began
            if due:
                score = self.score(validation)
                self.curve.append({"step": self.step, "seconds": round(self.seconds, 2), "validation": score})
                if score > self.best[0]:
                    self.best = score, {name: x.cpu().clone() for name, x in self.network.state_dict().items()}
                tell(f"{self.run.name}: step {self.step} of {self.plan.steps}, validation {100 * score:.1f}%")
        return True

    def finish(self, train: Examples, test: Examples):
        """Write the record: the test score of the best weights, and beside it what rules without understanding get."""
        self.network.load_state_dict(self.best[1])
        mixers = [block.mixer for block in self.network.blocks]
        record = asdict(self.run) | {
            "test": self.score(test),
            "validation": self.best[0],
            "rules": {name: _share(rule(train, test), test.labels) for name, rule in self.task.rules.items()},
            "without": self._without(test, mixers),
            "parameters": sum(x.numel() for x in self.network.parameters()),
            "state": CONTENDERS[self.run.mixer].states * self.plan.size.width**2 // self.plan.size.heads,
            "seconds": round(self.seconds, 2),
            "device": _name(self.device),
            "plan": asdict(self.plan),
            "curve": self.curve,
        }
        _write(self.record_file, json.dumps(record, indent=1).encode())
        self.checkpoint_file.unlink(missing_ok=True)

    @torch.inference_mode()
    def score(self, examples: Examples) -> float:
        """The share that is classified rightly."""
        self.network.eval()
        right = 0
        for numbers in examples.batches(4 * self.plan.batch):
            symbols, labels = examples.of(numbers)
            right += int((self._logits(symbols).argmax(-1).cpu() == labels).sum())
        self.network.train()
        return right / len(examples)

    def _rate(self) -> float:
        """The learning rate of the next step: a line up, then half a cosine."""
        warm = min(1.0, (self.step + 1) / self.plan.warmup)
        return self.plan.learning_rate * warm * 0.5 * (1 + math.cos(math.pi * (self.step + 1) / self.plan.steps))

    def _learn(self, symbols: torch.Tensor, labels: torch.Tensor):
        self.optimizer.zero_grad(set_to_none=True)
        F.cross_entropy(self._logits(symbols).float(), labels).backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()

    def _logits(self, symbols: torch.Tensor) -> torch.Tensor:
        symbols = symbols.to(self.device).long()  # bytes travel, and small copies do not wait for the card
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            return self.network(symbols, self._grid(symbols))

    def _grid(self, symbols) -> tuple[int, int]:
        """A line, as Long Range Arena wants it; a picture's own only for those that say so."""
        if CONTENDERS[self.run.mixer].two_dimensional and self.task.grid:
            return self.task.grid
        return 1, symbols.shape[1]

    def _without(self, test, mixers) -> dict[str, float]:
        """Scores with one part of a hybrid left out: where a window alone does as well, the rest learned nothing."""
        scores = {}
        for part in ("window", "linear") if hasattr(mixers[0], "without") else ():
            for mixer in mixers:
                mixer.without = part
            scores[part] = self.score(test)
        return scores

    def _keep(self):
        kept = {
            "network": self.network.state_dict(), "optimizer": self.optimizer.state_dict(), "best": self.best,
            "step": self.step, "seconds": self.seconds, "curve": self.curve, "plan": asdict(self.plan),
        }  # fmt: skip
        part = self.checkpoint_file.with_suffix(".part")
        part.parent.mkdir(parents=True, exist_ok=True)
        torch.save(kept, part)
        part.replace(self.checkpoint_file)

    def _load(self):
        kept = torch.load(self.checkpoint_file, map_location="cpu", weights_only=True)
        check_plan(self.plan, kept["plan"], self.checkpoint_file)
        self.network.load_state_dict(kept["network"])
        self.optimizer.load_state_dict(kept["optimizer"])
        self.optimizer.param_groups[0]["lr"] = self.rate
        self.best, self.step, self.seconds, self.curve = (kept[name] for name in ("best", "step", "seconds", "curve"))


class _Replayed:
    """A function of tensors of one shape, on a card, as one CUDA graph from its fourth call on: the work of networks as
    small as these takes less time than launching it. Not for what decides by chance on the processor, nor for the
    default stream."""

    def __init__(self, function: Callable[..., None]):
        self.function, self.calls, self.given = function, 0, ()
        self.graph: torch.cuda.CUDAGraph | None = None

    def __call__(self, *tensors: torch.Tensor):
        self.calls += 1
        if self.calls <= 3:  # kernels compile, libraries make their workspaces
            self.function(*tensors)
            return
        if self.graph is None:
            self.graph, self.given = torch.cuda.CUDAGraph(), tuple(one.clone() for one in tensors)
            with torch.cuda.graph(self.graph, stream=torch.cuda.current_stream()):
                self.function(*self.given)
        for ours, theirs in zip(self.given, tensors, strict=True):
            ours.copy_(theirs)
        self.graph.replay()


def record_file(run: Run, out: Path) -> Path:
    return out / "runs" / f"{run.name}.json"


def is_done(run: Run, plan: Plan, out: Path) -> bool:
    """Whether its record is there. Raises InputError if that is of another plan."""
    file = record_file(run, out)
    if not file.exists():
        return False
    check_plan(plan, json.loads(file.read_text(encoding="utf-8"))["plan"], file)
    return True


def check_plan(plan: Plan, kept: dict, file: Path):
    if json.dumps(kept) != json.dumps(asdict(plan)):  # a tuple is a list in JSON
        raise InputError("out", str(file), "a folder whose runs have this plan, or a new one")


def race(
    runs: Sequence[Run],
    plans: Mapping[str, Plan],
    out: Path,
    device: torch.device,
    seconds: float,
    tell: Callable[[str], None],
) -> int:
    """Learn run after run until the time is over; how many are still to be done. Those that are done are left alone.
    plans: by task."""
    until = time.monotonic() + seconds
    sets = _Sets(plans)
    left = [run for run in runs if not is_done(run, plans[run.task], out)]
    # cuDNN would plan each convolution anew for each length that it has not seen, and ListOps has 1,500.
    with torch.backends.cudnn.flags(enabled=False), _own_stream(device):
        for number, run in enumerate(left):
            learner = Learner(run, plans[run.task], out, device)
            train, validation, test = sets.of(learner.task)
            if not learner.advance(train, validation, until, tell):
                return len(left) - number
            learner.finish(train, test)
    return 0


def race_at_once(runs: Sequence[Run], plans: Mapping[str, Plan], out: Path, at_once: int, worker: Sequence[str]) -> int:
    """The same in so many processes of `python -m *worker NAMES` side by side on one card, which networks as small as
    these leave mostly idle; each has runs of its own. Raises LiTError where one failed, once all have ended."""
    left = [run for run in runs if not is_done(run, plans[run.task], out)]
    sets = _Sets(plans)
    for name in dict.fromkeys(run.task for run in left):
        sets.of(TASKS[name])  # made and kept once, before all ask for them
    shares = [[run.name for run in left[first::at_once]] for first in range(min(at_once, len(left)))]
    processes = [subprocess.Popen([sys.executable, "-m", *worker, *names]) for names in shares]
    try:
        codes = [process.wait() for process in processes]
    finally:
        for process in processes:
            process.terminate()
    if any(codes):
        raise LiTError(f"{sum(map(bool, codes))} of {len(codes)} processes failed; what they say stands above.")
    return sum(not is_done(run, plans[run.task], out) for run in left)


def _own_stream(device: torch.device) -> contextlib.AbstractContextManager:
    """Graphs are not captured on the default stream."""
    return torch.cuda.stream(torch.cuda.Stream(device)) if device.type == "cuda" else contextlib.nullcontext()


class _Sets:
    """The examples of one task at a time."""

    def __init__(self, plans: Mapping[str, Plan]):
        self.plans, self.task, self.sets = plans, "", ()

    def of(self, task: Task) -> tuple[Examples, ...]:
        if task.name != self.task:
            names = zip(SPLITS, self.plans[task.name].examples, strict=True)
            self.task, self.sets = task.name, tuple(task.examples(name, count) for name, count in names)
        return self.sets


def records(out: Path) -> Iterator[dict]:
    """What is known of the runs in a folder."""
    for file in sorted((out / "runs").glob("*.json")):
        yield json.loads(file.read_text(encoding="utf-8"))


def _share(said: torch.Tensor, labels: torch.Tensor) -> float:
    return (said == labels).double().mean().item()


def _name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"


def _write(file: Path, data: bytes):
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(".part")
    part.write_bytes(data)
    part.replace(file)
