"""Between a projection's channels and attention's heads."""

import torch


def split_heads(x: torch.Tensor, parts: int, heads: int):
    """(batch, tokens, parts * width) -> `parts` views (batch, heads, tokens, head_dim), without a copy."""
    batch, tokens, _ = x.shape
    return x.view(batch, tokens, parts, heads, -1).permute(2, 0, 3, 1, 4).unbind(0)


def merge_heads(x: torch.Tensor) -> torch.Tensor:
    """(batch, heads, tokens, head_dim) -> (batch, tokens, width)."""
    return x.transpose(1, 2).flatten(2)
