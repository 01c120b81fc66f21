"""The bodies of the custom operators in plain torch, for a machine on which Triton was chosen and fails half-way.

The names and arguments are those of `triton_forward` and `triton_backward`. What the forward pass would keep stays
unwritten: the backward pass here makes its own and follows the equations of `triton_backward` in fp32.
"""

import torch

from ..common.layout import token_major
from .reference import CHUNK, delta_rule
from .states import new_states, new_systems, no_states


def forward(q, k, v, beta, scale, save):
    o = token_major(v).copy_(delta_rule(q, k, v, beta, scale))
    return o, *((*new_systems(q), *new_states(q, v)) if save else no_states(q))


def backward(do, q, k, v, beta, inverses, scores, states, errors, scale):
    dtype, tensors = q.dtype, [x.float() for x in (scale * do, q, k, v, beta.unsqueeze(-1))]
    ahead = _first_direction(*tensors, last_read=0)
    behind = _first_direction(*(x.flip(2) for x in tensors), last_read=-1)
    dq, dk, dv, dbeta = ((one + other.flip(2)).to(dtype) for one, other in zip(ahead, behind, strict=True))
    return *(token_major(x).copy_(x) for x in (dq, dk, dv)), dbeta.squeeze(-1).contiguous()


def _first_direction(do, q, k, v, beta, last_read):
    """(dq, dk, dv, dbeta) of the direction from the first token on, in which a query reads keys up to its own, or with
    -1 the one before."""
    state = k.new_zeros(*k.shape[:2], k.shape[3], v.shape[3])
    kept = []
    for gradient, queries, keys, values, rates in zip(
        *(x.split(CHUNK, dim=2) for x in (do, q, k, v, beta)), strict=True
    ):
        gram = (keys @ keys.mT).tril(-1)
        error = values - keys @ state
        written = torch.linalg.solve_triangular(rates * gram, rates * error, upper=False, unitriangular=True)
        kept.append((gradient, queries, keys, rates, gram, state, error, written))
        state = state + keys.mT @ written
    dstate, gradients = torch.zeros_like(state), []
    for gradient, queries, keys, rates, gram, state, error, written in reversed(kept):
        reads, dreads = (queries @ keys.mT).tril(last_read), (gradient @ written.mT).tril(last_read)
        dwritten = reads.mT @ gradient + keys @ dstate
        z = torch.linalg.solve_triangular((rates * gram).mT, dwritten, upper=True, unitriangular=True)
        derror, corrections = rates * z, -(z @ written.mT).tril(-1)
        dbeta = (z * error).sum(-1, keepdim=True) + (corrections * gram).sum(-1, keepdim=True)
        corrections = rates * corrections
        dk = dreads.mT @ queries + written @ dstate.mT - derror @ state.mT + (corrections + corrections.mT) @ keys
        gradients.append((gradient @ state.mT + dreads @ keys, dk, derror, dbeta))
        dstate = dstate + queries.mT @ gradient - keys.mT @ derror
    return [torch.cat(x[::-1], dim=2) for x in zip(*gradients, strict=True)]
