"""Linear attention in Triton, forward.

    S = sum_j phi(k_j)^T v_j,   z = sum_j phi(k_j)          first pass: reads k and v
    o_i = phi(q_i) S / (phi(q_i) . z + eps)                 second pass: reads q, writes o

Few tokens are one kernel's, with the state on chip. Otherwise two kernels go through them, each program through an
equal share. In the first pass these are whole (batch, head) pairs as far as they go round; the pairs that are left are
divided, and their partial states added in fp32. S and z are kept as means over the tokens and eps is divided to match
(see `reference.py`).
"""

import torch
import triton
import triton.language as tl

from kernels.buffers import new_state, no_state, token_major
from kernels.tiles import (
    SIZES,
    autotuned,
    features,
    lines_of,
    load_features,
    load_state,
    load_state_tile,
    load_tile,
    load_vector,
    matmul,
    narrow,
    normaliser_of,
    pair_at,
    programs,
    share_of,
    size_classes,
    split,
    store_tile,
    sum_lines,
    tile_width,
    widen,
    zero_tiles,
)

FUSED_TOKENS = 128  # beyond, one kernel for both passes keeps too few multiprocessors busy
REDUCTION = 4  # blocks of tokens that a program gets through while parts are added
FEWEST_BLOCKS = 3  # in a share: a part costs to write and to read what two blocks do


# The tensor cores read their left operand from shared memory, where the copy engine put it, without a stall, but not
# one that has been through registers. The features have (phi), so they are always the right operand and the left one
# is v^T: what accumulates is the transposed state, (value, key).
@triton.jit(do_not_specialize=("whole", "share"))
def state_kernel(
    k, v, scale, delta, state, z, parts,
    k_batch, k_head, k_row, k_column, v_batch, v_head, v_row, v_column,
    pairs, heads, tokens, factor, whole, share,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, RELU: tl.constexpr, SCALED: tl.constexpr,
    BLOCK: tl.constexpr,
):  # fmt: skip
    """state = factor sum_j phi(k_j)^T v_j and z = factor sum_j phi(k_j); SCALED, for the backward pass:
    state = factor sum_j phi(k_j)^T scale_j v_j and z = -factor sum_j phi(k_j) scale_j delta_j.

    A program holds one row of the state's tiles and is a worker together with the programs of the other rows: its
    neighbours, which read v from the L2. A worker goes through `whole` pairs alone, then through its `share` of the
    blocks of the pairs that are left. This ends anywhere, and what it has of each of them is a part: the state's rows
    and z below, (D + 1, D), at worker + pair (both only grow, so no two parts meet).
    """
    group, worker = tl.program_id(0) % TILES, tl.program_id(0) // TILES
    blocks = tl.cdiv(tokens, BLOCK)
    divided = tl.num_programs(0) // TILES * whole  # pairs from this one on are
    LINES: tl.constexpr = lines_of(BLOCK, TILE)
    at, last = worker * whole * blocks, (worker + 1) * whole * blocks
    for in_parts in range(2):  # one copy of the code for both
        while at < last:
            pair, batch, head, stop = pair_at(at, last, blocks, heads)
            keys, values_of = k + batch * k_batch + head * k_head, v + batch * v_batch + head * v_head
            totals = zero_tiles(TILES, TILE, TILE)
            z_total = tl.full((LINES, TILE), 0.0, tl.float32)
            for block in range(at - pair * blocks, stop - pair * blocks):
                rows = block * BLOCK + tl.arange(0, BLOCK)
                inside = rows < tokens
                x = features(load_tile(keys, rows, k_row, k_column, inside, group, D, TILE), RELU)
                if SCALED:
                    row = pair.to(tl.int64) * tokens + rows
                    scaled = widen(x) * tl.load(scale + row, mask=inside, other=0.0)[:, None]
                    row_delta = tl.load(delta + row, mask=inside, other=0.0)
                    z_total -= sum_lines(scaled * row_delta[:, None], LINES)
                    x = narrow(scaled, x.dtype)
                else:
                    z_total += sum_lines(widen(x), LINES)
                new_totals = ()
                for j in tl.static_range(TILES):
                    tile = load_tile(values_of, rows, v_row, v_column, inside, j, D, TILE)
                    new_totals += (matmul(tl.trans(tile), x, totals[j]),)
                totals = new_totals
            if in_parts:
                part = parts + (worker + pair - divided).to(tl.int64) * (D + 1) * D
                store_rows(part, part + D * D, totals, z_total, factor, group, D, TILE, TILES)
            else:
                place = pair.to(tl.int64) * D
                store_rows(state + place * D, z + place, totals, z_total, factor, group, D, TILE, TILES)
            at = stop
        at = divided * blocks + worker * share
        last = tl.minimum(at + share, pairs * blocks)


