"""A student's mixers beside what they stand for at its teacher, whether both are ours or somebody else's."""

from typing import NamedTuple

import torch
from torch import nn

from lit.linearize.self_attentions import SelfAttentions
from lit.models.mixers import TokenMixer, changed_mixers


class Pair(NamedTuple):
    """path: of the mixer in the student.  taught: the teacher's, a mixer of ours or a self-attention of diffusers."""

    path: str
    mixer: TokenMixer
    taught: nn.Module


def pairs(student: nn.Module, teacher: nn.Module) -> list[Pair]:
    """Those of a network of ours and its teacher, or of `SelfAttentions` and their `Host`, where the student's is of
    another kind. Raises InputError for networks whose mixers do not stand at the same places."""
    if isinstance(student, SelfAttentions):
        layers, blocks = student.layers, teacher.transformer.transformer_blocks
        both = enumerate(zip(layers, blocks, strict=True))
        return [Pair(f"layers.{i}", layer, block.attn1) for i, (layer, block) in both if layer is not None]
    return [Pair(*found) for found in changed_mixers(student, teacher)]


def begins_anew(student: nn.Module, teacher: nn.Module) -> bool:
    """Whether some mixer begins with weights that it has not of the teacher, so that additions alone would not do."""
    return any(
        name.split(".")[0] not in pair.mixer.inherits
        for pair in pairs(student, teacher)
        for name in pair.mixer.state_dict()
    )


def mixed(mixer: nn.Module, tokens: torch.Tensor, grid: tuple[int, int]) -> torch.Tensor:
    """What either kind of a pair makes of tokens (batch, rows * columns, width) on a grid (rows, columns)."""
    return mixer(tokens, grid) if isinstance(mixer, TokenMixer) else mixer(tokens)


def grid_of(teacher: nn.Module, latents: torch.Tensor) -> tuple[int, int]:
    """(rows, columns) of the tokens that a teacher makes of latents (batch, channels, h, w)."""
    patch = teacher.config.patch_size
    return latents.shape[-2] // patch, latents.shape[-1] // patch
