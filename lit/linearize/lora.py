"""Low-rank additions that learn in place of the mixers' projections, by the peft library."""

from dataclasses import dataclass
from typing import Literal

import torch.nn.functional as F
from pydantic import PositiveFloat, PositiveInt
from torch import nn

from lit.errors import InputError, LiTError
from lit.linearize.pairs import pairs
from lit.models.mixers.heads import PackedProjection, split_heads

ADAPTER = "default"


@dataclass(frozen=True)
class LoRA:
    """LoRA (arXiv 2106.09685): W + alpha / rank B A, A at random and B zero at first. of: which projections."""

    rank: PositiveInt = 8
    alpha: PositiveFloat = 16.0
    of: tuple[Literal["qkv", "proj"], ...] = ("qkv", "proj")


def add_lora(student: nn.Module, teacher: nn.Module, lora: LoRA) -> None:
    """Put additions beside the projections of the mixers of another kind than the teacher's, in place; nothing else of
    the student learns from now on. Raises InputError where no mixer is of another kind, LiTError without peft."""
    try:
        from peft import LoraConfig, inject_adapter_in_model
        from peft.tuners.lora import Linear
    except ImportError as error:
        raise LiTError("learning by LoRA needs peft; pip install peft, or lit-studio[train]") from error

    class PackedAddition(Linear):
        """peft adds to a matrix' output; this one's is already cut into heads."""

        def forward(self, x):
            packed = self.get_base_layer()
            added = self.lora_B[ADAPTER](self.lora_A[ADAPTER](x)) * self.scaling[ADAPTER]
            return split_heads(F.linear(x, packed.weight, packed.bias) + added, packed.parts, packed.heads)

    names = [f"{path}.{part}" for path, *_ in pairs(student, teacher) for part in lora.of]
    if not names:
        raise InputError("network.token_mixer", "the teacher's", "another kind than the teacher's in some layer")
    config = LoraConfig(r=lora.rank, lora_alpha=lora.alpha, target_modules=names)
    config._register_custom_module({PackedProjection: PackedAddition})
    inject_adapter_in_model(config, student, ADAPTER)


def merge_lora(network: nn.Module) -> nn.Module:
    """The same network, in place, with its additions inside its weights: plain again, and what it gives is the same."""
    for parent in list(network.modules()):
        for name, child in list(parent.named_children()):
            if hasattr(child, "lora_A"):
                child.merge()
                setattr(parent, name, child.get_base_layer())
    return network
