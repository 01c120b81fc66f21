"""Hybrid knowledge distillation (LiT, arXiv 2501.12976, section 3.3)."""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from pydantic import NonNegativeFloat
from torch import nn


class HybridDistillation(nn.Module):
    """Data and teacher together, on the same noisy inputs:

        L = L_data + l1 |eps_T - eps_S|^2 + l2 |Sigma_T - Sigma_S|^2

    eps is what the objective predicts, noise or velocity; Sigma the channels behind it, which the epsilon objective's
    variance has and the flow objective has not. No gradient reaches the teacher.
    """

    @dataclass(frozen=True)
    class Arguments:
        distill_weight: NonNegativeFloat = 0.5  # l1; the paper's 0.5 for a teacher that is larger than the student
        variance_weight: NonNegativeFloat = 0.05  # l2

    def __init__(self, objective: nn.Module, teacher: nn.Module, arguments: Arguments):
        super().__init__()
        self.objective, self.arguments = objective, arguments
        self.teacher = teacher.eval().requires_grad_(False)

    @property
    def network(self) -> nn.Module:
        """The student."""
        return self.objective.network

    @property
    def beside(self) -> nn.Module | None:
        """What the objective trains beside the student."""
        return getattr(self.objective, "beside", None)

    def forward(self, *batch: torch.Tensor) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        inputs, truth = self.objective.noised(*batch)
        output = self.objective.predict(inputs)
        loss, parts = self.objective.loss(output, truth)
        with torch.no_grad():
            taught = self.teacher(*inputs, return_dict=False)[0].float()
        channels = batch[0].shape[1]
        distilled = F.mse_loss(output[:, :channels], taught[:, :channels])
        loss, parts = loss + self.arguments.distill_weight * distilled, parts | {"distill": distilled.detach()}
        if output.shape[1] > channels:
            spread = F.mse_loss(output[:, channels:], taught[:, channels:])
            loss = loss + self.arguments.variance_weight * spread
            parts["distill_variance"] = spread.detach()
        return loss, parts

    def train(self, mode: bool = True):
        """The teacher stays as it is."""
        super().train(mode)
        self.teacher.eval()
        return self

    def compile(self, **options):
        """Block by block, the student's and the teacher's."""
        self.objective.compile(**options)
        self.teacher.compile_repeated_blocks(**options)