@triton.jit
def store_rows(state, z, totals, z_total, factor, group, D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr):
    rows = group * TILE + tl.arange(0, TILE)
    tl.store(z + rows, factor * tl.sum(z_total, 0), mask=rows < D)
    for j in tl.static_range(TILES):
        store_tile(state, factor * tl.trans(totals[j]), rows, D, 1, rows < D, j, D, TILE)


@triton.jit
def add_parts(parts, total, first, last, at, SIZE: tl.constexpr, D: tl.constexpr):
    x = tl.full(at.shape, 0.0, tl.float32)
    parts += first.to(tl.int64) * (D + 1) * D
    for _ in range(last - first + 1):
        x += tl.load(parts + at, mask=at < SIZE, other=0.0)
        parts += (D + 1) * D
    tl.store(total + at, narrow(x, total.dtype.element_ty), mask=at < SIZE)


@triton.jit
def reduce_kernel(parts, state, z, divided, blocks, share, D: tl.constexpr, BLOCK: tl.constexpr):
    """Add the parts of each pair from `divided` on: those of its state and, in its last program, those of its z."""
    pair, block = tl.program_id(0), tl.program_id(1)
    first, last = pair * blocks // share + pair, ((pair + 1) * blocks - 1) // share + pair
    place = (divided + pair).to(tl.int64) * D
    at = block * BLOCK + tl.arange(0, BLOCK)
    if block < tl.num_programs(1) - 1:
        add_parts(parts, state + place * D, first, last, at, D * D, D)
    else:
        add_parts(parts + D * D, z + place, first, last, tl.arange(0, BLOCK), D, D)


@autotuned(
    triton.Config({"BLOCK": 128}, num_warps=8, num_stages=3),  # most bytes in flight
    triton.Config({"BLOCK": 64}, num_warps=4, num_stages=2),  # few tokens: two programs to a multiprocessor
    triton.Config({"BLOCK": 64}, num_warps=8, num_stages=2),  # head_dim 256, where the others pass the shared memory
    fp32=triton.Config({"BLOCK": 16}, num_warps=8, num_stages=1),
)
@triton.jit(do_not_specialize=SIZES)
def output_kernel(
    q, state, z, o,
    q_batch, q_head, q_row, q_column, o_batch, o_head, o_row, o_column,
    pairs, heads, tokens, eps, PAIRS_CLASS, TOKENS_CLASS,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, RELU: tl.constexpr, RESIDENT: tl.constexpr,
    BLOCK: tl.constexpr,
):  # fmt: skip
    """o_i = phi(q_i) S / (phi(q_i) . z + eps); a RESIDENT S stays in shared memory."""
    blocks = tl.cdiv(tokens, BLOCK)
    at, last = share_of(tl.program_id(0), tl.num_programs(0), pairs, blocks)
    while at < last:
        pair, batch, head, stop = pair_at(at, last, blocks, heads)
        queries, outputs = q + batch * q_batch + head * q_head, o + batch * o_batch + head * o_head
        own_state = state + pair.to(tl.int64) * D * D
        states = load_state(own_state, D, TILE, TILES, RESIDENT)
        own_z = z + pair.to(tl.int64) * D
        zs = ()
        for i in tl.static_range(TILES):
            zs += (split(load_vector(own_z, i, D, TILE), q.dtype.element_ty),)
        for block in range(at - pair * blocks, stop - pair * blocks):
            rows = block * BLOCK + tl.arange(0, BLOCK)
            inside = rows < tokens
            xs = load_features(queries, rows, q_row, q_column, inside, D, TILE, TILES, RELU)
            inverse = 1.0 / (normaliser_of(xs, zs) + eps)
            for j in tl.static_range(TILES):
                total = tl.full((BLOCK, TILE), 0.0, tl.float32)
                for i in tl.static_range(TILES):
                    tile = states[i * TILES + j] if RESIDENT else load_state_tile(own_state, i, j, D, TILE)
                    total = matmul(xs[i], tile, total)
                store_tile(outputs, total * inverse[:, None], rows, o_row, o_column, inside, j, D, TILE)
        at = stop


