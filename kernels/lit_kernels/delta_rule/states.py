"""What the forward pass keeps for the backward pass, still empty; for the kernels and for tracing alike."""

import torch

from .reference import CHUNK

DIRECTIONS = 2  # from the first token on, from the last one


def new_systems(q: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(inverses, scores), both (2, batch x heads, chunks, CHUNK, CHUNK) in the operands' dtype. With A = D tril(K K^T,
    -1) of a chunk, inverses are (I + A)^-1, transposed and as it is; scores are those of the keys (rows) that each
    query (columns) reads in the first and in the second direction."""
    batch, heads, tokens, _ = q.shape
    shape = (DIRECTIONS, batch * heads, -(-tokens // CHUNK), CHUNK, CHUNK)
    return q.new_empty(shape), q.new_empty(shape)


def new_states(q: torch.Tensor, v: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(states, values): of each direction and chunk the transposed state that it meets (2, batch x heads, chunks,
    value_dim, head_dim), and of each token a row that belongs to its value (2, batch x heads, tokens, value_dim)."""
    batch, heads, tokens, dim = q.shape
    pairs, value_dim = batch * heads, v.shape[3]
    states = q.new_empty(DIRECTIONS, pairs, -(-tokens // CHUNK), value_dim, dim)
    return states, q.new_empty(DIRECTIONS, pairs, tokens, value_dim)


def no_states(q: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """In place of all four where no backward pass will want them."""
    return tuple(q.new_empty(0) for _ in range(4))
