"""Many (prompt, seed) pairs asked about together: what every solver is fitted and measured on."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from lit.data import StickerData
from lit.pipeline import LiTPipeline
from lit.sampling.conditioning import Conditioning, encode
from lit.sampling.objectives import Objective
from lit.sampling.run import Run, denoise
from lit.sampling.solvers import Evaluation, Solver
from lit.settings import GenerationSettings

Ask = Callable[[Tensor, Evaluation], Tensor]  # what the network answers about latents at t


@dataclass
class Question:
    """A solver of one evaluation that answers with the network's output instead of new latents."""

    objective: Objective
    evaluations: Sequence[Evaluation]
    mean_velocity: bool
    memory: int = 1

    def step(self, i, outputs, latents):
        return outputs[-1]


@dataclass(frozen=True)
class Told(Conditioning):
    """Of pairs with guidance scales of their own: a network with guidance built in is told each. scales: (pairs,)."""

    scales: Tensor | None = None

    def arguments(self) -> dict[str, Tensor]:
        told = super().arguments()
        return told | ({"guidance": self.scales} if "guidance" in told else {})


class Pairs:
    """Pairs of one size without negative prompts, whatever their guidance scales; at most `at_once` go through the
    network together.

    noise: float32 (pairs, channels, h, w), on the network's device.  scales: of the guidance, (pairs,).
    """

    def __init__(self, pipe: LiTPipeline, settings: Sequence[GenerationSettings], at_once: int):
        self.pipe, self.settings, self.at_once = pipe, list(settings), at_once
        self.noise = pipe.noise(self.settings)
        self.scales = torch.tensor([one.guidance_scale for one in self.settings], device=self.noise.device)
        self.objective = pipe.solver(self.settings[0]).objective
        built_in = pipe.transformer.config.get("guidance_range") is not None
        self._two = not built_in and any(one.guidance_scale != 1 for one in self.settings)
        self._parts = [slice(start, start + at_once) for start in range(0, len(self.settings), at_once)]
        self._conditionings = [self._conditioning(rows) for rows in self._parts]

    def _conditioning(self, rows: slice) -> Conditioning:
        """As that of pictures without guidance, first those of no words where guidance needs both."""
        words = [replace(one, guidance_scale=1.0) for one in self.settings[rows]]
        none = [replace(one, prompt="", style=None) for one in words] if self._two else []
        told = encode(self.pipe.text_encoder, none + words, self.pipe.transformer)
        return Told(**vars(told), scales=self.scales[rows])

    def __len__(self):
        return len(self.settings)

    def ask(self, latents: Tensor, evaluation: Evaluation, mean_velocity: bool = False) -> Tensor:
        """The network's guided output for latents (pairs, channels, h, w): by `denoise`, as a drawing asks it."""
        question = Question(self.objective, [evaluation], mean_velocity)
        nobody, answers = Run(lambda run: iter(()), lambda latents: [], 1), []
        for rows, conditioning in zip(self._parts, self._conditionings, strict=True):
            asked = torch.cat([latents[rows]] * 2) if self._two else latents[rows]
            answer, _ = denoise(nobody, self.pipe.transformer, question, conditioning, asked, lambda *_: {})
            assert answer is not None  # nobody interrupts
            if self._two:
                negative, positive = answer.chunk(2)
                answer = negative + self.scales[rows].view(-1, 1, 1, 1) * (positive - negative)
            answers.append(answer)
        return torch.cat(answers)

    def solve(self, solver: Solver) -> Tensor:
        """From the noise to latents."""
        return solve(lambda x, evaluation: self.ask(x, evaluation, solver.mean_velocity), self.noise, solver)

    def changed(self, **settings) -> "Pairs":
        """The same pairs with other settings, such as another guidance scale."""
        return Pairs(self.pipe, [replace(one, **settings) for one in self.settings], self.at_once)

    def decode(self, latents: Tensor) -> Tensor:
        """Premultiplied RGBA in [0, 1], (pairs, 4, H, W), colour no more than its alpha, where the latents are."""
        coder = self.pipe.autoencoder
        with torch.inference_mode():
            parts = [coder.decode(part.to(coder.dtype)).float() for part in latents.split(max(1, self.at_once // 4))]
        unit = (torch.cat(parts) / 2 + 0.5).clamp(0, 1)
        return torch.cat([unit[:, :3].minimum(unit[:, 3:]), unit[:, 3:]], 1)


@torch.inference_mode()
def solve(ask: Ask, noise: Tensor, solver: Solver) -> Tensor:
    """From noise to latents, with whatever answers."""
    latents, outputs = [noise], []
    for i, evaluation in enumerate(solver.evaluations):
        outputs.append(ask(latents[-1], evaluation))
        latents.append(solver.step(i, outputs, latents))
        del outputs[: -solver.memory], latents[: -solver.memory]
    return latents[-1]


def draw_settings(
    data: StickerData, split: str, count: int, guidances: Sequence[float], styles: Sequence[str], seed: int, side: int
) -> list[GenerationSettings]:
    """Pairs of stickers' names with the seeds seed, seed + 1, ...: styles in turn, each with guidance scales in turn.

    split: whose names, "train" or "test".  side: of the pictures, in pixels.
    """
    rng = np.random.default_rng(seed)
    names = {}
    for style in styles:
        found = [data.stickers[i].name for i in data.subset(split) if data.stickers[i].style == style]
        names[style] = rng.permutation(found or [data.stickers[i].name for i in data.subset(split)])
    settings = []
    for i in range(count):
        style, turn = styles[i % len(styles)], i // len(styles)
        words = str(names[style][turn % len(names[style])])
        guidance = guidances[(i + turn) % len(guidances)]
        settings.append(
            GenerationSettings(
                prompt=words, style=style, guidance_scale=guidance, height=side, width=side, seed=seed + i,
                scheduler="flow-euler", output_scale=1,
            )
        )  # fmt: skip
    return settings


@contextlib.contextmanager
def counted(network: torch.nn.Module) -> Iterator[list[int]]:
    """The rows of each forward of the network inside: one a picture and branch."""
    rows: list[int] = []
    hook = network.register_forward_pre_hook(lambda module, inputs: rows.append(len(inputs[0])))
    try:
        yield rows
    finally:
        hook.remove()
