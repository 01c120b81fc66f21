"""What the forward pass keeps for the backward pass, still empty; for the kernels and for tracing alike."""

import torch


def new_states(q: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(kv_state, z_state): S (batch, heads, dim, dim) in the operands' dtype and z (batch, heads, dim) in fp32."""
    batch, heads, _, dim = q.shape
    kv_state = torch.empty(batch, heads, dim, dim, dtype=q.dtype, device=q.device)
    return kv_state, torch.empty(batch, heads, dim, dtype=torch.float32, device=q.device)


def no_states(q: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """In place of both where no backward pass will want them."""
    return q.new_empty(0), torch.empty(0, dtype=torch.float32, device=q.device)
