"""The operator as callers see it."""

from torch import Tensor

from ..common.overridable import overridable
from . import reference


@overridable
def delta_rule(q: Tensor, k: Tensor, v: Tensor, beta: Tensor, scale: float | None = None) -> Tensor:
    """The delta rule (DeltaNet, arXiv 2406.06484) over tokens that have no order of cause, in both; differentiable.

        F_t = F_{t-1} + beta_t k_t^T (v_t - k_t F_{t-1})        from the first token on
        B_t = B_{t+1} + beta_t k_t^T (v_t - k_t B_{t+1})        from the last one
        o_i = scale q_i (F_i + B_{i+1})                         each token counts once

    q, k: (batch, heads, tokens, head_dim); v: (batch, heads, tokens, value_dim); beta: (batch, heads, tokens), from 0
    to 1, or to 2 where eigenvalues may be negative; one floating-point dtype, one device, any strides; head_dim and
    value_dim of up to 256. Keys have length 1, as `F.normalize` makes them. scale: head_dim ** -0.5 if None.

    Returns o with the shape and dtype of v. States and solutions are held in fp32 at least. Time and memory grow with
    the tokens, chunk by chunk. Raises ValueError naming the argument that does not fit; on a CPU also for keys whose
    squared length passes 2, with which the recurrence has no bound.
    """
    reference.check_delta_rule(q, k, v, beta)
    return reference.delta_rule(q, k, v, beta, scale)