@autotuned(
    triton.Config({"WHOLE": False, "BLOCK": 64}, num_warps=4, num_stages=3),  # most programs: small batches
    triton.Config({"WHOLE": True, "BLOCK": 64}, num_warps=8, num_stages=2),  # large ones: q and k are read once
    fp32=triton.Config({"WHOLE": False, "BLOCK": 32}, num_warps=8, num_stages=1),
)
@triton.jit(do_not_specialize=SIZES)
def fused_kernel(
    q, k, v, state, z, o,
    q_batch, q_head, q_row, q_column, k_batch, k_head, k_row, k_column,
    v_batch, v_head, v_row, v_column, o_batch, o_head, o_row, o_column,
    pairs, heads, tokens, factor, eps, PAIRS_CLASS, TOKENS_CLASS,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, MOST_TILES: tl.constexpr,
    RELU: tl.constexpr, SAVE: tl.constexpr, WHOLE: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Both passes with the state on chip: a pair's WHOLE state (as much of it as fits: MOST_TILES columns of tiles) or
    one column of its tiles. SAVE writes the state too, for the backward pass."""
    VALUE_TILES: tl.constexpr = MOST_TILES if WHOLE else 1
    GROUPS: tl.constexpr = TILES // VALUE_TILES
    group, pair = tl.program_id(0) % GROUPS, tl.program_id(0) // GROUPS
    batch, head = (pair // heads).to(tl.int64), (pair % heads).to(tl.int64)
    q += batch * q_batch + head * q_head
    k += batch * k_batch + head * k_head
    v += batch * v_batch + head * v_head
    o += batch * o_batch + head * o_head

    totals = zero_tiles(TILES * VALUE_TILES, TILE, TILE)  # transposed, as in state_kernel
    z_totals = ()
    for _ in tl.static_range(TILES):
        z_totals += (tl.full((TILE,), 0.0, tl.float32),)
    for start in range(0, tokens, BLOCK):
        rows = start + tl.arange(0, BLOCK)
        inside = rows < tokens
        values = ()
        for j in tl.static_range(VALUE_TILES):
            tile = load_tile(v, rows, v_row, v_column, inside, group * VALUE_TILES + j, D, TILE)
            values += (tl.trans(tile),)  # (TILE, BLOCK)
        new_totals, new_z_totals = (), ()
        for i in tl.static_range(TILES):
            x = features(load_tile(k, rows, k_row, k_column, inside, i, D, TILE), RELU)
            new_z_totals += (z_totals[i] + tl.sum(x.to(tl.float32), 0),)
            for j in tl.static_range(VALUE_TILES):
                new_totals += (matmul(values[j], x, totals[i * VALUE_TILES + j]),)
        totals, z_totals = new_totals, new_z_totals

    states, zs = (), ()
    for i in tl.static_range(TILES):
        z_total = factor * z_totals[i]
        zs += (split(z_total, q.dtype.element_ty),)
        keys = i * TILE + tl.arange(0, TILE)
        if SAVE:
            tl.store(z + pair.to(tl.int64) * D + keys, z_total, mask=keys < D)
        for j in tl.static_range(VALUE_TILES):
            tile = narrow(factor * tl.trans(totals[i * VALUE_TILES + j]), q.dtype.element_ty)
            states += (tile,)
            if SAVE:
                column = group * VALUE_TILES + j
                store_tile(state + pair.to(tl.int64) * D * D, tile, keys, D, 1, keys < D, column, D, TILE)

    for start in range(0, tokens, BLOCK):
        rows = start + tl.arange(0, BLOCK)
        inside = rows < tokens
        xs = load_features(q, rows, q_row, q_column, inside, D, TILE, TILES, RELU)
        inverse = 1.0 / (normaliser_of(xs, zs) + eps)
        for j in tl.static_range(VALUE_TILES):
            total = tl.full((BLOCK, TILE), 0.0, tl.float32)
            for i in tl.static_range(TILES):
                total = matmul(xs[i], states[i * VALUE_TILES + j], total)
            total *= inverse[:, None]
            store_tile(o, total, rows, o_row, o_column, inside, group * VALUE_TILES + j, D, TILE)


def most_tiles(tiles):
    """Rows (or columns) of the state's tiles that one program holds: up to 9 tiles, 144 registers a thread."""
    return tiles if tiles**2 <= 9 else tiles // 2


def state_pass(k, v, state, z, factor, feature_map, scale=None, delta=None):
    """Fill state (batch, heads, dim, dim) and z (batch, heads, dim); see `state_kernel`."""
    batch, heads, tokens, dim = k.shape
    pairs, tile = batch * heads, tile_width(dim)
    tiles = triton.cdiv(dim, tile)
    single = k.dtype == torch.float32
    block, warps, stages = (32, 8, 1) if single else (64, 4, 3)
    blocks = triton.cdiv(tokens, block)
    # As many whole pairs to each worker as go round; the rest in equal shares, and a kernel that adds their parts, for
    # the time that a program takes for some blocks. Where this takes as long as one more pair, or longer, all stay
    # whole: a worker to each, in waves of which the last may be half empty.
    workers = max(1, programs(k.device) // tiles)
    whole, rest = divmod(pairs, workers)
    share = max(FEWEST_BLOCKS, triton.cdiv(rest * blocks, workers))
    if share + REDUCTION >= blocks:
        workers, whole, rest = pairs, 1, 0
    sharing = triton.cdiv(rest * blocks, share)  # workers: not all of them where the rest is small
    parts = z  # none
    if rest:
        parts = torch.empty(sharing + rest, dim + 1, dim, dtype=torch.float32, device=k.device)
    scaled = scale is not None
    state_kernel[((workers if whole else sharing) * tiles,)](
        k, v, scale if scaled else z, delta if scaled else z, state, z, parts, *k.stride(), *v.stride(),
        pairs, heads, tokens, factor, whole, share, D=dim, TILE=tile, TILES=tiles, RELU=feature_map == "relu",
        SCALED=scaled, BLOCK=block, num_warps=warps, num_stages=stages,
    )  # fmt: skip
    if rest:
        size = 1024
        reduce_kernel[(rest, triton.cdiv(dim * dim, size) + 1)](
            parts, state, z, pairs - rest, blocks, share, D=dim, BLOCK=size
        )


def forward(q, k, v, eps, feature_map, save):
    """(o, state, z): state (batch, heads, dim, dim) and z (batch, heads, dim) are means over the tokens. They are
    empty unless `save`, for the backward pass."""
    batch, heads, tokens, dim = q.shape
    pairs, tile = batch * heads, tile_width(dim)
    tiles = triton.cdiv(dim, tile)
    shape = {"D": dim, "TILE": tile, "TILES": tiles, "RELU": feature_map == "relu"}
    o = token_major(q)
    state, z = new_state(q)
    if tokens <= FUSED_TOKENS:
        most = most_tiles(tiles)
        fused_kernel[lambda meta: (pairs * (tiles // most if meta["WHOLE"] else tiles),)](
            q, k, v, state, z, o, *q.stride(), *k.stride(), *v.stride(), *o.stride(),
            pairs, heads, tokens, 1 / tokens, eps / tokens, *size_classes(pairs, tokens),
            MOST_TILES=most, SAVE=save, **shape,
        )  # fmt: skip
    else:
        state_pass(k, v, state, z, 1 / tokens, feature_map)
        output_kernel[(programs(q.device),)](
            q, state, z, o, *q.stride(), *o.stride(), pairs, heads, tokens, eps / tokens,
            *size_classes(pairs, tokens), RESIDENT=q.dtype != torch.float32, **shape,
        )  # fmt: skip
    return (o, state, z) if save else (o, *no_state(q))
