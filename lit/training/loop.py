"""The training loop: one for every network. bf16, EMA, several GPUs through accelerate, save and resume."""

import contextlib
import copy
import json
import math
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from accelerate.utils import broadcast
from torch import nn
from tqdm import tqdm

from lit.errors import CheckpointError, LiTError
from lit.training.busy import Meter, sampler
from lit.training.config import Loop, Stage
from lit.training.muon import Muon

CHECKPOINT = "checkpoint.pt"


class DivergedError(LiTError):
    """The loss is no longer finite. What was saved before is still there."""


def make_accelerator() -> Accelerator:
    """bf16 on GPUs, fp32 elsewhere; gradients are exchanged for what is trained, buffers are left alone."""
    precision = "bf16" if torch.cuda.is_available() else "no"
    return Accelerator(
        mixed_precision=precision, kwargs_handlers=[DistributedDataParallelKwargs(broadcast_buffers=False)]
    )


class Trainer:
    """Trains `objective.network`, or goes on with it from the checkpoint in `out`.

    Made before any data are read, so that what cannot work is said at once; `fit` takes the data. out: folder of
    checkpoint, metrics.jsonl and sheets.  title: of the progress bar.  Raises CheckpointError for a checkpoint that
    cannot be gone on from.
    """

    def __init__(
        self, config: Loop, objective: nn.Module, out: Path, accelerator: Accelerator, title: str = "training"
    ):
        self.config, self.out, self.accelerator, self.network = config, out, accelerator, objective.network
        self.title = title
        self.beside = getattr(objective, "beside", None)
        optimizers = make_optimizers(self.network, config, self.beside)
        self.ema = copy.deepcopy(self.network).to(accelerator.device).eval().requires_grad_(False)
        self.long = copy.deepcopy(self.ema) if config.ema_long is not None else None
        if hasattr(objective, "follow"):
            objective.follow(self.ema)
        self._compiling = objective if config.compile else None
        self.objective, *self.optimizers = accelerator.prepare(objective, *optimizers)
        self.step, self.progress = 0, 0.0
        if (out / CHECKPOINT).exists():
            self.step, self.progress = load_checkpoint(out / CHECKPOINT, self._parts(), self.optimizers)

    def _parts(self) -> dict[str, nn.Module]:
        """What a checkpoint holds the weights of."""
        parts = {"network": self.network, "ema": self.ema, "long": self.long, "beside": self.beside}
        return {name: part for name, part in parts.items() if part is not None}

    def fit(
        self,
        draw: Callable[[Stage], tuple],
        minutes: float | None = None,
        sheet: Callable[[nn.Module, Path], None] | None = None,
    ) -> nn.Module:
        """Train to the end of the steps or the minutes; returns the network's EMA on the main process's device. The
        longer one, if there is one, is `long`.

        draw(stage): a batch, as the objective's arguments.  minutes: end after so long, learning rate and stages
        stretched to fit.  sheet(ema, path): writes a PNG of what the network does by now.
        Raises DivergedError when the loss stops being finite; the last good checkpoint stays.
        """
        config, out, accelerator = self.config, self.out, self.accelerator
        # Only now that nothing is refused any more: a processor's compiler is tried for half a minute the first time.
        if self._compiling is not None and can_compile(accelerator.device):
            self._compiling.compile(dynamic=False)  # a graph for each size: there are two
            self._compiling = None
        clock = Clock(config.steps, self.step, self.progress, minutes, accelerator)
        log = Log(out, accelerator, self.progress, self.title)
        self.objective.train()
        while self.step < config.steps and clock.progress < 1:
            stage = config.stage(clock.progress)
            torch.manual_seed((config.seed << 32) + (self.step << 8) + accelerator.process_index)
            learning_rate = config.learning_rate_at(self.step, clock.progress)
            with log.drawing():
                batch = draw(stage)
            loss, parts, norm = self._advance(batch, learning_rate)
            log.count(stage.batch_size)
            clock.tick(self.step)
            last = self.step >= config.steps or clock.progress >= 1
            saving, drawing = self.step % config.save_every == 0 or last, self.step % config.sheet_every == 0 or last
            if self.step % config.log_every == 0 or saving:
                values = {"loss": loss.item(), "grad_norm": float(norm)} | {k: v.item() for k, v in parts.items()}
                if not math.isfinite(values["loss"]):
                    raise DivergedError(
                        f"loss: got {values['loss']} at step {self.step}; go on from {out / CHECKPOINT} "
                        "with a lower learning_rate"
                    )
                log.write(self.step, clock.progress, values | {"lr": learning_rate, "size": stage.size})
            if saving and accelerator.is_main_process:
                state = (self._parts(), self.optimizers, self.step, clock.progress, config.seed)
                save_checkpoint(out / CHECKPOINT, *state)
            if drawing and sheet and accelerator.is_main_process:
                sheet(self.ema, out / f"sheet-{self.step:06d}.png")
                log.restart()
        log.close()
        return self.ema

    def _advance(self, batch, learning_rate):
        """One step: the loss, its parts, the norm of its gradient."""
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate * group.get("rate", 1.0)
        with self.accelerator.autocast():
            loss, parts = self.objective(*batch)
        self.accelerator.backward(loss)
        norm = self.accelerator.clip_grad_norm_(self.network.parameters(), self.config.clip)
        if self.beside is not None:  # clipped by itself: neither's size is the other's affair
            self.accelerator.clip_grad_norm_(self.beside.parameters(), self.config.clip)
        for optimizer in self.optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        for average, decay in ((self.ema, self.config.ema_decay), (self.long, self.config.ema_long)):
            if average is not None:
                ema_update(average, self.network, min(decay, (1 + self.step) / (10 + self.step)))
        return loss, parts, norm


