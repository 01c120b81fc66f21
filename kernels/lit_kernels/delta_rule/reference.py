"""The operator's definition in plain torch, chunk by chunk: what every other implementation is tested against.

It is also what runs wherever there are no kernels. Autograd differentiates it.
"""

import torch

from ..common.checks import check_kind, check_qkv

CHUNK = 64  # tokens that are solved for together
LONGEST_KEY = 2.0  # squared: beyond it a step of beta = 1 makes the state grow along its key instead of correcting it


def delta_rule(q, k, v, beta, scale=None):
    """The definition of `operators.delta_rule`, which says more of its arguments.

    With D = diag(beta) and the rows Q, K, V of a chunk, what the recurrence writes in its order is X, the solution of

        (I + D tril(K K^T, -1)) X = D (V - K S),    O += scale (Q S + tril(Q K^T) X),    S <- S + K^T X

    and from the other end, without the token itself, X' = D (I + tril(K K^T, -1) D)^-T (V - K S'), of the transposed
    matrix: one Gram matrix serves both.
    """
    dtype = v.dtype
    wide = torch.promote_types(dtype, torch.float32)
    q, k, v, beta = (x.to(wide) for x in (q, k, v, beta))
    q = q * (q.shape[-1] ** -0.5 if scale is None else scale)
    chunks = [x.split(CHUNK, dim=2) for x in (q, k, v, beta.unsqueeze(-1))]
    mixed, systems = [], []
    state = k.new_zeros(*k.shape[:2], k.shape[-1], v.shape[-1])
    forward, backward = state, state
    for queries, keys, values, rates in zip(*chunks, strict=True):
        scores, gram = queries @ keys.transpose(-2, -1), keys @ keys.transpose(-2, -1)
        strict = gram.tril(-1)
        written = _solve(rates * strict, rates * (values - keys @ forward), upper=False)
        mixed.append(queries @ forward + scores.tril() @ written)
        forward = forward + keys.transpose(-2, -1) @ written
        systems.append((queries, keys, values, rates, scores.triu(1), strict))
    for number, (queries, keys, values, rates, later, strict) in reversed(list(enumerate(systems))):
        system = (rates * strict).transpose(-2, -1)
        written = rates * _solve(system, values - keys @ backward, upper=True)
        mixed[number] = mixed[number] + queries @ backward + later @ written
        backward = backward + keys.transpose(-2, -1) @ written
    return torch.cat(mixed, dim=2).to(dtype)


def _solve(system, right, upper):
    """(I + system) x = right, system strictly triangular."""
    return torch.linalg.solve_triangular(system, right, upper=upper, unitriangular=True)


def check_delta_rule(q, k, v, beta):
    check_qkv(q, k, v)
    if beta.shape != q.shape[:3]:
        raise ValueError(f"beta: got shape {tuple(beta.shape)}; {tuple(q.shape[:3])}, a rate for each head and token")
    check_kind("beta", beta, q)
    if k.device.type == "cpu" and not torch.compiler.is_compiling():  # a look at numbers would wait for a card
        longest = k.detach().double().square().sum(-1).max().item()
        if not longest <= LONGEST_KEY:
            told = f"{LONGEST_KEY:g} at most, or the state grows without end: normalise them (F.normalize(k, dim=-1))"
            raise ValueError(f"k: got keys of squared length up to {longest:.3g}; {told}")
