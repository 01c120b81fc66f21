"""The delta rule in Triton, first kernel: what both directions share of each chunk.

With L = tril(K K^T, -1) and D = diag(beta) of a chunk's rows, a direction's writing is the solution of a system of
I + D L or of its transpose, so one Gram matrix and one inverse serve both. All chunks are independent.
"""

import torch
import triton
import triton.language as tl

from ..common.tiles import cdiv, load_tile, matmul, narrow, tile_width
from .reference import CHUNK
from .states import new_systems

SYSTEM = {"num_warps": 4, "num_stages": 1}
SIDE = tl.constexpr(16)  # of the diagonal blocks that are solved row by row


def launch(options: dict, like: torch.Tensor, *tiles: int) -> dict:
    """How a kernel is launched: `options`, but for fp32, whose tiles take twice the registers and shared memory, and
    for tiles of fewer than 64 columns. With eight warps Triton 3.6 multiplies those wrongly on Hopper: half precisions
    to other numbers, fp32 with reads past the end of shared memory."""
    if like.dtype == torch.float32:
        options = {"num_warps": 8, "num_stages": 1}
    return options if min(tiles) >= 64 else options | {"num_warps": 4}


@triton.jit
def chunk_pointers(base, direction, pair, chunk, pairs, chunks, ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    """Where a direction's matrix (ROWS, COLUMNS) of a chunk begins."""
    place = (direction.to(tl.int64) * pairs + pair) * chunks + chunk
    return base + place * (ROWS * COLUMNS)


@triton.jit
def load_square(base, C: tl.constexpr):
    return tl.load(base + tl.arange(0, C)[:, None] * C + tl.arange(0, C)[None, :])


@triton.jit
def store_square(base, x, C: tl.constexpr):
    places = tl.arange(0, C)[:, None] * C + tl.arange(0, C)[None, :]
    tl.store(base + places, narrow(x, base.dtype.element_ty))


@triton.jit
def unit_inverse(strict, C: tl.constexpr):
    """(I + strict)^-1 of a strictly lower triangular (C, C) in fp32: its diagonal blocks by forward substitution, all
    at once, then the blocks below them.

    With B the block diagonal and W = B^-1 (I + strict - B), which is nilpotent by blocks, the inverse is
    (I - W + W^2 - W^3) B^-1. Such a series over rows instead of four blocks would cancel digits by the billion.
    """
    BLOCKS: tl.constexpr = C // SIDE
    tl.static_assert(BLOCKS == 4)
    block, row = tl.arange(0, BLOCKS), tl.arange(0, SIDE)
    on_diagonal = block[:, None, None, None] == block[None, None, :, None]
    diagonal = tl.sum(tl.where(on_diagonal, tl.reshape(strict, (BLOCKS, SIDE, BLOCKS, SIDE)), 0.0), 2)
    inverse = tl.where(row[:, None] == row[None, :], 1.0, 0.0)[None, :, :] + diagonal * 0.0
    for i in range(1, SIDE):
        own = (row == i)[None, :, None]
        weights = tl.sum(tl.where(own, diagonal, 0.0), 1)  # (BLOCKS, SIDE): row i
        solved = tl.sum(weights[:, :, None] * inverse, 1)
        inverse = tl.where(own, inverse - solved[:, None, :], inverse)
    spread = tl.where(on_diagonal, tl.reshape(inverse, (BLOCKS, SIDE, 1, SIDE)), 0.0)
    inverse = tl.reshape(spread, (C, C))
    at = tl.arange(0, C) // SIDE
    below = tl.where(at[:, None] > at[None, :], strict, 0.0)
    zero = tl.full((C, C), 0.0, tl.float32)
    w = matmul(inverse, below, zero)
    inverse -= matmul(w, inverse, zero)  # (I - W) B^-1
    return matmul(matmul(w, w, zero), inverse, inverse)  # (I + W^2) (I - W) B^-1


@triton.jit
def system_kernel(
    q, k, beta, inverses, scores,
    q_batch, q_head, q_row, q_column, k_batch, k_head, k_row, k_column, beta_batch, beta_head, beta_row,
    pairs, heads, tokens, chunks,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, C: tl.constexpr,
):  # fmt: skip
    """The inverse and the masked scores of one chunk, see `states.new_systems`."""
    pair, chunk = tl.program_id(0) // chunks, tl.program_id(0) % chunks
    batch, head = (pair // heads).to(tl.int64), (pair % heads).to(tl.int64)
    q += batch * q_batch + head * q_head
    k += batch * k_batch + head * k_head
    beta += batch * beta_batch + head * beta_head
    at = tl.arange(0, C)
    rows = chunk * C + at
    inside = rows < tokens
    gram = tl.full((C, C), 0.0, tl.float32)
    reads = tl.full((C, C), 0.0, tl.float32)
    for i in tl.static_range(TILES):
        keys = load_tile(k, rows, k_row, k_column, inside, i, D, TILE)
        queries = load_tile(q, rows, q_row, q_column, inside, i, D, TILE)
        gram = matmul(keys, tl.trans(keys), gram)
        reads = matmul(keys, tl.trans(queries), reads)
    rates = tl.load(beta + rows.to(tl.int64) * beta_row, mask=inside, other=0.0).to(tl.float32)
    before = at[:, None] > at[None, :]  # the column's token comes before the row's
    inverse = unit_inverse(tl.where(before, rates[:, None] * gram, 0.0), C)
    first, second = pair * 0, pair * 0 + 1
    store_square(chunk_pointers(inverses, second, pair, chunk, pairs, chunks, C, C), inverse, C)
    store_square(chunk_pointers(inverses, first, pair, chunk, pairs, chunks, C, C), tl.trans(inverse), C)
    # A query reads keys up to its own in the first direction, keys behind its own in the second.
    store_square(chunk_pointers(scores, first, pair, chunk, pairs, chunks, C, C), tl.where(before, 0.0, reads), C)
    store_square(chunk_pointers(scores, second, pair, chunk, pairs, chunks, C, C), tl.where(before, reads, 0.0), C)


def systems(q: torch.Tensor, k: torch.Tensor, beta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """(inverses, scores) of all chunks, see `states.new_systems`."""
    batch, heads, tokens, dim = q.shape
    inverses, scores = new_systems(q)
    chunks, tile = inverses.shape[2], tile_width(dim)
    system_kernel[(batch * heads * chunks,)](
        q, k, beta, inverses, scores, *q.stride(), *k.stride(), *beta.stride(), batch * heads, heads, tokens, chunks,
        D=dim, TILE=tile, TILES=cdiv(dim, tile), C=CHUNK, **launch(SYSTEM, q, tile),
    )  # fmt: skip
    return inverses, scores
