"""The operators' definitions in plain torch: what every faster implementation is tested against.

They are also what runs wherever Triton is not chosen, so they keep to matrix products and to views, and autograd
differentiates them. (Where Triton was chosen and fails, `fallback.py` stands in for its kernels.)
"""

from typing import Literal

import torch
import torch.nn.functional as F

from ..common.checks import check_kind, check_qkv

FeatureMap = Literal["relu", "none"]
FEATURE_MAPS = {"relu": F.relu, "none": lambda x: x}
KERNEL_SIZE = 5


def linear_attention(q, k, v, eps=1e-6, feature_map="relu", normalize=True):
    """The definition of `operators.linear_attention`, which says more of its arguments.

    o_i = phi(q_i) S / (phi(q_i) . z + eps),   S = sum_j phi(k_j)^T v_j,   z = sum_j phi(k_j)
    """
    check_attention(q, k, v, feature_map)
    phi = FEATURE_MAPS[feature_map]
    q, k = phi(q), phi(k)
    tokens = k.shape[-2]
    # S and z as means over the tokens and eps by the same factor: the value of the formula stays, and
    # sums over 65,536 tokens stay inside the range of fp16.
    kv_state = (k / tokens).transpose(-2, -1) @ v  # (batch, heads, head_dim, value_dim)
    if not normalize:
        return (q @ kv_state).to(v.dtype)
    z_state = k.mean(dim=-2, dtype=_accumulator(k.dtype)).unsqueeze(-1)  # (batch, heads, head_dim, 1)
    normaliser = (q @ z_state.to(q.dtype)).to(z_state.dtype) + eps / tokens  # (batch, heads, tokens, 1)
    return (q @ kv_state * normaliser.reciprocal()).to(v.dtype)


def linear_attention_dwconv(q, k, v, weight, bias, grid, eps=1e-6, feature_map="relu"):
    """The definition of `operators.linear_attention_dwconv`: `linear_attention` plus `depthwise`."""
    check_dwconv(q, k, v, weight, bias, grid, feature_map)
    # The convolution is the first summand because the sum takes its layout: merging the heads is then a view.
    return depthwise(v, weight, bias, grid) + linear_attention(q, k, v, eps, feature_map)


def depthwise(v, weight, bias, grid):
    """bias + sum_u weight[u] * v[place + u] for v (batch, heads, tokens, head_dim); no checks.

    Values cut from a packed projection lie tokens-last in memory, which is channels-last for a convolution (three
    times faster than channels-first on a CPU): repeating the small kernels for each head saves copying v.
    """
    heads, dim = v.shape[1], v.shape[3]
    image = v.transpose(1, 2).flatten(2).unflatten(1, tuple(grid)).permute(0, 3, 1, 2)  # (batch, width, rows, columns)
    weight = weight.reshape(dim, 1, KERNEL_SIZE, KERNEL_SIZE).repeat(heads, 1, 1, 1)
    image = F.conv2d(image, weight, bias.repeat(heads), padding=KERNEL_SIZE // 2, groups=heads * dim)
    return image.permute(0, 2, 3, 1).flatten(1, 2).unflatten(2, (heads, dim)).transpose(1, 2)


def check_attention(q, k, v, feature_map):
    if feature_map not in FEATURE_MAPS:
        raise ValueError(f"feature_map: got {feature_map!r}; one of {', '.join(FEATURE_MAPS)}")
    check_qkv(q, k, v)


def check_dwconv(q, k, v, weight, bias, grid, feature_map):
    check_attention(q, k, v, feature_map)
    tokens, dim = v.shape[2:]
    square = (KERNEL_SIZE, KERNEL_SIZE)
    if tuple(weight.shape) not in ((dim, 1, *square), (dim, *square)):
        raise ValueError(f"weight: got shape {tuple(weight.shape)}; {(dim, 1, *square)} or {(dim, *square)}")
    if tuple(bias.shape) != (dim,):
        raise ValueError(f"bias: got shape {tuple(bias.shape)}; {(dim,)}")
    check_kind("weight", weight, q)
    check_kind("bias", bias, q)
    if len(grid) != 2 or grid[0] < 1 or grid[0] * grid[1] != tokens:
        raise ValueError(f"grid: got {tuple(grid)}; (rows, columns) with rows * columns = {tokens} tokens")


def _accumulator(dtype):
    """The dtype in which sums of `dtype` are held: fp32 for half precisions, itself otherwise."""
    return torch.float32 if dtype in (torch.bfloat16, torch.float16) else dtype
