"""Linear attention in Triton, forward.

    S = sum_j phi(k_j)^T v_j,   z = sum_j phi(k_j)          first pass: reads k and v
    o_i = phi(q_i) S / (phi(q_i) . z + eps)                 second pass: reads q, writes o

Without the normaliser there is no z, and o_i = phi(q_i) S / tokens. S is (head_dim, value_dim), and each of the two is
cut into tiles of its own.

Few tokens are one kernel's, see `triton_fused.py`. Otherwise two kernels go through them, each program through an
equal share. In the first pass these are whole (batch, head) pairs as far as they go round; the pairs that are left are
divided, and their partial states added in fp32. Each kernel is CHAINED to the one before it: it is launched while that
one ends, and waits. S (`kv_state`) and z (`z_state`) are kept as means over the tokens and eps is divided to match (see
`reference.py`).
"""

import torch
import triton
import triton.language as tl

from ..common.layout import token_major
from ..common.tiles import (
    SIZES,
    autotuned,
    can_chain,
    cdiv,
    features,
    lines_of,
    load_features,
    load_state,
    load_state_tile,
    load_tile,
    matmul,
    multiprocessors,
    narrow,
    normaliser_of,
    pair_at,
    programs,
    share_of,
    size_classes,
    store_tile,
    sum_lines,
    tiling,
    widen,
    zero_tiles,
)
from .states import new_states, no_states
from .triton_fused import fused_pass, is_short

FEW_TOKENS = 2**17  # of all pairs: with more, programs for single tiles are bound by the L2
SMALLEST_SHARE = 256  # tokens: a part of the state costs to write and to read what so many of k and v do
SHORT_PAIR = 2048  # tokens: programs for single tiles make whole pairs

# Of the first pass; the names say what a program holds of the state.
ROWS_OF_TILES = triton.Config({"BLOCK": 64}, num_warps=4, num_stages=3)
TILES_OF_SHORT_PAIRS = triton.Config({"BLOCK": 128}, num_warps=4, num_stages=3)
TILES_OF_LONG_PAIRS = triton.Config({"BLOCK": 64}, num_warps=4, num_stages=6)
FP32 = triton.Config({"BLOCK": 32}, num_warps=8, num_stages=1)


@triton.jit
def load_normaliser(z_state, index, dtype: tl.constexpr, D: tl.constexpr, TILE: tl.constexpr):
    """Tile `index` of z_state (D,) in fp32 as (TILE, 16): its upper bits, its lower bits and zeros. A product with it
    is one with z, to twice the bits of dtype. As a load of (16, TILE), or each thread asks for each z that it needs."""
    line = tl.arange(0, 16)[:, None]
    columns = index * TILE + tl.arange(0, TILE)[None, :]
    x = tl.load(z_state + (columns + tl.zeros_like(line)), mask=(line < 2) & (columns < D), other=0.0)
    upper = x.to(dtype)
    lower = (x - upper.to(tl.float32)).to(dtype)
    return tl.trans(tl.where(line == 0, upper, lower))


