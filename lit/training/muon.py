"""Muon for many matrices of few shapes, as a transformer's: all of one shape are orthogonalized together."""

from collections import defaultdict

import torch
from torch import Tensor


class Muon(torch.optim.Muon):
    """The same steps and state as torch's, which sends off some 25 small kernels for each matrix, one after another.

    Here it is as many for each shape. Products are of bfloat16 on a GPU, of the weights' own kind elsewhere:
    bfloat16 takes a processor many times as long.
    """

    @torch.no_grad()
    def step(self, closure=None):
        loss = None
        if closure is not None:
            with torch.enable_grad():
                loss = closure()
        for group in self.param_groups:
            matrices = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is not None:
                    matrices[parameter.shape].append(parameter)
            for alike in matrices.values():
                self._step(alike, group)
        return loss

    def _step(self, matrices: list[Tensor], group: dict):
        """One step of matrices of one shape [m, n]."""
        states = [self.state[matrix] for matrix in matrices]
        for state, matrix in zip(states, matrices, strict=True):
            if "momentum_buffer" not in state:
                state["momentum_buffer"] = torch.zeros_like(matrix)
        momenta = [state["momentum_buffer"] for state in states]
        updates = [matrix.grad for matrix in matrices]
        torch._foreach_lerp_(momenta, updates, 1 - group["momentum"])
        updates = torch._foreach_lerp(updates, momenta, group["momentum"]) if group["nesterov"] else momenta
        stacked = torch.stack(updates)
        if stacked.device.type == "cuda":
            stacked = stacked.bfloat16()
        turned = orthogonalize(stacked, group["ns_coefficients"], group["ns_steps"], group["eps"])
        rate = group["lr"] * _scale(group["adjust_lr_fn"], *matrices[0].shape)
        torch._foreach_mul_(matrices, 1 - group["lr"] * group["weight_decay"])
        torch._foreach_add_(matrices, list(turned.to(matrices[0].dtype).unbind()), alpha=-rate)


def orthogonalize(matrices: Tensor, coefficients: tuple[float, float, float], steps: int, eps: float) -> Tensor:
    """[count, m, n]: each matrix with its singular values driven to about 1, by Newton and Schulz's iteration.

    K. Jordan et al., Muon: an optimizer for hidden layers in neural networks, 2024.
    """
    a, b, c = coefficients
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.mT if tall else matrices
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=eps)
    for _ in range(steps):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x.mT if tall else x


def _scale(adjust: str | None, rows: int, columns: int) -> float:
    """What torch's `adjust_lr_fn` makes of a shape: AdamW's usual size of a step, or Jordan's own."""
    if adjust == "match_rms_adamw":
        return 0.2 * max(rows, columns) ** 0.5
    return max(1, rows / columns) ** 0.5
