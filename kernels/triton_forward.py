"""Linear attention in Triton, forward.

    S = sum_j phi(k_j)^T v_j,   z = sum_j phi(k_j)          first pass: reads k and v
    o_i = phi(q_i) S / (phi(q_i) . z + eps)                 second pass: reads q, writes o

Up to a few hundred tokens one kernel does both with the state on chip. Beyond that two kernels do; where there are
fewer (batch, head) pairs than multiprocessors the first one splits the tokens, and the partial states are added in
fp32. S and z are kept as means over the tokens and eps is divided to match (see `reference.py`).
"""

import torch
import triton
import triton.language as tl

from kernels.buffers import new_state, no_state, token_major
from kernels.tiles import (
    SIZES,
    autotuned,
    cut,
    features,
    load_state,
    load_state_tile,
    load_tile,
    load_vectors,
    matmul,
    multiprocessors,
    narrow,
    size_classes,
    store_tile,
    tile_width,
    zero_tiles,
)


# The tensor cores read their left operand from shared memory, where the copy engine put it, without a stall, but not
# one that has been through registers. The features have (phi), so they are always the right operand and the left one
# is v^T: what accumulates is the transposed state, (value, key).
@autotuned(
    triton.Config({"BLOCK": 64}, num_warps=8, num_stages=3),  # most bytes in flight: 128 KB at head_dim 192
    triton.Config({"BLOCK": 32}, num_warps=8, num_stages=3),  # a shorter ramp where a program has few tokens
    fp32=triton.Config({"BLOCK": 32}, num_warps=8, num_stages=1),
)
@triton.jit(do_not_specialize=SIZES)
def state_kernel(
    k, v, scale, delta, state, z,
    k_batch, k_head, k_row, k_column, v_batch, v_head, v_row, v_column,
    pairs, heads, tokens, split_tokens, factor, PAIRS_CLASS, TOKENS_CLASS,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, KEY_TILES: tl.constexpr,
    RELU: tl.constexpr, SCALED: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """state = factor sum_j phi(k_j)^T v_j and z = factor sum_j phi(k_j) over one split of the tokens; SCALED, for the
    backward pass: state = factor sum_j phi(k_j)^T scale_j v_j and z = -factor sum_j phi(k_j) scale_j delta_j.

    A program holds KEY_TILES of the state's TILES rows of tiles.
    """
    GROUPS: tl.constexpr = TILES // KEY_TILES
    group = tl.program_id(0) % GROUPS
    pair = tl.program_id(0) // GROUPS % pairs
    split = tl.program_id(0) // GROUPS // pairs
    batch, head = (pair // heads).to(tl.int64), (pair % heads).to(tl.int64)
    k += batch * k_batch + head * k_head
    v += batch * v_batch + head * v_head
    scale += pair.to(tl.int64) * tokens
    delta += pair.to(tl.int64) * tokens
    first = split * split_tokens
    last = tl.minimum(first + split_tokens, tokens)

    totals = zero_tiles(KEY_TILES * TILES, TILE, TILE)
    z_totals = ()
    for _ in tl.static_range(KEY_TILES):
        z_totals += (tl.full((TILE,), 0.0, tl.float32),)
    for start in range(first, last, BLOCK):
        rows = start + tl.arange(0, BLOCK)
        inside = rows < last
        values = ()
        for j in tl.static_range(TILES):
            values += (tl.trans(load_tile(v, rows, v_row, v_column, inside, j, D, TILE)),)  # (TILE, BLOCK)
        new_totals, new_z_totals = (), ()
        for i in tl.static_range(KEY_TILES):
            x = features(load_tile(k, rows, k_row, k_column, inside, group * KEY_TILES + i, D, TILE), RELU)
            if SCALED:
                scaled = x.to(tl.float32) * tl.load(scale + rows, mask=inside, other=0.0)[:, None]
                row_delta = tl.load(delta + rows, mask=inside, other=0.0)
                new_z_totals += (z_totals[i] - tl.sum(scaled * row_delta[:, None], 0),)
                x = narrow(scaled, x.dtype)
            else:
                new_z_totals += (z_totals[i] + tl.sum(x.to(tl.float32), 0),)
            for j in tl.static_range(TILES):
                new_totals += (matmul(values[j], x, totals[i * TILES + j]),)
        totals, z_totals = new_totals, new_z_totals

    place = split.to(tl.int64) * pairs + pair
    for i in tl.static_range(KEY_TILES):
        keys = (group * KEY_TILES + i) * TILE + tl.arange(0, TILE)
        tl.store(z + place * D + keys, factor * z_totals[i], mask=keys < D)
        for j in tl.static_range(TILES):
            part = factor * tl.trans(totals[i * TILES + j])
            store_tile(state + place * D * D, part, keys, D, 1, keys < D, j, D, TILE)


@triton.jit
def add_parts(parts, total, block, size, splits, BLOCK: tl.constexpr):
    at = block.to(tl.int64) * BLOCK + tl.arange(0, BLOCK)
    x = tl.full((BLOCK,), 0.0, tl.float32)
    for _ in range(splits):
        x += tl.load(parts + at, mask=at < size, other=0.0)
        parts += size
    tl.store(total + at, narrow(x, total.dtype.element_ty), mask=at < size)


@triton.jit
def reduce_kernel(state_parts, z_parts, state, z, state_size, z_size, splits, BLOCK: tl.constexpr):
    """Add the splits' partial states and, in the last programs, their z."""
    block = tl.program_id(0)
    state_blocks = (state_size + BLOCK - 1) // BLOCK
    if block < state_blocks:
        add_parts(state_parts, state, block, state_size, splits, BLOCK)
    else:
        add_parts(z_parts, z, block - state_blocks, z_size, splits, BLOCK)


@autotuned(
    triton.Config({"BLOCK": 64}, num_warps=4, num_stages=2),  # two programs to a multiprocessor at head_dim 192
    triton.Config({"BLOCK": 128}, num_warps=8, num_stages=2),  # one, with half as many trips round the loop
    triton.Config({"BLOCK": 64}, num_warps=8, num_stages=2),  # head_dim 256, where the others spill a few registers
    fp32=triton.Config({"BLOCK": 16}, num_warps=8, num_stages=1),
)
@triton.jit(do_not_specialize=SIZES)
def output_kernel(
    q, state, z, o,
    q_batch, q_head, q_row, q_column, o_batch, o_head, o_row, o_column,
    pairs, heads, tokens, chunk_tokens, eps, PAIRS_CLASS, TOKENS_CLASS,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, RELU: tl.constexpr, RESIDENT: tl.constexpr,
    BLOCK: tl.constexpr,
):  # fmt: skip
    """o_i = phi(q_i) S / (phi(q_i) . z + eps) for one chunk of the tokens; a RESIDENT S stays in shared memory."""
    pair = tl.program_id(0) % pairs
    first = tl.program_id(0) // pairs * chunk_tokens
    last = tl.minimum(first + chunk_tokens, tokens)
    batch, head = (pair // heads).to(tl.int64), (pair % heads).to(tl.int64)
    q += batch * q_batch + head * q_head
    o += batch * o_batch + head * o_head
    state += pair.to(tl.int64) * D * D
    states = load_state(state, D, TILE, TILES, RESIDENT)
    zs = load_vectors(z + pair.to(tl.int64) * D, D, TILE, TILES)
    for start in range(first, last, BLOCK):
        rows = start + tl.arange(0, BLOCK)
        inside = rows < last
        xs = ()
        normaliser = tl.full((BLOCK,), eps, tl.float32)
        for i in tl.static_range(TILES):
            x = features(load_tile(q, rows, q_row, q_column, inside, i, D, TILE), RELU)
            normaliser += tl.sum(x.to(tl.float32) * zs[i][None, :], 1)
            xs += (x,)
        inverse = 1.0 / normaliser
        for j in tl.static_range(TILES):
            total = tl.full((BLOCK, TILE), 0.0, tl.float32)
            for i in tl.static_range(TILES):
                tile = states[i * TILES + j] if RESIDENT else load_state_tile(state, i, j, D, TILE)
                total = matmul(xs[i], tile, total)
            store_tile(o, total * inverse[:, None], rows, o_row, o_column, inside, j, D, TILE)


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
        zs += (factor * z_totals[i],)
        keys = i * TILE + tl.arange(0, TILE)
        if SAVE:
            tl.store(z + pair.to(tl.int64) * D + keys, zs[i], mask=keys < D)
        for j in tl.static_range(VALUE_TILES):
            tile = narrow(factor * tl.trans(totals[i * VALUE_TILES + j]), q.dtype.element_ty)
            states += (tile,)
            if SAVE:
                column = group * VALUE_TILES + j
                store_tile(state + pair.to(tl.int64) * D * D, tile, keys, D, 1, keys < D, column, D, TILE)

    for start in range(0, tokens, BLOCK):
        rows = start + tl.arange(0, BLOCK)
        inside = rows < tokens
        xs = ()
        normaliser = tl.full((BLOCK,), eps, tl.float32)
        for i in tl.static_range(TILES):
            x = features(load_tile(q, rows, q_row, q_column, inside, i, D, TILE), RELU)
            normaliser += tl.sum(x.to(tl.float32) * zs[i][None, :], 1)
            xs += (x,)
        inverse = 1.0 / normaliser
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
    slots = multiprocessors(k.device)
    # Programs with one row of the state's tiles read v again, from the L2: where they fill the card better, and for
    # fp32, whose operands need the registers.
    shapes = []
    for key_tiles in {1} if k.dtype == torch.float32 else {1, most_tiles(tiles)}:
        share = key_tiles / tiles
        reads = (1 + share) / 2  # what is read of k and v together
        # A partial state is written and read again: 8 dim^2 bytes where a token of k and v has 4 dim.
        cost, splits = cut(pairs * tiles // key_tiles, slots, tokens, 2 * dim * share / reads)
        shapes.append((cost * reads, splits, key_tiles))
    _, splits, key_tiles = min(shapes)
    split_tokens = triton.cdiv(triton.cdiv(tokens, splits), 64) * 64
    splits = triton.cdiv(tokens, split_tokens)
    parts, z_parts = state, z
    if splits > 1:
        parts = torch.empty(splits, *state.shape, dtype=torch.float32, device=k.device)
        z_parts = torch.empty(splits, *z.shape, dtype=torch.float32, device=k.device)
    scaled = scale is not None
    state_kernel[(pairs * (tiles // key_tiles) * splits,)](
        k, v, scale if scaled else z, delta if scaled else z, parts, z_parts, *k.stride(), *v.stride(),
        pairs, heads, tokens, split_tokens, factor, *size_classes(pairs, tokens),
        D=dim, TILE=tile, TILES=tiles, KEY_TILES=key_tiles, RELU=feature_map == "relu", SCALED=scaled,
    )  # fmt: skip
    if splits > 1:
        block = 1024
        programs = triton.cdiv(state.numel(), block) + triton.cdiv(z.numel(), block)
        reduce_kernel[(programs,)](parts, z_parts, state, z, state.numel(), z.numel(), splits, BLOCK=block)


def forward(q, k, v, eps, feature_map, save):
    """(o, state, z): state (batch, heads, dim, dim) and z (batch, heads, dim) are means over the tokens. They are
    empty unless `save`, for the backward pass."""
    batch, heads, tokens, dim = q.shape
    pairs, tile = batch * heads, tile_width(dim)
    tiles = triton.cdiv(dim, tile)
    shape = {"D": dim, "TILE": tile, "TILES": tiles, "RELU": feature_map == "relu"}
    o = token_major(q)
    state, z = new_state(q)
    if tokens <= 4 * dim:  # beyond, writing the state and reading it again is cheaper than leaving processors idle
        most = most_tiles(tiles)
        fused_kernel[lambda meta: (pairs * (tiles // most if meta["WHOLE"] else tiles),)](
            q, k, v, state, z, o, *q.stride(), *k.stride(), *v.stride(), *o.stride(),
            pairs, heads, tokens, 1 / tokens, eps / tokens, *size_classes(pairs, tokens),
            MOST_TILES=most, SAVE=save, **shape,
        )  # fmt: skip
    else:
        state_pass(k, v, state, z, 1 / tokens, feature_map)
        _, chunks = cut(pairs, 2 * multiprocessors(q.device), tokens, dim / 2)  # S is 2 dim^2 bytes, a token 4 dim
        chunk_tokens = triton.cdiv(triton.cdiv(tokens, chunks), 128) * 128
        output_kernel[(pairs * triton.cdiv(tokens, chunk_tokens),)](
            q, state, z, o, *q.stride(), *o.stride(),
            pairs, heads, tokens, chunk_tokens, eps / tokens, *size_classes(pairs, tokens),
            RESIDENT=q.dtype != torch.float32, **shape,
        )  # fmt: skip
    return (o, state, z) if save else (o, *no_state(q))
