"""The delta rule in Triton, forward: the scan over the chunks, in both directions.

With S the state that a chunk meets, A = D L as in `triton_system.py` and P the scores of the keys that it reads,

    E = V - K S,    X = (I + A)^-1 D E,    O = scale (Q S + P X),    S <- S + K^T X

from the first chunk on, and from the last one with D (I + A)^-T in place of (I + A)^-1 D. A program holds the state of
64 columns of the values and everything is transposed: S^T, E^T and X^T are then left operands of the next product,
which Hopper's tensor cores take from the registers that the last one left them in. Only K, Q, V and the matrices of
`triton_system.py`, which do not depend on the scan, pass through shared memory, ahead of their use.
"""

import triton
import triton.language as tl

from ..common.layout import token_major
from ..common.tiles import cdiv, load_tile, load_tiles, matmul, narrow, store_tile, tile_width, zero_tiles
from .reference import CHUNK
from .states import DIRECTIONS, new_states, no_states
from .triton_system import chunk_pointers, launch, load_square, systems

SCAN = {"num_warps": 4, "num_stages": 2}  # two programs to a multiprocessor at head_dim 128, three at 64


@triton.jit
def place_of(program, VALUE_TILES: tl.constexpr):
    """(pair, direction, tile of the values). Programs that read the same tokens are neighbours and share the L2."""
    return program // (2 * VALUE_TILES), program // VALUE_TILES % 2, program % VALUE_TILES


@triton.jit
def load_values(
    v, beta, rows, v_row, v_column, beta_row, tokens, column, VALUE_D: tl.constexpr, VALUE_TILE: tl.constexpr
):  # fmt: skip
    """(a tile of the values, the rates in fp32) of the rows; zero outside the tokens, on either end."""
    inside = (rows >= 0) & (rows < tokens)
    values = load_tile(v, rows, v_row, v_column, inside, column, VALUE_D, VALUE_TILE)
    return values, tl.load(beta + rows.to(tl.int64) * beta_row, mask=inside, other=0.0).to(tl.float32)


@triton.jit
def scan_kernel(
    q, k, v, beta, inverses, scores, parts, o, states, errors,
    q_batch, q_head, q_row, q_column, k_batch, k_head, k_row, k_column, v_batch, v_head, v_row, v_column,
    beta_batch, beta_head, beta_row, o_batch, o_head, o_row, o_column,
    pairs, heads, tokens, chunks, scale,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, VALUE_D: tl.constexpr, VALUE_TILE: tl.constexpr,
    SAVE: tl.constexpr, C: tl.constexpr,
):  # fmt: skip
    """The scan of one pair of batch and head, one tile of the values and one direction. The first direction's output
    goes to `parts`, the second one's to `o`. SAVE writes the states and E too, for the backward pass."""
    VALUE_TILES: tl.constexpr = (VALUE_D + VALUE_TILE - 1) // VALUE_TILE
    pair, direction, column = place_of(tl.program_id(0), VALUE_TILES)
    batch, head = (pair // heads).to(tl.int64), (pair % heads).to(tl.int64)
    q += batch * q_batch + head * q_head
    k += batch * k_batch + head * k_head
    v += batch * v_batch + head * v_head
    beta += batch * beta_batch + head * beta_head
    offset = batch * o_batch + head * o_head
    output = tl.where(direction == 0, parts + offset, o + offset)
    own_values = (direction.to(tl.int64) * pairs + pair) * tokens * VALUE_D
    value_columns = column * VALUE_TILE + tl.arange(0, VALUE_TILE)
    dtype: tl.constexpr = q.dtype.element_ty

    state = zero_tiles(TILES, VALUE_TILE, TILE)
    chunk = tl.where(direction == 0, 0, chunks - 1)
    onward = tl.where(direction == 0, 1, -1)
    rows = chunk * C + tl.arange(0, C)
    values, rates = load_values(v, beta, rows, v_row, v_column, beta_row, tokens, column, VALUE_D, VALUE_TILE)
    for _ in range(chunks):
        inside = rows < tokens
        keys = load_tiles(k, rows, k_row, k_column, inside, D, TILE, TILES)
        queries = load_tiles(q, rows, q_row, q_column, inside, D, TILE, TILES)
        inverse = load_square(chunk_pointers(inverses, direction, pair, chunk, pairs, chunks, C, C), C)
        reads = load_square(chunk_pointers(scores, direction, pair, chunk, pairs, chunks, C, C), C)

        error = tl.trans(values).to(tl.float32)
        before, after = tl.where(direction == 0, rates, 1.0), tl.where(direction == 0, 1.0, rates)
        next_rows = rows + onward * C
        values, rates = load_values(v, beta, next_rows, v_row, v_column, beta_row, tokens, column, VALUE_D, VALUE_TILE)
        mixed = tl.full((VALUE_TILE, C), 0.0, tl.float32)
        for i in tl.static_range(TILES):
            tile = narrow(state[i], dtype)
            if SAVE:
                target = chunk_pointers(states, direction, pair, chunk, pairs, chunks, VALUE_D, D)
                store_tile(target, tile, value_columns, D, 1, value_columns < VALUE_D, i, D, TILE)
            error = matmul(narrow(-state[i], dtype), tl.trans(keys[i]), error)
            mixed = matmul(tile, tl.trans(queries[i]), mixed)
        if SAVE:
            store_tile(errors + own_values, tl.trans(error), rows, VALUE_D, 1, inside, column, VALUE_D, VALUE_TILE)
        error *= before[None, :]
        written = matmul(narrow(error, dtype), inverse, tl.full((VALUE_TILE, C), 0.0, tl.float32))
        written = narrow(written * after[None, :], dtype)
        mixed = matmul(written, reads, mixed)
        new_state = ()
        for i in tl.static_range(TILES):
            new_state += (matmul(written, keys[i], state[i]),)
        state = new_state
        store_tile(output, tl.trans(mixed * scale), rows, o_row, o_column, inside, column, VALUE_D, VALUE_TILE)
        chunk += onward
        rows = next_rows


def forward(q, k, v, beta, scale, save):
    """o, and what the backward pass wants (see `states.py`), or empty tensors without `save`."""
    batch, heads, tokens, dim = q.shape
    value_dim, pairs = v.shape[3], batch * heads
    inverses, scores = systems(q, k, beta)
    chunks = inverses.shape[2]
    o, part = token_major(v), token_major(v)
    states, errors = new_states(q, v) if save else no_states(q)[:2]
    tile, value_tile = tile_width(dim), tile_width(value_dim)
    grid = (pairs * DIRECTIONS * cdiv(value_dim, value_tile),)
    scan_kernel[grid](
        q, k, v, beta, inverses, scores, part, o, states, errors,
        *q.stride(), *k.stride(), *v.stride(), *beta.stride(), *o.stride(), pairs, heads, tokens, chunks, scale,
        D=dim, TILE=tile, TILES=cdiv(dim, tile), VALUE_D=value_dim, VALUE_TILE=value_tile, SAVE=save, C=CHUNK,
        **launch(SCAN, q, tile, value_tile),
    )  # fmt: skip
    o += part
    return (o, inverses, scores, states, errors) if save else (o, *no_states(q))
