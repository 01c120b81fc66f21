"""The operator as callers see it: the choice of how it runs, and the custom operators behind which Triton runs."""

import torch
from torch import Tensor

from .._ops import add_op_namespace_prefix
from ..common.dispatch import Dispatch, will_differentiate
from ..common.layout import token_major
from ..common.overridable import overridable
from . import fallback, reference
from .states import new_states, new_systems, no_states

DELTA_RULE = Dispatch("delta_rule", __name__, "triton_forward", "triton_backward")


@overridable
def delta_rule(q: Tensor, k: Tensor, v: Tensor, beta: Tensor, scale: float | None = None) -> Tensor:
    """The delta rule (DeltaNet, arXiv 2406.06484) over tokens that have no order of cause, in both; differentiable.

        F_t = F_{t-1} + beta_t k_t^T (v_t - k_t F_{t-1})        from the first token on
        B_t = B_{t+1} + beta_t k_t^T (v_t - k_t B_{t+1})        from the last one
        o_i = scale q_i (F_i + B_{i+1})                         each token counts once

    q, k: (batch, heads, tokens, head_dim); v: (batch, heads, tokens, value_dim); beta: (batch, heads, tokens), from 0
    to 1, or to 2 where eigenvalues may be negative; one floating-point dtype, one device, any strides. Keys have
    length 1, as `F.normalize` makes them. scale: head_dim ** -0.5 if None.

    Returns o with the shape and dtype of v. States and solutions are held in fp32 at least. Time and memory grow with
    the tokens, chunk by chunk. On NVIDIA cards Triton kernels compute bf16, fp16 and fp32, and o lies in memory as
    (batch, tokens, heads, value_dim), for heads of up to 256; else `reference.delta_rule`, the definition, runs. Raises
    ValueError naming the argument that does not fit; on a CPU also for keys whose squared length passes 2, with which
    the recurrence has no bound.
    """
    reference.check_delta_rule(q, k, v, beta)
    if not DELTA_RULE.chooses_triton(q, v):
        return reference.delta_rule(q, k, v, beta, scale)
    scale = q.shape[-1] ** -0.5 if scale is None else float(scale)
    return _delta_rule(q, k, v, beta, scale, will_differentiate(q, k, v, beta))[0]


@torch.library.custom_op(add_op_namespace_prefix("delta_rule"), mutates_args=())
def _delta_rule(
    q: Tensor, k: Tensor, v: Tensor, beta: Tensor, scale: float, save: bool
) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    return DELTA_RULE.run("triton_forward", "forward", fallback.forward, q, k, v, beta, scale, save)


@_delta_rule.register_fake
def _(q, k, v, beta, scale, save):
    return token_major(v), *((*new_systems(q), *new_states(q, v)) if save else no_states(q))


@torch.library.custom_op(add_op_namespace_prefix("delta_rule_backward"), mutates_args=())
def _delta_rule_backward(
    do: Tensor, q: Tensor, k: Tensor, v: Tensor, beta: Tensor, inverses: Tensor, scores: Tensor, states: Tensor,
    errors: Tensor, scale: float,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    args = (do, q, k, v, beta, inverses, scores, states, errors, scale)
    return DELTA_RULE.run("triton_backward", "backward", fallback.backward, *args)


@_delta_rule_backward.register_fake
def _(do, q, k, v, beta, inverses, scores, states, errors, scale):
    return token_major(q), token_major(k), token_major(v), beta.new_empty(beta.shape)


def _keep(ctx, inputs, output):
    *tensors, ctx.scale, _ = inputs
    ctx.save_for_backward(*tensors, *output[1:])


def _differentiate(ctx, do, *_):
    return *_delta_rule_backward(do, *ctx.saved_tensors, ctx.scale), None, None


_delta_rule.register_autograd(_differentiate, setup_context=_keep)
