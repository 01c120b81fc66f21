"""DiT (arXiv 2212.09748): pictures of a class."""

from collections.abc import Mapping, Sequence

import torch
from diffusers import DiTTransformer2DModel
from PIL import Image

from lit.errors import InputError

network = DiTTransformer2DModel
linear = False
downscale = 8  # pixels of a latent
INHERITED = {
    "pos_embed.proj.*": "patches to tokens",
    "transformer_blocks.*.norm1.emb.*": "what time and class say to a block",
    "transformer_blocks.*.norm1.linear.*": "what time and class say to a block",
    "transformer_blocks.*.ff.*": "the MLP",
    "proj_out_*": "tokens to noise and variance",
}


def example(config: dict, batch: int, side: int) -> tuple[torch.Tensor, ...]:
    latents = torch.empty(batch, config["in_channels"], side, side)
    return latents, torch.empty(batch), torch.empty(batch, dtype=torch.long)


def arguments(transformer, noisy, timesteps, labels) -> dict:
    return {"hidden_states": noisy, "timestep": timesteps, "class_labels": labels}


def check(config: dict, index: dict, labels: Sequence[str | None]):
    _numbers(config["num_embeds_ada_norm"], index.get("id2label") or {}, labels)


def told(pipe, labels: Sequence[str | None], captions: Sequence[str]) -> tuple[torch.Tensor, tuple[torch.Tensor, ...]]:
    classes = pipe.transformer.config.num_embeds_ada_norm
    names = {number: name for name, number in pipe.labels.items()}
    return torch.tensor([*_numbers(classes, names, labels), classes]), (torch.arange(classes + 1),)


def draw(pipe, conditions, none, steps: int, seed: int) -> list[Image.Image]:
    generator = torch.Generator().manual_seed(seed)
    (labels,) = conditions
    return pipe(labels.tolist(), generator=generator, num_inference_steps=steps).images


def _numbers(classes: int, names: Mapping[object, str], labels: Sequence[str | None]) -> list[int]:
    """The classes of folders: their numbers, or of their names one; None is no class, which comes after the last.
    names: of a class, with commas between them, by its number."""
    known = {name.strip(): int(number) for number, many in names.items() for name in many.split(",")}
    numbers = []
    for label in labels:
        number = classes if label is None else known.get(label, int(label) if label.isdecimal() else -1)
        if label is not None and not 0 <= number < classes:
            example = f", or one of its names such as {next(iter(known))!r}" if known else ""
            raise InputError("--data", label, f"folders named by the teacher's classes, 0 to {classes - 1}{example}")
        numbers.append(number)
    return numbers
