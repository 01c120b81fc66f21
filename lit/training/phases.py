"""A student's run in phases, such as mixers first and then the whole network: each a training of its own, from where
the one before ended."""

import itertools
import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import broadcast_object_list
from torch import nn

from lit.errors import CheckpointError, InputError
from lit.linearize.keep import with_softmax
from lit.linearize.lora import LoRA, merge_lora
from lit.linearize.pairs import begins_anew
from lit.training.config import Phase, TrainingConfig
from lit.training.loop import Trainer

RECORD = "run.json"
TRANSFER = "transfer"  # the method that brings mixers near to their teacher's


def with_rank(config: TrainingConfig, rank: int) -> TrainingConfig:
    """The last phase learns by LoRA of this rank, all else as it is."""
    if rank < 1:
        raise InputError("lora", rank, "a rank, from 1")
    if not config.phases:
        raise InputError("lora", rank, "none: this method's new mixers learn whole weights")
    *others, last = config.phases
    lora = replace(last.lora or LoRA(), rank=rank)
    return replace(config, phases=(*others, replace(last, lora=lora)))


class PhasedRun:
    """`out`/1-transfer, `out`/2-hybrid, ...: a folder for each phase, with its checkpoint, figures, sheets and the
    network that it ended with, in which additions of LoRA are merged. A run that was cut goes on in its phase.

    Made before any data are read, so that what cannot work is said at once. `out`/run.json tells what each phase took
    and, with `keep_softmax`, each layer's error and which were kept. Raises InputError, CheckpointError.
    """

    def __init__(self, config: TrainingConfig, model, out: Path, accelerator: Accelerator):
        self.config, self.model, self.out, self.accelerator = config, model, out, accelerator
        if model.teacher is None:
            raise InputError("--teacher", None, "the folder of the teacher that the phases learn from")
        self.record = read_record(out)
        self.left = list(itertools.dropwhile(self._ended, config.phases))
        self.network = model.objective.network
        self._check(begins_anew(self.network, model.teacher))
        self.chooses = bool(config.keep_softmax) and not any(phase.method.name == TRANSFER for phase in config.phases)
        if self.chooses and "kept" in self.record:
            self._keep(self.record["kept"])
        if len(self.left) < len(config.phases):
            self._load(config.phases[len(config.phases) - len(self.left) - 1])
        self.trainer = None
        if self.left and not self.chooses:
            self._begin(self.left[0])

    def _check(self, anew):
        """Additions alone, or a choice of layers, need mixers that are near to the teacher's already."""
        names = [phase.method.name for phase in self.config.phases]
        for number, phase in enumerate(self.config.phases):
            if phase.lora and anew and TRANSFER not in names[:number]:
                raise InputError(f"phases.{number}.lora", phase.lora.rank, "a transfer before it: mixers begin anew")
        if self.config.keep_softmax and anew and TRANSFER not in names:
            raise InputError("keep_softmax", self.config.keep_softmax, "a phase of transfer, whose errors decide")

    def _ended(self, phase: Phase) -> bool:
        return (self.out / phase.name / "network" / "config.json").exists()

    def _load(self, phase):
        self.network = self.model.load(self.out / phase.name).to(self.model.device)

    def _begin(self, phase):
        torch.manual_seed(self.config.loop.seed)  # additions begin at random, and alike after a cut
        self.model.enter(phase, self.network)
        (self.out / phase.name).mkdir(parents=True, exist_ok=True)
        number = self.config.phases.index(phase) + 1
        title = f"{phase.method.name} ({number} of {len(self.config.phases)})"
        self.trainer = Trainer(phase.loop, self.model.objective, self.out / phase.name, self.accelerator, title)

    def fit(self, minutes: float | None = None, sheets: bool = True) -> nn.Module:
        """Train what is left; returns the last phase's average, plain, which is `out`/network too. minutes: of this
        call, which phases share as they share steps. Call it when the model has been fed."""
        if self.chooses and "kept" not in self.record:
            self._choose()
        while self.left:
            phase = self.left[0]
            if self.trainer is None:
                self._begin(phase)
            took = self._minutes(minutes)
            minutes = None if minutes is None else minutes - took
            start, first = time.monotonic(), self.trainer.step
            self.network = merge_lora(self.trainer.fit(self.model.draw, took, self.model.sheet if sheets else None))
            spent = {"phase": phase.name, "steps": self.trainer.step - first, "seconds": time.monotonic() - start}
            self.record.setdefault("phases", []).append(spent)
            if self.config.keep_softmax and phase.method.name == TRANSFER:
                self._choose()
            if self.accelerator.is_main_process:
                self._write()
                self.model.save(self.network, self.out / phase.name)
            self.accelerator.wait_for_everyone()
            self.accelerator.free_memory()
            self.trainer = None
            self.left = self.left[1:]
            self._load(phase)  # as a run does that was cut here
        if self.accelerator.is_main_process:
            self.model.save(self.network, self.out)
        return self.network.eval().requires_grad_(False)

    def _minutes(self, minutes):
        if minutes is None:
            return None
        done = self.trainer.progress * self.left[0].share
        share = self.left[0].share - done
        return minutes * share / (sum(phase.share for phase in self.left) - done)

    def _choose(self):
        found = [None]
        if self.accelerator.is_main_process:
            found = [self.model.rank(self.network, self.config.keep_softmax)]
        (found,) = broadcast_object_list(found)
        self.record |= found
        if self.accelerator.is_main_process:
            self._write()
            print(said(found), file=sys.stderr)
        self._keep(found["kept"])

    def _keep(self, paths):
        self.network = with_softmax(self.network, self.model.teacher, paths)

    def _write(self):
        self.out.mkdir(parents=True, exist_ok=True)
        half = self.out / f"{RECORD}.part"
        half.write_text(json.dumps(self.record, indent=1) + "\n", encoding="utf-8")
        half.replace(self.out / RECORD)


def read_record(out: Path) -> dict:
    """What run.json in a run's folder tells, {} where there is none. Raises CheckpointError."""
    try:
        return json.loads((out / RECORD).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise CheckpointError(f"{out / RECORD}: damaged ({error}); give another --out") from error


def said(found: dict) -> str:
    """The layers' errors and which are kept, in lines."""
    lines = ["error left of each mixer, in parts of its teacher's variance:"]
    for path, error in found["errors"].items():
        extra = 1e6 * found["extra_seconds"][path]
        lines.append(f"  {path}: {error:.3g}, softmax takes {extra:+.0f} us{', kept' * (path in found['kept'])}")
    return "\n".join(lines)
