"""A training run from end to end: data in, a network out."""

import sys
from pathlib import Path

import torch
from torch import nn

from lit.data.sets import card_table, used
from lit.errors import InputError
from lit.paths import check_writable
from lit.training.config import TrainingConfig
from lit.training.loop import Trainer, make_accelerator
from lit.training.models import MODELS
from lit.training.models.sources import Sources
from lit.training.phases import PhasedRun


def train(
    config: TrainingConfig,
    sources: Sources,
    out: Path,
    minutes: float | None = None,
    sheets: bool = True,
    kind: type | None = None,
) -> nn.Module:
    """Train what the config says; returns the network's EMA, also saved as `out`/network, and a longer one, where the
    config has it, as `out`/long/network. A run of several phases has a folder for each in `out` (`PhasedRun`).

    kind: a model's class in place of the config's, such as one that holds data for several runs.

    All that can be wrong is found before the long work begins: `out` is written to, networks are built or loaded and
    checked against each other, a checkpoint is read, rows of data are read; only then are pictures rendered.
    Raises InputError, CheckpointError, DivergedError.
    """
    kind = kind or MODELS[config.model]
    for option, value in vars(sources).items():
        if value is not None and option not in kind.options:
            raise InputError(f"--{option.replace('_', '-')}", str(value), f"none: {config.model}s have no use for it")
    if minutes is not None and not 0 < minutes < float("inf"):
        raise InputError("--minutes", minutes, "a number above 0")
    check_writable(out, "--out")
    accelerator = make_accelerator()
    torch.manual_seed(config.loop.seed)
    torch.set_float32_matmul_precision("high")
    model = kind(config, sources, accelerator.device, accelerator.process_index)
    phased = PhasedRun(config, model, out, accelerator) if config.phases else None
    trainer = None if phased else Trainer(config.loop, model.objective, out, accelerator)
    model.open()
    if accelerator.is_main_process and model.learns:  # for the card of what comes of it
        learned = [model.data.stickers[i] for i in model.data.subset(*model.learns)]
        print(f"learned: {used(learned)}", file=sys.stderr)
        (out / "data.md").write_text(card_table(learned) + "\n", encoding="utf-8")
    with accelerator.main_process_first():  # the first renders, the others read its cache
        model.render()
    model.feed()
    if phased:
        return phased.fit(minutes, sheets)
    ema = trainer.fit(model.draw, minutes, model.sheet if sheets else None)
    if accelerator.is_main_process:
        model.save(ema, out)
        if trainer.long is not None:
            model.save(trainer.long, out / "long")
    return ema
