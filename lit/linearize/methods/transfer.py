"""Each layer's mixer learns its teacher's output first, from the teacher's own inputs."""

from dataclasses import dataclass
from typing import Literal

import torch
import torch.nn.functional as F
from torch import nn

from lit.errors import InputError
from lit.models.mixers import TokenMixer


class AttentionTransfer(nn.Module):
    """Teacher-forced matching of each mixer's output, as the first stage before a distillation (LoLCATs, arXiv
    2410.10254, before the projection and unscaled; Attention Surgery, arXiv 2509.24899, on outputs):

        L = mean over layers of |T_l(x_l) - S_l(x_l)|^2 / var(T_l(x_l)),   x_l what the teacher's layer l is given

    The teacher runs once; every layer is given what the teacher's is, whatever the student's layers before it make, so
    that all learn at once and none from another's mistakes. Divided by its variance no layer outweighs the others.
    Mixers of the teacher's kind are the teacher's and learn nothing; no weight outside the mixers learns. distance
    "l1": |T - S| over the standard deviation instead.
    """

    @dataclass(frozen=True)
    class Arguments:
        distance: Literal["l2", "l1"] = "l2"

    def __init__(self, objective: nn.Module, teacher: nn.Module, arguments: Arguments):
        super().__init__()
        self.objective, self.arguments = objective, arguments
        self.teacher = teacher.eval().requires_grad_(False)
        mixers, taught = (_mixers(network) for network in (objective.network, teacher))
        if list(mixers) != list(taught):
            raise InputError("teacher", f"{len(taught)} mixers", f"{len(mixers)}, at the student's places")
        self.pairs = [(mixers[path], taught[path]) for path in mixers if type(mixers[path]) is not type(taught[path])]
        if not self.pairs:
            raise InputError("network.token_mixer", "the teacher's", "another kind than the teacher's in some layer")
        objective.network.requires_grad_(False)
        for mixer, _ in self.pairs:
            mixer.requires_grad_(True)

    @property
    def network(self) -> nn.Module:
        """The student."""
        return self.objective.network

    def forward(self, *batch: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        inputs, _ = self.objective.noised(*batch)
        losses = []
        for (mixer, _), (given, wanted) in zip(self.pairs, self._taught(inputs), strict=True):
            wanted = wanted.float()
            found = mixer(*given).float()
            if self.arguments.distance == "l1":
                losses.append(F.l1_loss(found, wanted) / wanted.std())
            else:
                losses.append(F.mse_loss(found, wanted) / wanted.var())
        worst = torch.stack(losses).detach().max()
        return torch.stack(losses).mean(), {"worst_layer": worst}

    @torch.no_grad()
    def _taught(self, inputs) -> list[tuple[tuple, torch.Tensor]]:
        """(what it is given, what it makes of it) of the teacher's mixer of each pair."""
        found = []
        handles = [
            mixer.register_forward_hook(lambda mixer, given, made: found.append((given, made)))
            for _, mixer in self.pairs
        ]
        try:
            self.teacher(*inputs, return_dict=False)
        finally:
            for handle in handles:
                handle.remove()
        return found

    def train(self, mode: bool = True):
        """The teacher stays as it is."""
        super().train(mode)
        self.teacher.eval()
        return self

    def compile(self, **options):
        """The student's mixers: the teacher is looked at from outside."""
        for mixer, _ in self.pairs:
            mixer.compile(**options)


def _mixers(network: nn.Module) -> dict[str, TokenMixer]:
    return {path: module for path, module in network.named_modules() if isinstance(module, TokenMixer)}