def can_compile(device: torch.device) -> bool:
    """Whether torch.compile works here: it needs a C++ compiler, which is not everywhere. Says so where it does not."""
    try:
        torch.compile(lambda x: x.sin() + 1)(torch.zeros(8, device=device))
    except Exception as error:  # of torch's many compilers, each has its own
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        print(f"not compiled, which is slower: torch.compile does not work here ({reason})", file=sys.stderr)
        return False
    return True


def make_optimizers(network: nn.Module, config: Loop, beside: nn.Module | None = None) -> list[torch.optim.Optimizer]:
    """AdamW for everything, or with `optimizer = "muon"` Muon for the matrices of the blocks' linear layers and
    AdamW for the rest; Muon's steps are scaled to AdamW's, so that one learning rate serves both. beside: AdamW at
    `beside_rate` times it."""
    trained = [p for p in network.parameters() if p.requires_grad]
    hidden = []
    if config.optimizer == "muon":
        modules = network.named_modules()
        linear = [m for name, m in modules if isinstance(m, nn.Linear) and "blocks." in name]
        hidden = [m.weight for m in linear if m.weight.requires_grad]
    inside = {id(p) for p in hidden}
    rest = [p for p in trained if id(p) not in inside]
    # Matrices decay; vectors do not.
    groups = [
        {"params": [p for p in rest if p.ndim >= 2], "weight_decay": config.weight_decay},
        {"params": [p for p in rest if p.ndim < 2], "weight_decay": 0.0},
    ]
    if beside is not None:
        groups.append({"params": list(beside.parameters()), "weight_decay": 0.0, "rate": config.beside_rate})
    fused = trained[0].device.type == "cuda"
    optimizers = [torch.optim.AdamW(groups, lr=config.learning_rate, betas=config.betas, fused=fused)]
    if hidden:
        optimizers.append(
            Muon(hidden, lr=config.learning_rate, weight_decay=config.weight_decay, adjust_lr_fn="match_rms_adamw")
        )
    return optimizers


@torch.no_grad()
def ema_update(ema: nn.Module, network: nn.Module, decay: float):
    """ema <- decay ema + (1 - decay) network: parameters, and what batch norms have measured."""
    for ours, theirs in ((ema.parameters(), network.parameters()), (ema.buffers(), network.buffers())):
        pairs = [(a, b) for a, b in zip(ours, theirs, strict=True) if a.is_floating_point()]
        if pairs:
            torch._foreach_lerp_([a for a, _ in pairs], [b for _, b in pairs], 1 - decay)


def save_checkpoint(path, parts, optimizers, step, progress, seed):
    """All that a run needs to go on, written beside and then moved, so that a cut leaves the last one whole."""
    state = {name: part.state_dict() for name, part in parts.items()}
    state |= {"optimizers": [optimizer.state_dict() for optimizer in optimizers]}
    state |= {"step": step, "progress": progress, "seed": seed}
    torch.save(state, path.with_suffix(".tmp"))
    os.replace(path.with_suffix(".tmp"), path)


def load_checkpoint(path, parts, optimizers):
    """Load in place; returns (step, progress). An average that was not kept until now starts as the shorter one. Raises
    CheckpointError."""
    remedy = "move it away to begin anew, or give another --out"
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        *_, stored, step, progress = (state[name] for name in ("network", "ema", "optimizers", "step", "progress"))
    except Exception as error:  # whatever a damaged file raises in zip and pickle
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CheckpointError(f"{path}: damaged ({reason}); {remedy}") from error
    try:
        for name, part in parts.items():
            part.load_state_dict(state["ema"] if name == "long" and name not in state else state[name])
        for optimizer, one in zip(optimizers, stored, strict=True):
            optimizer.load_state_dict(one)
    except (RuntimeError, ValueError, KeyError) as error:
        raise CheckpointError(f"{path}: of a run with another network or optimizer; {remedy}") from error
    return step, progress


