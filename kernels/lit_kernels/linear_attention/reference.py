"""The operators' definitions in plain torch: what every faster implementation is tested against.

They are also what runs wherever Triton does not, so they keep to matrix products and to views.
"""

import torch
import torch.nn.functional as F

FEATURE_MAPS = {"relu": F.relu, "none": lambda x: x}
MAX_HEAD_DIM = 256  # beyond it the state no longer fits the registers and shared memory of one multiprocessor
KERNEL_SIZE = 5


def linear_attention(q, k, v, eps=1e-6, feature_map="relu"):
    """Normalised non-causal linear attention (LiT, arXiv 2501.12976, section 3.1).

        o_i = phi(q_i) S / (phi(q_i) . z + eps),   S = sum_j phi(k_j)^T v_j,   z = sum_j phi(k_j)

    q, k: (batch, heads, tokens, head_dim); v: (batch, heads, tokens, value_dim); one dtype, one device,
    any strides. phi is named by `feature_map`: "relu", or "none" where the caller has applied its own.
    Returns o with the shape of v. A token whose features are all zero gets zeros.
    Raises ValueError naming the argument that does not fit.
    """
    check_attention(q, k, v, feature_map)
    phi = FEATURE_MAPS[feature_map]
    q, k = phi(q), phi(k)
    tokens = k.shape[-2]
    # S and z as means over the tokens and eps by the same factor: the value of the formula stays, and
    # sums over 65,536 tokens stay inside the range of fp16.
    kv_state = (k / tokens).transpose(-2, -1) @ v  # (batch, heads, head_dim, value_dim)
    z_state = k.mean(dim=-2, dtype=_accumulator(k.dtype)).unsqueeze(-1)  # (batch, heads, head_dim, 1)
    normaliser = (q @ z_state.to(q.dtype)).to(z_state.dtype) + eps / tokens  # (batch, heads, tokens, 1)
    return (q @ kv_state * normaliser.reciprocal()).to(v.dtype)


def linear_attention_dwconv(q, k, v, weight, bias, grid, eps=1e-6, feature_map="relu"):
    """Linear attention plus a depth-wise 5x5 convolution of v on its grid (LiT, section 3.1).

        o_i = phi(q_i) S / (phi(q_i) . z + eps) + bias + sum_u weight[u] * v[place(i) + u],   u in {-2 .. 2}^2

    weight: (head_dim, 1, 5, 5) or (head_dim, 5, 5), bias: (head_dim,), shared by all heads; places outside the
    grid (rows, columns), rows * columns = tokens, count as zero. Otherwise as `linear_attention`.
    """
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
    for name, x in (("q", q), ("k", k), ("v", v)):
        if x.ndim != 4 or 0 in x.shape:
            raise ValueError(f"{name}: got shape {tuple(x.shape)}; (batch, heads, tokens, head_dim), none of them zero")
        if x.shape[3] > MAX_HEAD_DIM:
            raise ValueError(f"{name}: got head_dim {x.shape[3]}; {MAX_HEAD_DIM} at most (use more heads)")
        _check_kind(name, x, q)
    if not q.is_floating_point():
        raise ValueError(f"q: got {q.dtype}; a floating-point dtype")
    if k.shape != q.shape:
        raise ValueError(f"k: got shape {tuple(k.shape)}; {tuple(q.shape)}, as q")
    if v.shape[:3] != q.shape[:3]:
        raise ValueError(f"v: got shape {tuple(v.shape)}; {tuple(q.shape[:3])} and any value_dim")


def check_dwconv(q, k, v, weight, bias, grid, feature_map):
    check_attention(q, k, v, feature_map)
    tokens, dim = v.shape[2:]
    square = (KERNEL_SIZE, KERNEL_SIZE)
    if tuple(weight.shape) not in ((dim, 1, *square), (dim, *square)):
        raise ValueError(f"weight: got shape {tuple(weight.shape)}; {(dim, 1, *square)} or {(dim, *square)}")
    if tuple(bias.shape) != (dim,):
        raise ValueError(f"bias: got shape {tuple(bias.shape)}; {(dim,)}")
    _check_kind("weight", weight, q)
    _check_kind("bias", bias, q)
    if len(grid) != 2 or grid[0] < 1 or grid[0] * grid[1] != tokens:
        raise ValueError(f"grid: got {tuple(grid)}; (rows, columns) with rows * columns = {tokens} tokens")


def _check_kind(name, x, q):
    if x.dtype != q.dtype or x.device != q.device:
        raise ValueError(f"{name}: got {x.dtype} on {x.device}; {q.dtype} on {q.device}, as q")


def _accumulator(dtype):
    """The dtype in which sums of `dtype` are held: fp32 for half precisions, itself otherwise."""
    return torch.float32 if dtype in (torch.bfloat16, torch.float16) else dtype
