"""The transformer: from latents and words, alone or with a teacher."""

from __future__ import annotations

import itertools
from pathlib import Path

import torch
from PIL import Image

from lit import checkpoint
from lit.data import StickerData
from lit.errors import InputError
from lit.linearize.adapters.lit_transformer import GROWING
from lit.linearize.keep import ranked
from lit.linearize.lora import add_lora
from lit.linearize.methods import METHODS
from lit.linearize.student import load_teacher, make_student
from lit.models.autoencoder import StickerAutoencoder
from lit.models.evaluator import StickerEvaluator
from lit.models.text import TextEncoder
from lit.models.transformer import LiTTransformer2DModel
from lit.sheets import rows_of, sheet
from lit.training import typed
from lit.training.batches.latents import COMPOSED_SIZES, LatentBatches
from lit.training.config import Choice, Phase, Stage, TrainingConfig
from lit.training.models.sources import Sources, check_made_with, check_styles, load
from lit.training.objectives import OBJECTIVES
from lit.training.objectives.aligned import AlignedFlowObjective

RENDERED = 256  # pixels a side; smaller stages average over it
RANKED_BY = 64  # held-out stickers of a batch
SHEET_STEPS = 20
SHEET_PROMPTS = (
    "a dragon, fluent 3d",
    "dog face, noto",
    "pizza, twemoji",
    "grinning face, emojione",
    "red heart, fluent flat",
    "rocket, blob",
    "castle, fluent color",
    "octopus, fluent mono",
    "a purple apple, noto",
    "three dogs, fluent 3d",
    "a cat on a blue background, twemoji",
    "a cup to the left of a banana, noto",
    "a frog on top of a car, fluent flat",
    "a green horse, fluent 3d",
    "woman firefighter, fluent 3d",
    "thumbs up, noto",
)


