"""Between a projection's channels and attention's heads."""

import torch
from torch import nn


class PackedProjection(nn.Linear):
    """Several projections in one matrix product, such as queries, keys and values, each cut into heads.

    x (batch, tokens, width) -> `parts` views (batch, heads, tokens, head_dim) of one tensor.
    """

    def __init__(self, width: int, parts: int, heads: int):
        super().__init__(width, parts * width)
        self.parts, self.heads = parts, heads

    def forward(self, x):
        return split_heads(super().forward(x), self.parts, self.heads)


def split_heads(x: torch.Tensor, parts: int, heads: int) -> tuple[torch.Tensor, ...]:
    """(batch, tokens, parts * width) -> `parts` views (batch, heads, tokens, head_dim), without a copy."""
    batch, tokens, _ = x.shape
    return x.view(batch, tokens, parts, heads, -1).permute(2, 0, 3, 1, 4).unbind(0)


def merge_heads(x: torch.Tensor) -> torch.Tensor:
    """(batch, heads, tokens, head_dim) -> (batch, tokens, width)."""
    return x.transpose(1, 2).flatten(2)
