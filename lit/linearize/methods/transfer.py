"""Each layer's mixer learns its teacher's output first, from the teacher's own inputs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import nn

from lit.errors import InputError
from lit.linearize.pairs import grid_of, pairs
from lit.models.mixers import TokenMixer


class AttentionTransfer(nn.Module):
    """Teacher-forced matching of each mixer's output, as the first stage before a distillation (LoLCATs, arXiv
    2410.10254, before the projection and unscaled; Attention Surgery, arXiv 2509.24899, on outputs):

        L = mean over layers of |T_l(x_l) - S_l(x_l)|^2 / var(T_l(x_l)),   x_l what the teacher's layer l is given

    The teacher runs once; every layer is given what the teacher's is, whatever the student's layers before it make, so
    that all learn at once and none from another's mistakes. Divided by its variance no layer outweighs the others.
    Mixers of the teacher's kind are the teacher's and learn nothing; no weight outside the mixers learns. distance
    "l1": |T - S| over the standard deviation instead.  learns "own": of a mixer only what it has not inherited, as in
    LoLCATs.
    """

    @dataclass(frozen=True)
    class Arguments:
        distance: Literal["l2", "l1"] = "l2"
        learns: Literal["mixers", "own"] = "mixers"

    def __init__(self, objective: nn.Module, teacher: nn.Module, arguments: Arguments):
        super().__init__()
        self.objective, self.arguments = objective, arguments
        self.teacher = teacher.eval().requires_grad_(False)
        self.pairs = [(one, taught) for _, one, taught in pairs(objective.network, teacher)]
        if not self.pairs:
            raise InputError("network.token_mixer", "the teacher's", "another kind than the teacher's in some layer")
        objective.network.requires_grad_(False)
        for mixer, _ in self.pairs:
            for name, parameter in mixer.named_parameters():
                parameter.requires_grad_(arguments.learns == "mixers" or name.split(".")[0] not in mixer.inherits)

    @property
    def network(self) -> nn.Module:
        """The student."""
        return self.objective.network

    def forward(self, *batch: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        inputs, _ = self.objective.noised(*batch)
        losses = misses(self.pairs, self.teacher, inputs, self.arguments.distance)
        return losses.mean(), {"worst_layer": losses.detach().max()}

    def train(self, mode: bool = True):
        """The teacher stays as it is."""
        super().train(mode)
        self.teacher.eval()
        return self

    def compile(self, **options):
        """The student's mixers: the teacher is looked at from outside."""
        for mixer, _ in self.pairs:
            mixer.compile(**options)


def misses(
    pairs: Sequence[tuple[TokenMixer, nn.Module]], teacher: nn.Module, inputs: tuple, distance: str = "l2"
) -> torch.Tensor:
    """How far each mixer is from its teacher's on the teacher's own inputs, in parts of what the teacher's varies by:
    the terms of the loss above, (pairs,).  inputs: the teacher's arguments."""
    found, grid = [], grid_of(teacher, inputs[0])
    for (mixer, _), (tokens, wanted) in zip(pairs, _taught(pairs, teacher, inputs), strict=True):
        wanted, made = wanted.float(), mixer(tokens, grid).float()
        if distance == "l1":
            found.append(F.l1_loss(made, wanted) / wanted.std())
        else:
            found.append(F.mse_loss(made, wanted) / wanted.var())
    return torch.stack(found)


@torch.no_grad()
def _taught(pairs, teacher, inputs) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """(the tokens that it is given, what it makes of them) of the teacher's mixer of each pair."""
    found = []
    handles = [
        mixer.register_forward_hook(lambda mixer, given, made: found.append((given[0], made))) for _, mixer in pairs
    ]
    try:
        teacher(*inputs, return_dict=False)
    finally:
        for handle in handles:
            handle.remove()
    return found
