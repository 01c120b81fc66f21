"""The operators' definitions in plain torch: what every faster implementation is tested against."""

import torch
import torch.nn.functional as F

FEATURE_MAPS = {"relu": F.relu, "none": lambda x: x}


def linear_attention(q, k, v, eps=1e-6, feature_map="relu"):
    """Normalised non-causal linear attention (LiT, arXiv 2501.12976, section 3.1).

        o_i = phi(q_i) S / (phi(q_i) . z + eps),   S = sum_j phi(k_j)^T v_j,   z = sum_j phi(k_j)

    q, k: (batch, heads, tokens, head_dim); v: (batch, heads, tokens, value_dim); one dtype, one device,
    any strides. phi is named by `feature_map`: "relu", or "none" where the caller has applied its own.
    Returns o with the shape of v. A token whose features are all zero gets zeros.
    Raises ValueError naming the argument that does not fit.
    """
    _check(q, k, v, feature_map)
    phi = FEATURE_MAPS[feature_map]
    q, k = phi(q), phi(k)
    tokens = k.shape[-2]
    # S and z as means over the tokens and eps by the same factor: the value of the formula stays, and
    # sums over 65,536 tokens stay inside the range of fp16.
    kv_state = (k / tokens).transpose(-2, -1) @ v  # (batch, heads, head_dim, value_dim)
    z_state = (
        k.mean(dim=-2, dtype=_accumulator(k.dtype)).unsqueeze(-1).to(q.dtype)
    )  # (batch, heads, head_dim, 1)
    normaliser = (q @ z_state).to(_accumulator(q.dtype)) + eps / tokens  # (batch, heads, tokens, 1)
    return (q @ kv_state * normaliser.reciprocal()).to(v.dtype)


def _accumulator(dtype):
    """The dtype in which sums of `dtype` are held: fp32 for half precisions, itself otherwise."""
    return torch.float32 if dtype in (torch.bfloat16, torch.float16) else dtype


def _check(q, k, v, feature_map):
    if feature_map not in FEATURE_MAPS:
        raise ValueError(f"feature_map: got {feature_map!r}; one of {', '.join(FEATURE_MAPS)}")
    for name, x in (("q", q), ("k", k), ("v", v)):
        if x.ndim != 4 or 0 in x.shape:
            raise ValueError(
                f"{name}: got shape {tuple(x.shape)}; (batch, heads, tokens, head_dim), none of them zero"
            )
        if x.dtype != q.dtype or x.device != q.device:
            raise ValueError(f"{name}: got {x.dtype} on {x.device}; {q.dtype} on {q.device}, as q")
    if k.shape != q.shape:
        raise ValueError(f"k: got shape {tuple(k.shape)}; {tuple(q.shape)}, as q")
    if v.shape[:3] != q.shape[:3]:
        raise ValueError(f"v: got shape {tuple(v.shape)}; {tuple(q.shape[:3])} and any value_dim")
