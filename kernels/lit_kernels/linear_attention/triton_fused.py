"""Linear attention in Triton, both passes of the forward in one kernel: for few tokens, with the state on chip.

The equations are those of `triton_forward.py`. A program makes one column of a pair's state and what the pair's queries
take from it, so that k and q come from the L2 as often as there are columns.
"""

import torch
import triton
import triton.language as tl

from ..common.layout import token_major
from ..common.tiles import (
    cdiv,
    features,
    lines_of,
    load_features,
    load_tile,
    matmul,
    multiprocessors,
    narrow,
    normaliser_of,
    store_tile,
    sum_lines,
    tiling,
    widen,
    zero_tiles,
)

SHORT = 128  # tokens: beyond, two passes are faster,
SHORT_FILLED = 512  # or beyond this where the columns fill the multiprocessors
THREE_FIT = 3  # tiles to a column at most, or three programs do not fit to a multiprocessor
FEW_COLUMNS = triton.Config({"BLOCK": 64}, num_warps=4, num_stages=4)
MANY_COLUMNS = triton.Config({"BLOCK": 64}, num_warps=4, num_stages=2, maxnreg=168)  # three programs fit
FP32 = triton.Config({"BLOCK": 32}, num_warps=8, num_stages=1)


@triton.jit(do_not_specialize=("whole", "splits"))
def fused_kernel(
    q, k, v, kv_state, z_state, o,
    q_batch, q_head, q_row, q_column, k_batch, k_head, k_row, k_column,
    v_batch, v_head, v_row, v_column, o_batch, o_head, o_row, o_column,
    heads, tokens, whole, splits, factor, eps,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, VALUE_D: tl.constexpr, VALUE_TILE: tl.constexpr,
    VALUE_TILES: tl.constexpr, RELU: tl.constexpr, NORMALIZED: tl.constexpr, SAVE: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Both passes for one column of a pair's tiles, which stay on chip. SAVE writes them too, for the backward pass.
    The first `whole` columns are a program's each; of each other one `splits` programs share the queries, and all make
    its state."""
    LINES: tl.constexpr = lines_of(BLOCK, TILE)
    program = tl.program_id(0)
    sharing = program - whole
    index = tl.where(sharing < 0, program, whole + sharing // splits)
    part, step = tl.where(sharing < 0, 0, sharing % splits), tl.where(sharing < 0, 1, splits)
    column, pair = index % VALUE_TILES, index // VALUE_TILES
    batch, head = (pair // heads).to(tl.int64), (pair % heads).to(tl.int64)
    q += batch * q_batch + head * q_head
    k += batch * k_batch + head * k_head
    v += batch * v_batch + head * v_head
    o += batch * o_batch + head * o_head

    totals = zero_tiles(TILES, VALUE_TILE, TILE)  # transposed, as in state_kernel
    z_totals = zero_tiles(TILES, LINES, TILE)
    for start in range(0, tokens, BLOCK):
        rows = start + tl.arange(0, BLOCK)
        inside = rows < tokens
        values = tl.trans(load_tile(v, rows, v_row, v_column, inside, column, VALUE_D, VALUE_TILE))
        new_totals, new_z_totals = (), ()
        for i in tl.static_range(TILES):
            x = features(load_tile(k, rows, k_row, k_column, inside, i, D, TILE), RELU)
            if NORMALIZED:
                new_z_totals += (z_totals[i] + sum_lines(widen(x), LINES),)
            new_totals += (matmul(values, x, totals[i]),)
        totals = new_totals
        if NORMALIZED:
            z_totals = new_z_totals

    # Transposed, as they come. Nor is z summed up first: the normaliser's product adds its lines.
    states, zs = (), ()
    for i in tl.static_range(TILES):
        if NORMALIZED:
            zs += (tl.trans(narrow(factor * z_totals[i], q.dtype.element_ty)),)
        states += (narrow(factor * totals[i], q.dtype.element_ty),)
        if SAVE:
            keys = i * TILE + tl.arange(0, TILE)
            kept = keys < tl.where(part == 0, D, 0)
            if NORMALIZED:
                tl.store(z_state + pair.to(tl.int64) * D + keys, factor * tl.sum(z_totals[i], 0), mask=kept)
            own_kv_state = kv_state + pair.to(tl.int64) * D * VALUE_D
            store_tile(own_kv_state, tl.trans(states[i]), keys, VALUE_D, 1, kept, column, VALUE_D, VALUE_TILE)

    for start in range(part * BLOCK, tokens, step * BLOCK):
        rows = start + tl.arange(0, BLOCK)
        inside = rows < tokens
        xs = load_features(q, rows, q_row, q_column, inside, D, TILE, TILES, RELU)
        if NORMALIZED:
            inverse = 1.0 / (normaliser_of(xs, zs) + eps)
        total = tl.full((BLOCK, VALUE_TILE), 0.0, tl.float32)
        for i in tl.static_range(TILES):
            total = matmul(xs[i], tl.trans(states[i]), total)
        if NORMALIZED:
            total = total * inverse[:, None]
        store_tile(o, total, rows, o_row, o_column, inside, column, VALUE_D, VALUE_TILE)


def is_short(q, v):
    """Whether one kernel is the faster way."""
    batch, heads, tokens, dim = q.shape
    cut = tiling(dim, v.shape[3])
    fills = batch * heads * cut["VALUE_TILES"] >= multiprocessors(q.device) and cut["TILES"] <= THREE_FIT
    return tokens <= (SHORT_FILLED if fills else SHORT)


def fused_pass(q, k, v, kv_state, z_state, eps, feature_map, save, normalize):
    """Both passes, see `fused_kernel`; kv_state and, if `normalize`, z_state are filled if `save`."""
    batch, heads, tokens, dim = q.shape
    cut = tiling(dim, v.shape[3])
    columns, slots = batch * heads * cut["VALUE_TILES"], multiprocessors(q.device)
    config = FP32 if q.dtype == torch.float32 else FEW_COLUMNS
    if config is FEW_COLUMNS and columns > 2 * slots and cut["TILES"] <= THREE_FIT:
        config, slots = MANY_COLUMNS, 3 * slots
    # Full waves of programs; in the last one several share a column.
    rest = columns % slots
    splits = min(cdiv(tokens, config.kwargs["BLOCK"]), slots // rest) if rest else 1
    o = token_major(v)
    fused_kernel[(columns - rest + rest * splits,)](
        q, k, v, kv_state, z_state, o, *q.stride(), *k.stride(), *v.stride(), *o.stride(),
        heads, tokens, columns - rest, splits, 1 / tokens, eps / tokens, **cut,
        RELU=feature_map == "relu", NORMALIZED=normalize, SAVE=save, **config.all_kwargs(),
    )  # fmt: skip
    return o