class TransformerModel:
    """With a teacher the network is a student: it inherits the teacher's weights and learns from it by the config's
    method. `sources.init`: weights to start from instead."""

    network = LiTTransformer2DModel
    objectives = ("flow", "aligned-flow", "epsilon")
    batches = LatentBatches
    options = ("data", "autoencoder", "text_encoder", "teacher", "init", "evaluator")
    learns = ("train",)
    teachable = True

    def __init__(self, config: TrainingConfig, sources: Sources, device: torch.device, process: int):
        self.config, self.sources, self.device = config, sources, device
        self.seed = config.loop.seed * 1000 + process  # each process composes pictures of its own
        self.encoder = TextEncoder.from_pretrained(sources.text_encoder).to(device)
        folder = sources.autoencoder or checkpoint.EMBEDDED / "autoencoder"
        self.coder = load(StickerAutoencoder, folder, "autoencoder").to(device).requires_grad_(False)
        self.teacher = load_teacher(sources.teacher).to(device) if sources.teacher else None
        self.judge = self._load_judge()
        network = self._start(self.teacher)
        self.styles = tuple(network.config.styles)
        if self.teacher is not None and tuple(self.teacher.config.styles) != self.styles:
            # Asked by the student's numbers; a style that it was not taught is none to it.
            grown = make_student(self.teacher, {"styles": self.styles})
            self.teacher = grown.eval().requires_grad_(False).to(device)
        self._check(network, "network")
        self._check_sizes(network)
        self.objective = self._taught(network).to(device)
        self._teachers: list[Image.Image] = []  # what the teacher draws for sheets

    def enter(self, phase: Phase, network: LiTTransformer2DModel):
        """Go on with a network in a phase: its method, and its additions by LoRA, are about `network` from now on."""
        network.to(self.device).train().requires_grad_(True)
        if phase.lora:
            add_lora(network, self.teacher, phase.lora)
        self.objective = self._taught(network, phase.method).to(self.device)

    def rank(self, network: LiTTransformer2DModel, share: float) -> dict:
        """Which mixers a share of softmax keeps, as `ranked` tells it: by the errors on stickers that nobody learns and
        the costs at the last stage's size. Raises InputError without any."""
        if not len(self.data.subset("test")):
            raise InputError("--data", "no held-out stickers", "some in the split test, by which layers are ranked")
        network, size = network.eval(), (self.config.phases or (self.config,))[-1].loop.stages[-1].size
        held_out = self.batches(*self._feed(), split="test")
        torch.manual_seed(self.config.loop.seed)
        noised = self.objective.objective.noised
        batches = [noised(*held_out.draw(RANKED_BY, size, 0.0))[0] for _ in range(4)]
        side = size // (self.coder.downscale * network.config.patch_size)
        tokens = torch.randn(2, side * side, network.config.hidden_size, device=self.device)
        return ranked(network, self.teacher, batches, tokens, (side, side), share)

    def _taught(self, network, method: Choice | None = None):
        """The objective with the network inside, and the teacher where there is one, by a method, None for the
        config's."""
        config, method = self.config, method or self.config.method
        channels = () if self.judge is None else (self.judge.config.widths[-2],)
        objective = OBJECTIVES[config.objective.name](network, config.objective.arguments, *channels)
        if self.teacher is None:
            return objective
        self._check(self.teacher, "teacher")
        return METHODS[method.name](objective, self.teacher, method.arguments)

    def _load_judge(self):
        """Whose features the objective wants to be seen, frozen; None where it wants none."""
        if OBJECTIVES[self.config.objective.name] is not AlignedFlowObjective:
            if self.sources.evaluator:
                raise InputError("--evaluator", str(self.sources.evaluator), "none: only aligned-flow looks at one")
            return None
        folder = self.sources.evaluator or checkpoint.EMBEDDED / "evaluator"
        return load(StickerEvaluator, folder, "evaluator").to(self.device).requires_grad_(False)

    def _start(self, teacher):
        config = self.config
        if self.sources.init:
            network = load(LiTTransformer2DModel, self.sources.init, "init").train()
            check_made_with(network, {name: value for name, value in config.network.items() if name not in GROWING})
            return make_student(network, {name: config.network[name] for name in GROWING if name in config.network})
        if teacher is not None:
            with typed.building(config.network, "network"):
                return make_student(teacher, config.network)
        channels, objective = self.coder.config.latent_channels, OBJECTIVES[config.objective.name]
        fitting = {
            "in_channels": channels,
            "out_channels": channels * objective.outputs,
            "caption_channels": self.encoder.width,
            "prediction_type": objective.predicts,
        }
        with typed.building(config.network, "network"):
            return LiTTransformer2DModel(**fitting | config.network)

    def _check(self, network, option):
        """Channels and predictions meet."""
        checkpoint.check_widths(network, self.coder, self.encoder)
        objective = OBJECTIVES[self.config.objective.name]
        predicts = network.config.prediction_type
        if predicts != objective.predicts:
            raise InputError("objective.name", self.config.objective.name, f"what the {option} predicts, {predicts}")
        wanted = network.config.in_channels * objective.outputs
        if network.config.out_channels != wanted:
            raise InputError(f"{option}'s out_channels", network.config.out_channels, f"{wanted} for this objective")

    def _check_sizes(self, network):
        step = self.coder.downscale * network.config.patch_size
        loops = [self.config.loop, *(phase.loop for phase in self.config.phases)]
        for stage in itertools.chain.from_iterable(loop.stages for loop in loops):
            if RENDERED % stage.size or stage.size % step:
                raise InputError("stages.size", stage.size, f"a multiple of {step} that divides {RENDERED}")
            if stage.composites and stage.size not in COMPOSED_SIZES:
                raise InputError("stages.size", stage.size, f"with composites one of {COMPOSED_SIZES}")

    def open(self):
        self.data = StickerData.open(self.sources.data, RENDERED, sampling=self.config.data)
        check_styles(self.data, self.styles)

    def render(self):
        return self.data.images

    def feed(self):
        self.source = LatentBatches(*self._feed())

    def _feed(self) -> tuple:
        """What its batches are made of."""
        networks, see = (self.coder, self.encoder, self.device), None if self.judge is None else self.judge.places
        return self.data, *networks, self.config.batches, self.seed, self.styles, self.config.data, see

    def draw(self, stage: Stage) -> tuple:
        return self.source.draw(stage.batch_size, stage.size, stage.composites)

    def sheet(self, ema: LiTTransformer2DModel, path: Path):
        """The prompts in two rows, and below each the teacher's, where there is one, from the same noise."""
        rows = rows_of(self._drawn(ema), 8)
        if self.teacher is not None:
            self._teachers = self._teachers or self._drawn(self.teacher)
            rows = [row for pair in zip(rows, rows_of(self._teachers, 8), strict=True) for row in pair]
        sheet(rows).save(path)

    def _drawn(self, network) -> list[Image.Image]:
        from lit.pipeline import LiTPipeline  # only where pictures are drawn

        pipe = LiTPipeline(transformer=network, autoencoder=self.coder, text_encoder=self.encoder)
        pipe.set_progress_bar_config(disable=True)
        return pipe(list(SHEET_PROMPTS), seed=0, num_inference_steps=SHEET_STEPS).images

    def save(self, ema: LiTTransformer2DModel, out: Path):
        ema.save_pretrained(out / "network")

    def load(self, out: Path) -> LiTTransformer2DModel:
        return self.network.from_pretrained(out / "network")