@triton.jit
def prefetch(base, rows, stride_row, stride_column, inside, D: tl.constexpr):
    """Ask the L2 for the rows' lines of 128 bytes; nothing waits for them."""
    WIDTH: tl.constexpr = 1024 // base.dtype.element_ty.primitive_bitwidth
    columns = tl.arange(0, 256 // WIDTH) * WIDTH
    mask = inside[:, None] & (columns < D)[None, :]
    pointers = base + (rows.to(tl.int64)[:, None] * stride_row + columns.to(tl.int64)[None, :] * stride_column)
    code: tl.constexpr = "{ .reg .pred p; setp.ne.s32 p, $2, 0; @p prefetch.global.L2 [$1]; mov.b32 $0, 0; }"
    arguments = [pointers.to(tl.int64), mask.to(tl.int32)]
    tl.inline_asm_elementwise(code, "=r,l,r", arguments, tl.int32, is_pure=False, pack=1)


# The tensor cores read their left operand from shared memory, where the copy engine put it, without a stall, but not
# one that has been through registers. The features have (phi), so they are always the right operand and the left one
# is v^T: what accumulates is the transposed state, (value, key).
@triton.jit(do_not_specialize=("whole", "share"))
def state_kernel(
    k, v, scale, delta, kv_state, z_state, parts,
    k_batch, k_head, k_row, k_column, v_batch, v_head, v_row, v_column,
    pairs, heads, tokens, factor, whole, share,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, VALUE_D: tl.constexpr, VALUE_TILE: tl.constexpr,
    VALUE_TILES: tl.constexpr, HELD: tl.constexpr, RELU: tl.constexpr, NORMALIZED: tl.constexpr, SCALED: tl.constexpr,
    CHAINED: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """kv_state = factor sum_j phi(k_j)^T v_j and z_state = factor sum_j phi(k_j); SCALED, for the backward pass:
    kv_state = factor sum_j phi(k_j)^T scale_j v_j and z_state = -factor sum_j phi(k_j) scale_j delta_j. Without a
    normaliser, which is never SCALED, kv_state alone.

    A program holds one row of the state's tiles, or HELD of it, and is a worker together with the programs of
    the others: its neighbours, which read k and v from the L2. A worker goes through `whole` pairs alone, as they are
    dealt out in turn: the heads of a token, which lie side by side in memory, are read at about the same time. Then it
    goes through its `share` of the blocks of the pairs that are left. This ends anywhere, and what it has of each of
    them is a part: the state, (D, VALUE_D), and z after it, at worker + pair (both only grow, so no two parts meet).
    """
    if CHAINED:
        tl.extra.cuda.gdc_launch_dependents()
    TEAM: tl.constexpr = TILES * VALUE_TILES // HELD
    worker, member = tl.program_id(0) // TEAM, tl.program_id(0) % TEAM
    key_tile, value_tile = member % TILES, member // TILES * HELD
    blocks = tl.cdiv(tokens, BLOCK)
    workers = tl.num_programs(0) // TEAM
    divided = workers * whole  # pairs from this one on are
    LINES: tl.constexpr = lines_of(BLOCK, TILE)
    PART: tl.constexpr = (VALUE_D + 1) * D
    at, last, skip = worker * blocks, divided * blocks, (workers - 1) * blocks
    for in_parts in range(2):  # one copy of the code for both
        while at < last:
            pair, batch, head, stop = pair_at(at, last, blocks, heads)
            keys, values_of = k + batch * k_batch + head * k_head, v + batch * v_batch + head * v_head
            totals = zero_tiles(HELD, VALUE_TILE, TILE)
            z_total = tl.full((LINES, TILE), 0.0, tl.float32)
            for block in range(at - pair * blocks, stop - pair * blocks):
                rows = block * BLOCK + tl.arange(0, BLOCK)
                inside = rows < tokens
                x = features(load_tile(keys, rows, k_row, k_column, inside, key_tile, D, TILE), RELU)
                if SCALED:
                    row = pair.to(tl.int64) * tokens + rows
                    scaled = widen(x) * tl.load(scale + row, mask=inside, other=0.0)[:, None]
                    row_delta = tl.load(delta + row, mask=inside, other=0.0)
                    z_total -= sum_lines(scaled * row_delta[:, None], LINES)
                    x = narrow(scaled, x.dtype)
                elif NORMALIZED:
                    z_total += sum_lines(widen(x), LINES)
                new_totals = ()
                for j in tl.static_range(HELD):
                    tile = load_tile(values_of, rows, v_row, v_column, inside, value_tile + j, VALUE_D, VALUE_TILE)
                    new_totals += (matmul(tl.trans(tile), x, totals[j]),)
                totals = new_totals
            if in_parts:
                part = parts + (worker + pair - divided).to(tl.int64) * PART
                store_tiles(
                    part, part + D * VALUE_D, totals, z_total, factor, key_tile, value_tile,
                    D, TILE, VALUE_D, VALUE_TILE, HELD, NORMALIZED,
                )  # fmt: skip
            else:
                own_z_state = z_state + pair.to(tl.int64) * D
                own_kv_state = kv_state + pair.to(tl.int64) * D * VALUE_D
                store_tiles(
                    own_kv_state, own_z_state, totals, z_total, factor, key_tile, value_tile,
                    D, TILE, VALUE_D, VALUE_TILE, HELD, NORMALIZED,
                )  # fmt: skip
            at = stop + skip
        at, skip = divided * blocks + worker * share, 0
        last = tl.minimum(at + share, pairs * blocks)
    if CHAINED:
        tl.extra.cuda.gdc_wait()  # whoever waits for this kernel waits for the one that it may run beside


@triton.jit
def store_tiles(
    kv_state, z_state, totals, z_total, factor, key_tile, value_tile,
    D: tl.constexpr, TILE: tl.constexpr, VALUE_D: tl.constexpr, VALUE_TILE: tl.constexpr, HELD: tl.constexpr,
    NORMALIZED: tl.constexpr,
):  # fmt: skip
    rows = key_tile * TILE + tl.arange(0, TILE)
    if NORMALIZED and value_tile == 0:
        tl.store(z_state + rows, factor * tl.sum(z_total, 0), mask=rows < D)
    for j in tl.static_range(HELD):
        x = factor * tl.trans(totals[j])
        store_tile(kv_state, x, rows, VALUE_D, 1, rows < D, value_tile + j, VALUE_D, VALUE_TILE)


@triton.jit
def add_parts(parts, total, first, last, at, SIZE: tl.constexpr, PART: tl.constexpr):
    """Four parts are asked for together: a short sum waits for memory once."""
    x = tl.full(at.shape, 0.0, tl.float32)
    for start in range(first, last + 1, 4):
        for i in tl.static_range(4):
            part = tl.full(at.shape, start + i, tl.int64)
            x += tl.load(parts + part * PART + at, mask=(at < SIZE) & (part <= last), other=0.0)
    tl.store(total + at, narrow(x, total.dtype.element_ty), mask=at < SIZE)


@triton.jit
def reduce_kernel(
    parts, kv_state, z_state, divided, blocks, share, D: tl.constexpr, VALUE_D: tl.constexpr, NORMALIZED: tl.constexpr,
    CHAINED: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """Add the parts of each pair from `divided` on: those of its kv_state and, in its last program, those of
    its z_state, if it has one."""
    if CHAINED:
        tl.extra.cuda.gdc_launch_dependents()
        tl.extra.cuda.gdc_wait()
    pair, block = tl.program_id(0), tl.program_id(1)
    first, last = pair * blocks // share + pair, ((pair + 1) * blocks - 1) // share + pair
    place = (divided + pair).to(tl.int64) * D
    at = block * BLOCK + tl.arange(0, BLOCK)
    SIZE: tl.constexpr = D * VALUE_D
    PART: tl.constexpr = (VALUE_D + 1) * D
    if block < tl.num_programs(1) - NORMALIZED:
        add_parts(parts, kv_state + place * VALUE_D, first, last, at, SIZE, PART)
    else:
        add_parts(parts + SIZE, z_state + place, first, last, tl.arange(0, BLOCK), D, PART)


@autotuned(
    triton.Config({"BLOCK": 128, "WHOLE": True, "PROGRAMS": 1}, num_warps=8, num_stages=3),  # most bytes in flight
    triton.Config({"BLOCK": 64, "WHOLE": False, "PROGRAMS": 2}, num_warps=4, num_stages=3),  # small batches
    triton.Config({"BLOCK": 64, "WHOLE": True, "PROGRAMS": 4}, num_warps=4, num_stages=3),  # head_dim 64
    triton.Config({"BLOCK": 64, "WHOLE": True, "PROGRAMS": 1}, num_warps=8, num_stages=2),  # 256: fits
    fp32=triton.Config({"BLOCK": 16, "WHOLE": True, "PROGRAMS": 2}, num_warps=8, num_stages=1),
)
@triton.jit(do_not_specialize=SIZES)
def output_kernel(
    q, kv_state, z_state, o,
    q_batch, q_head, q_row, q_column, o_batch, o_head, o_row, o_column,
    pairs, heads, tokens, factor, eps, PAIRS_CLASS, TOKENS_CLASS,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, VALUE_D: tl.constexpr, VALUE_TILE: tl.constexpr,
    VALUE_TILES: tl.constexpr, RELU: tl.constexpr, NORMALIZED: tl.constexpr, RESIDENT: tl.constexpr,
    CHAINED: tl.constexpr, BLOCK: tl.constexpr, WHOLE: tl.constexpr, PROGRAMS: tl.constexpr,
):  # fmt: skip
    """o_i = phi(q_i) S / (phi(q_i) . z + eps), or factor phi(q_i) S unless NORMALIZED; a RESIDENT S stays in shared
    memory. A program takes WHOLE rows, or one tile of them and leaves the others to its neighbours, which read q from
    the L2. PROGRAMS, at which only the launch looks, are those of a multiprocessor, whether all fit or some follow."""
    TEAM: tl.constexpr = 1 if WHOLE else VALUE_TILES
    HELD: tl.constexpr = VALUE_TILES // TEAM
    worker, value_tile = tl.program_id(0) // TEAM, tl.program_id(0) % TEAM * HELD
    blocks = tl.cdiv(tokens, BLOCK)
    at, last = share_of(worker, tl.num_programs(0) // TEAM, pairs, blocks)
    if CHAINED:
        pair, batch, head, _ = pair_at(at, last, blocks, heads)
        rows = (at - pair * blocks) * BLOCK + tl.arange(0, BLOCK)
        inside = (rows < tokens) & (at < last)
        prefetch(q + batch * q_batch + head * q_head, rows, q_row, q_column, inside, D)
        tl.extra.cuda.gdc_wait()
    while at < last:
        pair, batch, head, stop = pair_at(at, last, blocks, heads)
        queries, outputs = q + batch * q_batch + head * q_head, o + batch * o_batch + head * o_head
        own_kv_state = kv_state + pair.to(tl.int64) * D * VALUE_D
        states = load_state(own_kv_state, value_tile, D, TILE, TILES, VALUE_D, VALUE_TILE, HELD, RESIDENT)
        zs = ()
        if NORMALIZED:
            own_z_state = z_state + pair.to(tl.int64) * D
            for i in tl.static_range(TILES):
                zs += (load_normaliser(own_z_state, i, q.dtype.element_ty, D, TILE),)
        for block in range(at - pair * blocks, stop - pair * blocks):
            rows = block * BLOCK + tl.arange(0, BLOCK)
            inside = rows < tokens
            xs = load_features(queries, rows, q_row, q_column, inside, D, TILE, TILES, RELU)
            scale = tl.full((BLOCK,), factor, tl.float32)
            if NORMALIZED:
                scale = 1.0 / (normaliser_of(xs, zs) + eps)
            for j in tl.static_range(HELD):
                total = tl.full((BLOCK, VALUE_TILE), 0.0, tl.float32)
                for i in tl.static_range(TILES):
                    if RESIDENT:
                        tile = states[i * HELD + j]
                    else:
                        tile = load_state_tile(own_kv_state, i, value_tile + j, D, TILE, VALUE_D, VALUE_TILE)
                    total = matmul(xs[i], tile, total)
                x = total * scale[:, None]
                store_tile(outputs, x, rows, o_row, o_column, inside, value_tile + j, VALUE_D, VALUE_TILE)
        at = stop


def state_pass(
    k, v, kv_state, z_state, factor, feature_map, scale=None, delta=None, normalize=True, beside=False
):  # fmt: skip
    """Fill kv_state (batch, heads, head_dim, value_dim) and, if `normalize`, z_state (batch, heads, head_dim); see
    `state_kernel`. With `beside` it does not wait for the kernel launched last, which has to let it
    (`gdc_launch_dependents`) and not to write k or v."""
    batch, heads, tokens, dim = k.shape
    pairs, cut = batch * heads, tiling(dim, v.shape[3])
    tiles, value_tiles = cut["TILES"], cut["VALUE_TILES"]
    # A program for each row of the state's tiles reads k once. Where that leaves a third of the programs idle, one for
    # each tile: k and v are read as often as there are tiles in a row, from the L2.
    by_tiles = value_tiles > 1 and 3 * pairs * tiles <= 2 * programs(k.device) and pairs * tokens <= FEW_TOKENS
    if k.dtype == torch.float32:
        config = FP32
    elif by_tiles:
        config = TILES_OF_SHORT_PAIRS if tokens <= SHORT_PAIR else TILES_OF_LONG_PAIRS
    else:
        config = ROWS_OF_TILES
    block = config.kwargs["BLOCK"]
    held = 1 if by_tiles else value_tiles
    team = tiles * value_tiles // held  # programs that make one state
    blocks = cdiv(tokens, block)
    # As many whole pairs to each worker as go round; the rest in equal shares, and a kernel that adds their parts, for
    # the time that a program takes for some tokens. Where this takes as long as one more pair, or longer, all stay
    # whole: a worker to each, in waves of which the last may be half empty.
    workers = max(1, programs(k.device) // team)
    whole, rest = divmod(pairs, workers)
    share = max(SMALLEST_SHARE // block, cdiv(rest * blocks, workers))
    reduction = 1024 if by_tiles else 256  # tokens
    if share + reduction // block >= blocks:
        workers, whole, rest = pairs, 1, 0
    sharing = cdiv(rest * blocks, share)  # workers: not all of them where the rest is small
    parts = z_state  # none
    if rest:
        parts = torch.empty(sharing + rest, dim * (cut["VALUE_D"] + 1), dtype=torch.float32, device=k.device)
    scaled, chain = scale is not None, can_chain(k.device)
    state_kernel[((workers if whole else sharing) * team,)](
        k, v, scale if scaled else z_state, delta if scaled else z_state, kv_state, z_state, parts,
        *k.stride(), *v.stride(), pairs, heads, tokens, factor, whole, share,
        **cut, HELD=held, RELU=feature_map == "relu", NORMALIZED=normalize, SCALED=scaled, CHAINED=chain,
        launch_pdl=chain and beside, **config.all_kwargs(),
    )  # fmt: skip
    if rest:
        size = 1024
        reduce_kernel[(rest, cdiv(dim * cut["VALUE_D"], size) + normalize)](
            parts, kv_state, z_state, pairs - rest, blocks, share, D=dim, VALUE_D=cut["VALUE_D"], NORMALIZED=normalize,
            CHAINED=chain, BLOCK=size, launch_pdl=chain,
        )  # fmt: skip


def output_pass(q, kv_state, z_state, v, factor, eps, feature_map, normalize):
    """The second pass, whose result has v's shape, see `output_kernel`; z_state is not read unless `normalize`."""
    batch, heads, tokens, dim = q.shape
    pairs, cut, chain = batch * heads, tiling(dim, v.shape[3]), can_chain(q.device)
    o = token_major(v)

    def grid(meta):
        team = 1 if meta["WHOLE"] else cut["VALUE_TILES"]
        return (max(1, meta["PROGRAMS"] * multiprocessors(q.device) // team) * team,)

    output_kernel[grid](
        q, kv_state, z_state, o, *q.stride(), *o.stride(), pairs, heads, tokens, factor, eps / tokens,
        *size_classes(pairs, tokens), **cut, RELU=feature_map == "relu", NORMALIZED=normalize,
        RESIDENT=q.dtype != torch.float32, CHAINED=chain, launch_pdl=chain,
    )  # fmt: skip
    return o


def forward(q, k, v, eps, feature_map, save, normalize):
    """(o, kv_state, z_state): kv_state (batch, heads, head_dim, value_dim) and z_state (batch, heads, head_dim) are
    means over the tokens. They are empty unless `save`, for the backward pass, and z_state unless `normalize`."""
    kv_state, z_state = new_states(q, v, normalize)
    if is_short(q, v):
        o = fused_pass(q, k, v, kv_state, z_state, eps, feature_map, save, normalize)
    else:
        state_pass(k, v, kv_state, z_state, 1 / q.shape[2], feature_map, normalize=normalize)
        o = output_pass(q, kv_state, z_state, v, 1.0, eps, feature_map, normalize)
    return (o, kv_state, z_state) if save else (o, *no_states(q))
