"""The self-attentions of somebody else's transformer: linear ones that mount on its pipeline, taught by it."""

from __future__ import annotations

from pathlib import Path

import torch

from lit.checkpoint import load_scheduler, quiet
from lit.data.pictures import read_pictures
from lit.data.sampling import Sampling
from lit.errors import CheckpointError, InputError
from lit.linearize.costs import free_memory
from lit.linearize.dry_run import plan
from lit.linearize.host import Host
from lit.linearize.keep import ranked
from lit.linearize.lora import add_lora
from lit.linearize.methods import METHODS
from lit.linearize.mount import put_on, take_off
from lit.linearize.self_attentions import SelfAttentions
from lit.linearize.teacher import Teacher, find
from lit.sheets import rows_of, sheet
from lit.training.batches.encoded import EncodedBatches
from lit.training.config import Choice, Loop, Phase, Stage, TrainingConfig
from lit.training.models.sources import Sources
from lit.training.objectives import OBJECTIVES
from lit.training.objectives.diffusion import EpsilonObjective

DRAWN = 8  # pictures of a sheet
STEPS = 20
RANKED = 20  # of so many pictures one is not learned, where layers are ranked by what is left of their errors
RANKED_BY = 64  # such pictures at most


class MountableModel:
    """`teacher`: a pipeline of diffusers in its folder. Data are any pictures, which its autoencoder encodes."""

    network = SelfAttentions
    objectives = ("hosted-epsilon",)
    batches = EncodedBatches
    options = ("data", "teacher")
    learns = ()  # no stickers
    teachable = True

    def __init__(self, config: TrainingConfig, sources: Sources, device: torch.device, process: int):
        self.config, self.sources, self.device = config, sources, device
        if sources.teacher is None:
            raise InputError("--teacher", None, "the folder of a pipeline of diffusers, or owner/model")
        if config.data != Sampling():
            raise InputError("data", "a table", "no such table for this model")
        found = find(sources.teacher)
        self.adapter = found.adapter
        if not hasattr(self.adapter, "told"):
            raise InputError("teacher", found.architecture, "DiT or PixArt: this model is for those")
        if found.pipeline is None:
            raise InputError("teacher", str(sources.teacher), "a whole pipeline: its autoencoder encodes the pictures")
        self._check_memory(found)
        objective = OBJECTIVES[config.objective.name]
        _check_trained(found, objective)
        self.pictures = read_pictures(sources.data)
        self.held_out = self._hold_out()
        self.adapter.check(found.config, found.index, [picture.label for picture in self.pictures])
        self.pipe = _load(found, device)
        self.teacher = Host(self.pipe.transformer.requires_grad_(False), self.adapter)
        network = SelfAttentions.of(self.teacher.transformer, **config.network).to(device)
        self.objective = self._taught(network, config.method)

    def _taught(self, network: SelfAttentions, method: Choice) -> torch.nn.Module:
        objective = OBJECTIVES[self.config.objective.name]
        made = objective(network, self.config.objective.arguments, self.teacher.with_mounted(network))
        return METHODS[method.name](made.to(self.device), self.teacher, method.arguments)

    def enter(self, phase: Phase, network: SelfAttentions):
        """Go on with these in a phase: its method, and its additions by LoRA, are about `network` from now on."""
        network.to(self.device).train().requires_grad_(True)
        if phase.lora:
            add_lora(network, self.teacher, phase.lora)
        self.objective = self._taught(network, phase.method)

    def rank(self, network: SelfAttentions, share: float) -> dict:
        """Which layers a share of softmax keeps, as `ranked` tells it: by the errors on pictures that are not learned
        and the costs at the last stage's size."""
        network, stage = network.eval(), self._loops()[-1].stages[-1]
        torch.manual_seed(self.config.loop.seed)
        noised = self.objective.objective.noised
        count = min(stage.batch_size, RANKED_BY)
        batches = [noised(*self.source.draw(count, stage.size, held_out=True))[0] for _ in range(4)]
        side = stage.size // (self.adapter.downscale * self.teacher.config.patch_size)
        tokens = torch.randn(2, side * side, network.config["width"], device=self.device)
        return ranked(network, self.teacher, batches, tokens, (side, side), share)

    def _hold_out(self) -> list[int]:
        """Pictures by which layers are ranked, spread over the folder. Raises InputError where none can be spared."""
        if not self.config.keep_softmax:
            return []
        count = len(self.pictures)
        if count < 2:
            raise InputError("--data", f"{count} picture", "two or more: layers are ranked by some that nobody learns")
        step = max(count / RANKED_BY, min(RANKED, count))
        return sorted({int(step * (place + 0.5)) for place in range(int(count / step))})

    def _loops(self) -> list[Loop]:
        return [phase.loop for phase in self.config.phases] or [self.config.loop]

    def _check_memory(self, found: Teacher):
        stages = {(stage.size, stage.batch_size) for loop in self._loops() for stage in loop.stages}
        need = max(
            plan(found, self.config.network, size, self.config.phases)[1].memory(batch, torch.cuda.is_available())
            for size, batch in stages
        )
        free = free_memory()
        if free is not None and need > free:
            raise InputError(
                "memory", f"{need / 2**30:.1f} GiB", f"at most {free / 2**30:.1f} GiB, which is free: a smaller batch"
            )

    def open(self):
        """Pictures have been looked at before a large pipeline was loaded."""

    def render(self):
        """Pictures are read as they are encoded."""

    def feed(self):
        labels, captions = zip(*((one.label, one.caption) for one in self.pictures), strict=True)
        numbers, tables = self.adapter.told(self.pipe, labels, captions)
        if getattr(self.pipe, "text_encoder", None) is not None:  # several times as large as what learns
            self.pipe.register_modules(text_encoder=None, tokenizer=None)
        sizes = {stage.size for loop in self._loops() for stage in loop.stages}
        vae, arguments = self.pipe.vae, self.config.batches
        parts = numbers, tables, vae, self.device, arguments
        self.source = EncodedBatches(self.pictures, sizes, *parts, held_out=self.held_out)

    def draw(self, stage: Stage) -> tuple:
        return self.source.draw(stage.batch_size, stage.size)

    @torch.no_grad()
    def sheet(self, ema: SelfAttentions, path: Path):
        """The teacher's pictures, and below them the student's from the same noise, told the same."""
        count = len(self.pictures)
        rows = torch.linspace(0, count - 1, min(count, DRAWN)).round().long()
        conditions, none = self.source.told(rows), self.source.told(torch.tensor([count]))
        with torch.compiler.set_stance("force_eager"):  # a few pictures are not worth a compilation
            drawn = self.adapter.draw(self.pipe, conditions, none, STEPS, seed=0)
            put_on(self.pipe.transformer, ema)
            try:
                drawn += self.adapter.draw(self.pipe, conditions, none, STEPS, seed=0)
            finally:
                take_off(self.pipe.transformer)
        images = [image.convert("RGBA") for image in drawn]
        sheet(rows_of(images, len(rows))).save(path)

    def save(self, ema: SelfAttentions, out: Path):
        ema.save(out / "network")

    def load(self, out: Path) -> SelfAttentions:
        return SelfAttentions.load(out / "network")