class Clock:
    """Progress in [0, 1]: the share of the steps or of the minutes that is used, whichever is larger.

    Processes must agree on it, since stages decide shapes: the main one's is sent round every few steps.
    """

    every = 10

    def __init__(self, steps, step, progress, minutes, accelerator):
        self.steps, self.minutes, self.accelerator = steps, minutes, accelerator
        # A run that had ended and is given more steps or minutes begins a new cycle from where it stands.
        progress = progress if progress < 1 else step / steps
        self.started, self.progress, self.from_progress = (
            time.monotonic(),
            max(progress, step / steps),
            progress,
        )

    def tick(self, step):
        if self.minutes is None:
            self.progress = step / self.steps
        elif step % self.every == 0:
            spent = (time.monotonic() - self.started) / 60 / self.minutes
            progress = max(step / self.steps, self.from_progress + (1 - self.from_progress) * spent)
            if self.accelerator.num_processes > 1:
                shared = torch.tensor([progress], device=self.accelerator.device, dtype=torch.float64)
                progress = broadcast(shared).item()
            self.progress = min(progress, 1.0)


class Log:
    """A progress bar with images a second, loss and ETA, and the same numbers as lines in metrics.jsonl.

    `images_per_second` is of all processes, `images_per_process` of one. `drawing`: the share of the time in which
    batches were made; `busy`: that in which the GPU computed, where nvidia-smi says so.
    """

    def __init__(self, out, accelerator, progress, title):
        self.active, self.path = accelerator.is_main_process, out / "metrics.jsonl"
        self.processes = accelerator.num_processes
        self.meter = Meter(sampler(accelerator.device) if self.active else None)
        self.bar = tqdm(
            total=1000,
            initial=round(1000 * progress),
            disable=not self.active,
            mininterval=2,
            desc=title,
            bar_format="{desc} {percentage:3.0f}%|{bar:20}| {elapsed} gone, {remaining} to go {postfix}",
        )
        self.images_in_all, self.seconds_in_all, self.drawing_in_all, self.busy = 0, 0.0, 0.0, []
        self.restart()

    def restart(self):
        """Count anew, so that pauses (drawing a sheet) do not slow the figure down."""
        self.images, self.spent_drawing, self.since = 0, 0.0, time.monotonic()
        self.meter.take()

    def count(self, images):
        """A step of so many images a process."""
        self.images += images

    @contextlib.contextmanager
    def drawing(self):
        """While a batch is made."""
        start = time.monotonic()
        yield
        self.spent_drawing += time.monotonic() - start

    def write(self, step, progress, values):
        """A line. Called when the device has come to this step: what came before is no longer under way."""
        seconds = time.monotonic() - self.since
        each = self.images / seconds
        figures = {
            "step": step,
            "images_per_second": round(each * self.processes),
            "images_per_process": round(each),
            "drawing": self.spent_drawing / seconds,
        }
        if (busy := self.meter.take()) is not None:
            figures["busy"] = busy
            self.busy.append((busy, seconds))
        self.images_in_all += self.images
        self.seconds_in_all += seconds
        self.drawing_in_all += self.spent_drawing
        self.restart()
        if self.active:
            values = figures | values
            self.bar.update(round(1000 * progress) - self.bar.n)
            self.bar.set_postfix_str(
                f"step {step}, {values['images_per_second']} images/s, loss {values['loss']:.4f}",
                refresh=False,
            )
            with self.path.open("a") as file:
                file.write(json.dumps({k: float(f"{v:.6g}") for k, v in values.items()}) + "\n")

    def close(self):
        """Say what the run came to, pauses for sheets not counted."""
        self.bar.close()
        self.meter.close()
        if self.active and self.images_in_all:
            each = self.images_in_all / self.seconds_in_all
            said = f"{self.images_in_all * self.processes:,} images in {self.seconds_in_all / 60:.1f} minutes: "
            said += f"{each * self.processes:,.0f} a second, {each:,.0f} a process; "
            said += f"{self.drawing_in_all / self.seconds_in_all:.0%} of the time for making batches"
            if self.busy:
                said += f"; GPU busy {sum(b * s for b, s in self.busy) / sum(s for _, s in self.busy):.0%}"
            print(said, file=sys.stderr)
