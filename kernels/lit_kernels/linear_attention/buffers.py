"""What the operators return and how it lies in memory; for the kernels and for tracing alike."""

import torch


def token_major(like: torch.Tensor) -> torch.Tensor:
    """An empty (batch, heads, tokens, dim) tensor that lies in memory as (batch, tokens, heads, dim): merging the
    heads is then a view, and the output projection reads it in place."""
    batch, heads, tokens, dim = like.shape
    return torch.empty(batch, tokens, heads, dim, dtype=like.dtype, device=like.device).transpose(1, 2)


def new_state(q: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Empty S (batch, heads, dim, dim) in the operands' dtype and z (batch, heads, dim) in fp32."""
    batch, heads, _, dim = q.shape
    state = torch.empty(batch, heads, dim, dim, dtype=q.dtype, device=q.device)
    return state, torch.empty(batch, heads, dim, dtype=torch.float32, device=q.device)


def no_state(q: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """In place of S and z where no backward pass will want them."""
    return q.new_empty(0), torch.empty(0, dtype=torch.float32, device=q.device)
