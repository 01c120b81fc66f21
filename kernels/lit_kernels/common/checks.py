"""Checks of arguments that operators on queries, keys and values share. Each error names the argument."""

import torch


def check_qkv(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor):
    """q, k (batch, heads, tokens, head_dim) and v (batch, heads, tokens, value_dim) of one kind, or ValueError."""
    for name, x in (("q", q), ("k", k), ("v", v)):
        if x.ndim != 4 or 0 in x.shape:
            raise ValueError(f"{name}: got shape {tuple(x.shape)}; (batch, heads, tokens, head_dim), none of them zero")
        check_kind(name, x, q)
    if not q.is_floating_point():
        raise ValueError(f"q: got {q.dtype}; a floating-point dtype")
    if k.shape != q.shape:
        raise ValueError(f"k: got shape {tuple(k.shape)}; {tuple(q.shape)}, as q")
    if v.shape[:3] != q.shape[:3]:
        raise ValueError(f"v: got shape {tuple(v.shape)}; {tuple(q.shape[:3])} and any value_dim")


def check_kind(name: str, x: torch.Tensor, q: torch.Tensor):
    """x has q's dtype and device, or ValueError."""
    if x.dtype != q.dtype or x.device != q.device:
        raise ValueError(f"{name}: got {x.dtype} on {x.device}; {q.dtype} on {q.device}, as q")
