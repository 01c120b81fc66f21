"""The operators as callers see them: the choice of how they run, and the custom operators behind which Triton runs."""

import torch
from torch import Tensor

from .._ops import add_op_namespace_prefix
from ..common.dispatch import Dispatch, will_differentiate
from ..common.layout import token_major
from ..common.overridable import overridable
from . import fallback, reference
from .reference import FeatureMap
from .states import new_states, no_states

ATTENTION = Dispatch("linear_attention", __name__, "triton_forward", "triton_backward")
ATTENTION_DWCONV = Dispatch("linear_attention_dwconv", __name__, "triton_dwconv")


@overridable
def linear_attention(
    q: Tensor, k: Tensor, v: Tensor, eps: float = 1e-6, feature_map: FeatureMap = "relu", normalize: bool = True
) -> Tensor:
    """Normalised non-causal linear attention (LiT, arXiv 2501.12976, section 3.1); differentiable.

        o_i = phi(q_i) S / (phi(q_i) . z + eps),   S = sum_j phi(k_j)^T v_j,   z = sum_j phi(k_j)
        o_i = phi(q_i) S / tokens                                              without `normalize`

    q, k: (batch, heads, tokens, head_dim); v: (batch, heads, tokens, value_dim); one floating-point dtype, one device,
    any strides.
    eps: what keeps the normaliser, a sum over all the tokens, from zero.
    feature_map: phi, "relu", or "none" where the caller has applied its own.
    normalize: without it features may be negative, and the caller bounds what comes out by a norm of its own, as
    TransNormer (arXiv 2210.10340) does; a mean over the tokens, so that half precision holds many of them.

    Returns o with the shape and dtype of v. A token whose features are all zero gets zeros. Sums are held in fp32 at
    least. On NVIDIA cards Triton kernels compute bf16, fp16 and fp32, and o lies in memory as (batch, tokens, heads,
    value_dim), for heads of up to 256; else `reference.linear_attention`, the definition, runs. It, too, takes memory
    that grows with the tokens and not with their square, there and back.
    Raises ValueError naming the argument that does not fit.
    """
    if not ATTENTION.chooses_triton(q, v):
        return reference.linear_attention(q, k, v, eps, feature_map, normalize)
    reference.check_attention(q, k, v, feature_map)
    return _attention(q, k, v, eps, feature_map, will_differentiate(q, k, v), normalize)[0]


@overridable
def linear_attention_dwconv(
    q: Tensor, k: Tensor, v: Tensor, weight: Tensor, bias: Tensor, grid: tuple[int, int], eps: float = 1e-6,
    feature_map: FeatureMap = "relu",
) -> Tensor:  # fmt: skip
    """Linear attention plus a depth-wise 5x5 convolution of v on its grid (LiT, section 3.1); differentiable.

        o_i = phi(q_i) S / (phi(q_i) . z + eps) + bias + sum_u weight[u] * v[place(i) + u],   u in {-2 .. 2}^2

    weight: (value_dim, 1, 5, 5) or (value_dim, 5, 5), and bias: (value_dim,), shared by all heads, of q's dtype and on
    its device. grid: (rows, columns) in tokens, rows * columns = tokens; places outside it count as zero.
    The other arguments, what is returned and the errors are those of `linear_attention`.
    """
    if q.shape[-1:] != v.shape[-1:] or not ATTENTION_DWCONV.chooses_triton(q):  # the kernels' state is square
        return reference.linear_attention_dwconv(q, k, v, weight, bias, grid, eps, feature_map)
    reference.check_dwconv(q, k, v, weight, bias, grid, feature_map)
    save = will_differentiate(q, k, v, weight, bias)
    return _attention_dwconv(q, k, v, weight, bias, grid[0], grid[1], eps, feature_map, save)[0]


