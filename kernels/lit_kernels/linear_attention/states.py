"""What the forward pass keeps for the backward pass, still empty; for the kernels and for tracing alike."""

import torch


def new_states(
    q: torch.Tensor, v: torch.Tensor, normalize: bool = True
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """(kv_state, z_state): S (batch, heads, head_dim, value_dim) in the operands' dtype and z (batch, heads, head_dim)
    in fp32, which is empty where nothing is normalised."""
    batch, heads, _, dim = q.shape
    kv_state = torch.empty(batch, heads, dim, v.shape[3], dtype=q.dtype, device=q.device)
    z_shape = (batch, heads, dim) if normalize else (0,)
    return kv_state, torch.empty(z_shape, dtype=torch.float32, device=q.device)


def no_states(q: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """In place of both where no backward pass will want them."""
    return q.new_empty(0), torch.empty(0, dtype=torch.float32, device=q.device)
