"""The delta rule in Triton, backward.

The names are those of `triton_forward.py`; G is the gradient of O, and all is linear in it, so that scale comes last.
In the first direction, with dS the gradient of the state that a chunk leaves and B = (I + A)^-1,

    dX = P^T G + K dS,   Z = B^T dX,   dE = D Z,   dS <- dS + Q^T G - K^T dE                  the scan, chunks reversed
    dV = dE,   dQ = G S^T + H K,   dK = H^T Q + X dS^T - dE S^T + D M K + (D M)^T K           chunk by chunk
    H = tril(G X^T),   M = -tril(Z X^T, -1),   dbeta = rowsum(Z o E) + rowsum(M o K K^T)

and in the second one, where X = D F and F = B^T E, the same but for

    dE = B D dX,   H = triu(G X^T, 1),   M = -tril(F dE^T, -1),   dbeta = rowsum(F o dX) + rowsum(M o K K^T).

No product here takes a transposed result of another one, which Triton up to 3.7.0 gets wrong on Hopper: what is needed
both ways is computed both ways, or stored and loaded.
"""

import torch
import triton
import triton.language as tl

from ..common.layout import token_major
from ..common.tiles import cdiv, load_tile, load_tiles, matmul, narrow, store_tile, tile_width, zero_tiles
from .reference import CHUNK
from .states import DIRECTIONS
from .triton_forward import load_values, place_of
from .triton_system import chunk_pointers, launch, load_square, store_square

SCAN = {"num_warps": 4, "num_stages": 2}
SYSTEM = {"num_warps": 8, "num_stages": 1}
CHUNKS = {"num_warps": 4, "num_stages": 2}