@torch.library.custom_op(add_op_namespace_prefix("linear_attention"), mutates_args=())
def _attention(
    q: Tensor, k: Tensor, v: Tensor, eps: float, feature_map: str, save: bool, normalize: bool = True
) -> tuple[Tensor, Tensor, Tensor]:
    return ATTENTION.run("triton_forward", "forward", fallback.forward, q, k, v, eps, feature_map, save, normalize)


@_attention.register_fake
def _(q, k, v, eps, feature_map, save, normalize=True):
    return token_major(v), *(new_states(q, v, normalize) if save else no_states(q))


@torch.library.custom_op(add_op_namespace_prefix("linear_attention_backward"), mutates_args=())
def _attention_backward(
    do: Tensor, q: Tensor, k: Tensor, v: Tensor, kv_state: Tensor, z_state: Tensor, eps: float, feature_map: str,
    normalize: bool = True,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    args = (do, q, k, v, kv_state, z_state, eps, feature_map, normalize)
    return ATTENTION.run("triton_backward", "backward", fallback.backward, *args)


@_attention_backward.register_fake
def _(do, q, k, v, kv_state, z_state, eps, feature_map, normalize=True):
    return token_major(q), token_major(k), token_major(v)


def _keep(ctx, inputs, output):
    q, k, v, ctx.eps, ctx.feature_map, _, ctx.normalize = inputs
    ctx.save_for_backward(q, k, v, *output[1:])


def _differentiate(ctx, do, *_):
    gradients = _attention_backward(do, *ctx.saved_tensors, ctx.eps, ctx.feature_map, ctx.normalize)
    return *gradients, None, None, None, None


_attention.register_autograd(_differentiate, setup_context=_keep)


@torch.library.custom_op(add_op_namespace_prefix("linear_attention_dwconv"), mutates_args=())
def _attention_dwconv(
    q: Tensor, k: Tensor, v: Tensor, weight: Tensor, bias: Tensor, rows: int, columns: int, eps: float,
    feature_map: str, save: bool,
) -> tuple[Tensor, Tensor, Tensor]:  # fmt: skip
    args = (q, k, v, weight, bias, (rows, columns), eps, feature_map, save)
    return ATTENTION_DWCONV.run("triton_dwconv", "forward", fallback.dwconv_forward, *args)


@_attention_dwconv.register_fake
def _(q, k, v, weight, bias, rows, columns, eps, feature_map, save):
    return token_major(v), *(new_states(q, v) if save else no_states(q))


@torch.library.custom_op(add_op_namespace_prefix("linear_attention_dwconv_backward"), mutates_args=())
def _attention_dwconv_backward(
    do: Tensor, q: Tensor, k: Tensor, v: Tensor, weight: Tensor, bias: Tensor, kv_state: Tensor, z_state: Tensor,
    rows: int, columns: int, eps: float, feature_map: str,
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    args = (do, q, k, v, weight, bias, kv_state, z_state, (rows, columns), eps, feature_map)
    return ATTENTION_DWCONV.run("triton_dwconv", "backward", fallback.dwconv_backward, *args)


@_attention_dwconv_backward.register_fake
def _(do, q, k, v, weight, bias, kv_state, z_state, rows, columns, eps, feature_map):
    dweight = torch.empty(weight.shape, dtype=weight.dtype, device=weight.device)
    return token_major(q), token_major(k), token_major(v), dweight, torch.empty_like(bias)


def _keep_dwconv(ctx, inputs, output):
    *tensors, ctx.rows, ctx.columns, ctx.eps, ctx.feature_map, _ = inputs
    ctx.save_for_backward(*tensors, *output[1:])


def _differentiate_dwconv(ctx, do, *_):
    how = (ctx.rows, ctx.columns, ctx.eps, ctx.feature_map)
    return *_attention_dwconv_backward(do, *ctx.saved_tensors, *how), None, None, None, None, None


_attention_dwconv.register_autograd(_differentiate_dwconv, setup_context=_keep_dwconv)