def _check_trained(found: Teacher, objective: type[EpsilonObjective]):
    """Raise InputError for a teacher that was not trained as this objective trains."""
    scheduler = load_scheduler(found.pipeline / "scheduler")
    kept, steps = getattr(scheduler, "alphas_cumprod", None), objective.num_steps
    alike = kept is not None and len(kept) == steps and torch.allclose(kept, objective.alphas_cumprod(), atol=1e-4)
    if not alike or scheduler.config.prediction_type != objective.predicts:
        known = f"one for noise as the target, with {steps} linear betas from 0.0001 to 0.02"
        raise InputError("teacher's scheduler", type(scheduler).__name__, known)
    wanted = objective.outputs * found.config["in_channels"]
    if found.config["out_channels"] != wanted:
        raise InputError("teacher's out_channels", found.config["out_channels"], f"{wanted}: noise and variance")


def _load(found: Teacher, device):
    """The whole pipeline on the device, words in half precision on a GPU. Raises CheckpointError."""
    from diffusers import DiffusionPipeline  # which takes seconds

    half = {"text_encoder": torch.bfloat16} if device.type == "cuda" else {}
    how = {"use_safetensors": True, "local_files_only": True, "dtype": {"default": torch.float32, **half}}
    try:
        with quiet():
            pipe = DiffusionPipeline.from_pretrained(found.pipeline, **how)
    except Exception as error:  # whatever a folder with something missing raises in the libraries below
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise CheckpointError(f"{found.pipeline}: no whole pipeline in safetensors ({reason})") from error
    pipe.set_progress_bar_config(disable=True)
    for part in (pipe.vae, getattr(pipe, "text_encoder", None)):
        if part is not None:
            part.eval().requires_grad_(False)
    return pipe.to(device)