@triton.jit
def grad_scan_kernel(
    q, k, do, beta, inverses, scores, dstates, dwritten,
    q_batch, q_head, q_row, q_column, k_batch, k_head, k_row, k_column, do_batch, do_head, do_row, do_column,
    beta_batch, beta_head, beta_row, pairs, heads, tokens, chunks,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, VALUE_D: tl.constexpr, VALUE_TILE: tl.constexpr,
    C: tl.constexpr,
):  # fmt: skip
    """The scan of dS for one pair, one tile of the values and one direction; transposed, as the forward one is. Keeps
    for each chunk the dS that it meets and dX."""
    VALUE_TILES: tl.constexpr = (VALUE_D + VALUE_TILE - 1) // VALUE_TILE
    pair, direction, column = place_of(tl.program_id(0), VALUE_TILES)
    batch, head = (pair // heads).to(tl.int64), (pair % heads).to(tl.int64)
    q += batch * q_batch + head * q_head
    k += batch * k_batch + head * k_head
    do += batch * do_batch + head * do_head
    beta += batch * beta_batch + head * beta_head
    own_values = (direction.to(tl.int64) * pairs + pair) * tokens * VALUE_D
    value_columns = column * VALUE_TILE + tl.arange(0, VALUE_TILE)
    dtype: tl.constexpr = q.dtype.element_ty

    dstate = zero_tiles(TILES, VALUE_TILE, TILE)
    chunk = tl.where(direction == 0, chunks - 1, 0)
    onward = tl.where(direction == 0, -1, 1)
    rows = chunk * C + tl.arange(0, C)
    gradients, rates = load_values(do, beta, rows, do_row, do_column, beta_row, tokens, column, VALUE_D, VALUE_TILE)
    for _ in range(chunks):
        inside = rows < tokens
        keys = load_tiles(k, rows, k_row, k_column, inside, D, TILE, TILES)
        queries = load_tiles(q, rows, q_row, q_column, inside, D, TILE, TILES)
        inverse = load_square(chunk_pointers(inverses, 1 - direction, pair, chunk, pairs, chunks, C, C), C)
        reads = load_square(chunk_pointers(scores, direction, pair, chunk, pairs, chunks, C, C), C)

        turned = tl.trans(gradients)
        before, after = tl.where(direction == 0, 1.0, rates), tl.where(direction == 0, -rates, -1.0)
        next_rows = rows + onward * C
        gradients, rates = load_values(
            do, beta, next_rows, do_row, do_column, beta_row, tokens, column, VALUE_D, VALUE_TILE
        )
        dx = matmul(turned, tl.trans(reads), tl.full((VALUE_TILE, C), 0.0, tl.float32))
        for i in tl.static_range(TILES):
            tile = narrow(dstate[i], dtype)
            target = chunk_pointers(dstates, direction, pair, chunk, pairs, chunks, VALUE_D, D)
            store_tile(target, tile, value_columns, D, 1, value_columns < VALUE_D, i, D, TILE)
            dx = matmul(tile, tl.trans(keys[i]), dx)
        store_tile(dwritten + own_values, tl.trans(dx), rows, VALUE_D, 1, inside, column, VALUE_D, VALUE_TILE)
        dx *= before[None, :]
        derror = matmul(narrow(dx, dtype), inverse, tl.full((VALUE_TILE, C), 0.0, tl.float32))
        derror = narrow(derror * after[None, :], dtype)  # -dE
        new_dstate = ()
        for i in tl.static_range(TILES):
            new_dstate += (matmul(derror, keys[i], matmul(turned, queries[i], dstate[i])),)
        dstate = new_dstate
        chunk += onward
        rows = next_rows


@triton.jit
def grad_system_kernel(
    k, do, beta, inverses, errors, dwritten, written, dscores, dgram, dv, dbeta,
    k_batch, k_head, k_row, k_column, do_batch, do_head, do_row, do_column, beta_batch, beta_head, beta_row,
    dv_batch, dv_head, dv_row, dv_column, pairs, heads, tokens, chunks, scale,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, VALUE_D: tl.constexpr, VALUE_TILE: tl.constexpr,
    C: tl.constexpr,
):  # fmt: skip
    """One chunk, both directions: dv and dbeta, and for `grad_kernel` X, -dE in the place of dX, H and D M."""
    VALUE_TILES: tl.constexpr = (VALUE_D + VALUE_TILE - 1) // VALUE_TILE
    pair, chunk = tl.program_id(0) // chunks, tl.program_id(0) % chunks
    batch, head = (pair // heads).to(tl.int64), (pair % heads).to(tl.int64)
    k += batch * k_batch + head * k_head
    do += batch * do_batch + head * do_head
    beta += batch * beta_batch + head * beta_head
    dv += batch * dv_batch + head * dv_head
    first = pair.to(tl.int64) * tokens * VALUE_D
    second = (pair.to(tl.int64) + pairs) * tokens * VALUE_D
    at = tl.arange(0, C)
    rows = chunk * C + at
    inside = rows < tokens
    rates = tl.load(beta + rows.to(tl.int64) * beta_row, mask=inside, other=0.0).to(tl.float32)
    turned = load_square(chunk_pointers(inverses, pair * 0, pair, chunk, pairs, chunks, C, C), C)
    dtype: tl.constexpr = k.dtype.element_ty

    drates = tl.full((C,), 0.0, tl.float32)
    corrections = tl.full((C, C), 0.0, tl.float32)  # -M
    reads = tl.full((C, C), 0.0, tl.float32)  # H of the first direction
    reads_turned = tl.full((C, C), 0.0, tl.float32)  # H^T of the second one, but for D
    for j in range(VALUE_TILES):
        gradients = load_tile(do, rows, do_row, do_column, inside, j, VALUE_D, VALUE_TILE)
        error = load_tile(errors + first, rows, VALUE_D, 1, inside, j, VALUE_D, VALUE_TILE)
        dx = load_tile(dwritten + first, rows, VALUE_D, 1, inside, j, VALUE_D, VALUE_TILE)
        zero = tl.full((C, VALUE_TILE), 0.0, tl.float32)
        zero_turned = tl.full((VALUE_TILE, C), 0.0, tl.float32)
        z = matmul(turned, dx, zero)
        drates += tl.sum(z * error.to(tl.float32), 1)
        x = narrow(matmul(narrow(tl.trans(error).to(tl.float32) * rates[None, :], dtype), turned, zero_turned), dtype)
        corrections = matmul(narrow(z, dtype), x, corrections)
        reads = matmul(gradients, x, reads)
        dvalues = z * rates[:, None]
        store_tile(written + first, tl.trans(x), rows, VALUE_D, 1, inside, j, VALUE_D, VALUE_TILE)
        store_tile(dwritten + first, -dvalues, rows, VALUE_D, 1, inside, j, VALUE_D, VALUE_TILE)

        error = load_tile(errors + second, rows, VALUE_D, 1, inside, j, VALUE_D, VALUE_TILE)
        dx = load_tile(dwritten + second, rows, VALUE_D, 1, inside, j, VALUE_D, VALUE_TILE)
        f = matmul(turned, error, zero)
        drates += tl.sum(f * dx.to(tl.float32), 1)
        derror = matmul(narrow(tl.trans(dx).to(tl.float32) * rates[None, :], dtype), turned, zero_turned)
        corrections = matmul(narrow(f, dtype), narrow(derror, dtype), corrections)
        reads_turned = matmul(narrow(f, dtype), tl.trans(gradients), reads_turned)
        derror = tl.trans(derror)
        store_tile(written + second, f * rates[:, None], rows, VALUE_D, 1, inside, j, VALUE_D, VALUE_TILE)
        store_tile(dwritten + second, -derror, rows, VALUE_D, 1, inside, j, VALUE_D, VALUE_TILE)
        store_tile(dv, scale * (dvalues + derror), rows, dv_row, dv_column, inside, j, VALUE_D, VALUE_TILE)

    gram = tl.full((C, C), 0.0, tl.float32)
    for i in tl.static_range(TILES):
        keys = load_tile(k, rows, k_row, k_column, inside, i, D, TILE)
        gram = matmul(keys, tl.trans(keys), gram)
    before = at[:, None] > at[None, :]
    corrections = tl.where(before, -corrections, 0.0)
    drates = scale * (drates + tl.sum(corrections * gram, 1))
    tl.store(dbeta + pair.to(tl.int64) * tokens + rows, narrow(drates, dbeta.dtype.element_ty), mask=inside)
    reads_turned = tl.where(before, reads_turned * rates[:, None], 0.0)
    reads = tl.where(at[:, None] >= at[None, :], reads, 0.0) + tl.trans(reads_turned)
    store_square(chunk_pointers(dscores, pair * 0, pair, chunk, pairs, chunks, C, C), reads, C)
    corrections *= rates[:, None]
    store_square(chunk_pointers(dgram, pair * 0, pair, chunk, pairs, chunks, C, C), corrections, C)


@triton.jit
def grad_kernel(
    q, k, do, states, dstates, written, derrors, dscores, dgram, dq, dk,
    q_batch, q_head, q_row, q_column, k_batch, k_head, k_row, k_column, do_batch, do_head, do_row, do_column,
    dq_batch, dq_head, dq_row, dq_column, dk_batch, dk_head, dk_row, dk_column, pairs, heads, tokens, chunks, scale,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, VALUE_D: tl.constexpr, VALUE_TILE: tl.constexpr,
    C: tl.constexpr,
):  # fmt: skip
    """dq and dk of one chunk and one tile of the head; `derrors` are -dE."""
    VALUE_TILES: tl.constexpr = (VALUE_D + VALUE_TILE - 1) // VALUE_TILE
    tile, place = tl.program_id(0) % TILES, tl.program_id(0) // TILES
    pair, chunk = place // chunks, place % chunks
    batch, head = (pair // heads).to(tl.int64), (pair % heads).to(tl.int64)
    q += batch * q_batch + head * q_head
    k += batch * k_batch + head * k_head
    do += batch * do_batch + head * do_head
    dq += batch * dq_batch + head * dq_head
    dk += batch * dk_batch + head * dk_head
    rows = chunk * C + tl.arange(0, C)
    inside = rows < tokens

    queries = load_tile(q, rows, q_row, q_column, inside, tile, D, TILE)
    keys = load_tile(k, rows, k_row, k_column, inside, tile, D, TILE)
    reads = load_square(chunk_pointers(dscores, pair * 0, pair, chunk, pairs, chunks, C, C), C)
    corrections = load_square(chunk_pointers(dgram, pair * 0, pair, chunk, pairs, chunks, C, C), C)
    zero = tl.full((C, TILE), 0.0, tl.float32)
    grad_queries = matmul(reads, keys, zero)
    grad_keys = matmul(tl.trans(reads), queries, zero)
    grad_keys = matmul(corrections, keys, grad_keys)
    grad_keys = matmul(tl.trans(corrections), keys, grad_keys)
    for step in range(2 * VALUE_TILES):
        direction, j = step % 2, step // 2
        value_columns = j * VALUE_TILE + tl.arange(0, VALUE_TILE)
        exist = value_columns < VALUE_D
        own_values = (direction * pairs + pair).to(tl.int64) * tokens * VALUE_D
        own_state = ((direction * pairs + pair).to(tl.int64) * chunks + chunk) * (VALUE_D * D)
        state = load_tile(states + own_state, value_columns, D, 1, exist, tile, D, TILE)
        dstate = load_tile(dstates + own_state, value_columns, D, 1, exist, tile, D, TILE)
        gradients = load_tile(do, rows, do_row, do_column, inside, j, VALUE_D, VALUE_TILE)
        x = load_tile(written + own_values, rows, VALUE_D, 1, inside, j, VALUE_D, VALUE_TILE)
        derror = load_tile(derrors + own_values, rows, VALUE_D, 1, inside, j, VALUE_D, VALUE_TILE)
        grad_queries = matmul(gradients, state, grad_queries)
        grad_keys = matmul(derror, state, matmul(x, dstate, grad_keys))
    store_tile(dq, grad_queries * scale, rows, dq_row, dq_column, inside, tile, D, TILE)
    store_tile(dk, grad_keys * scale, rows, dk_row, dk_column, inside, tile, D, TILE)


def backward(do, q, k, v, beta, inverses, scores, states, errors, scale):
    """(dq, dk, dv, dbeta); what comes between beta and scale is what `triton_forward.forward` kept."""
    batch, heads, tokens, dim = q.shape
    value_dim, pairs, chunks = v.shape[3], batch * heads, inverses.shape[2]
    tile, value_tile = tile_width(dim), tile_width(value_dim)
    tiles, value_tiles = cdiv(dim, tile), cdiv(value_dim, value_tile)
    shape = {"D": dim, "TILE": tile, "TILES": tiles, "VALUE_D": value_dim, "VALUE_TILE": value_tile, "C": CHUNK}
    sizes = (pairs, heads, tokens, chunks)
    dstates, dwritten, written = torch.empty_like(states), torch.empty_like(errors), torch.empty_like(errors)
    grad_scan_kernel[(pairs * DIRECTIONS * value_tiles,)](
        q, k, do, beta, inverses, scores, dstates, dwritten,
        *q.stride(), *k.stride(), *do.stride(), *beta.stride(), *sizes, **shape, **launch(SCAN, q, tile, value_tile),
    )  # fmt: skip
    dscores, dgram = (q.new_empty(pairs, chunks, CHUNK, CHUNK) for _ in range(2))
    dq, dk, dv, dbeta = token_major(q), token_major(k), token_major(v), beta.new_empty(beta.shape)
    grad_system_kernel[(pairs * chunks,)](
        k, do, beta, inverses, errors, dwritten, written, dscores, dgram, dv, dbeta,
        *k.stride(), *do.stride(), *beta.stride(), *dv.stride(), *sizes, scale, **shape,
        **launch(SYSTEM, q, tile, value_tile),
    )  # fmt: skip
    grad_kernel[(pairs * chunks * tiles,)](
        q, k, do, states, dstates, written, dwritten, dscores, dgram, dq, dk,
        *q.stride(), *k.stride(), *do.stride(), *dq.stride(), *dk.stride(), *sizes, scale, **shape,
        **launch(CHUNKS, q, tile, value_tile),
    )  # fmt: skip
    return dq, dk, dv, dbeta
