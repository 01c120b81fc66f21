"""How what the operators return lies in memory; for the kernels and for tracing alike."""

import torch


def token_major(like: torch.Tensor) -> torch.Tensor:
    """An empty (batch, heads, tokens, dim) tensor that lies in memory as (batch, tokens, heads, dim): merging the
    heads is then a view, and the output projection reads it in place."""
    batch, heads, tokens, dim = like.shape
    return torch.empty(batch, tokens, heads, dim, dtype=like.dtype, device=like.device).transpose(1, 2)
