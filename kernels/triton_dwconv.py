"""The depth-wise 5x5 convolution inside linear attention's second pass, in Triton.

    o_i = phi(q_i) S / (phi(q_i) . z + eps) + bias + sum_u weight[u] * v[place(i) + u]
    dv_j = phi(k_j) dS + sum_u weight[u] * do[place(j) - u]          the same kernel with the weights mirrored
    dweight[u] = sum_i do_i * v[place(i) + u],   dbias = sum_i do_i

Beside q and o the second pass reads v once more: 10 bytes an element in bf16 where attention alone has 8. What the
memory leaves time for is the issue: 25 multiply-adds an element, and every shifted load is an instruction, an address
and a conversion from bf16 besides. So a lane is a stack of STACK pixels, one below the other, whose sums stay in
registers: a row of the image, loaded at five shifts, serves all of the stack that sees it, 12 loads an element where
a gather has 25. Lanes are counted along the grid, STACK rows at a time, so that any grid fills them.
"""

import torch
import triton
import triton.language as tl

from kernels.buffers import new_state, no_state, token_major
from kernels.reference import KERNEL_SIZE
from kernels.tiles import (
    features,
    load_tile,
    load_vector,
    matmul,
    programs,
    store_tile,
    tile_width,
    widen,
    zero_tiles,
)
from kernels.triton_backward import backward as attention_backward
from kernels.triton_forward import state_pass

TAPS = tl.constexpr(KERNEL_SIZE**2)
REACH = tl.constexpr(KERNEL_SIZE // 2)
STACK, LANES, WARPS = 3, 32, 4  # of the second pass: 158 registers, three programs to a multiprocessor
GRADIENT_STACK, GRADIENT_LANES = 8, 8  # of the weight's gradient: 26 sums for each lane


@triton.jit
def load_pixels(pointers, row, column, rows, columns, inside, below, right, stride_row, stride_column):
    """fp32 pixels `below` rows and `right` columns of those that `pointers` point at, zero outside the grid. The
    offset is one number for all of them: an addition each, where an address of its own is a multiplication."""
    row, column = row + below, column + right
    mask = inside & (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    return widen(tl.load(pointers + (below * stride_row + right * stride_column), mask=mask, other=0.0))


@triton.jit
def output_dwconv_kernel(
    q, state, z, image, weight, bias, o,
    q_batch, q_head, q_row, q_column, image_batch, image_head, image_row, image_column,
    o_batch, o_head, o_row, o_column,
    pairs, heads, rows, columns, blocks, factor, eps,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, RELU: tl.constexpr, FORWARD: tl.constexpr,
    STACK: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """One tile of channels for BLOCK lanes of STACK pixels. FORWARD divides by the normaliser and adds the bias; the
    transposed convolution of the backward pass multiplies by `factor` instead."""
    index = tl.program_id(0) % TILES  # neighbours read the same q
    block = tl.program_id(0) // TILES % blocks
    pair = tl.program_id(0) // TILES // blocks
    batch, head = (pair // heads).to(tl.int64), (pair % heads).to(tl.int64)
    q += batch * q_batch + head * q_head
    image += batch * image_batch + head * image_head
    o += batch * o_batch + head * o_head
    z += pair.to(tl.int64) * D
    state += pair.to(tl.int64) * D * D

    lane = block * BLOCK + tl.arange(0, BLOCK)
    top, column = lane // columns * STACK, lane % columns
    channels = index * TILE + tl.arange(0, TILE)
    image_line = columns.to(tl.int64) * image_row
    here = image + (top * columns + column).to(tl.int64)[:, None] * image_row
    here += channels.to(tl.int64)[None, :] * image_column
    sums = zero_tiles(STACK, BLOCK, TILE)
    for right in tl.static_range(5):
        taps = ()
        for below in tl.static_range(5):
            tap = below * 5 + right if FORWARD else TAPS - 1 - below * 5 - right
            taps += (tl.load(weight + tap * D + channels, mask=channels < D, other=0.0)[None, :],)
        for below in tl.static_range(STACK + 4):
            x = load_pixels(
                here, top[:, None], column[:, None], rows, columns, channels[None, :] < D,
                below - REACH, right - REACH, image_line, image_row,
            )  # fmt: skip
            new_sums = ()
            for height in tl.static_range(STACK):
                if below - height >= 0 and below - height < 5:
                    new_sums += (sums[height] + taps[below - height] * x,)
                else:
                    new_sums += (sums[height],)
            sums = new_sums

    states = ()
    for i in tl.static_range(TILES):
        keys = i * TILE + tl.arange(0, TILE)
        states += (load_tile(state, keys, D, 1, keys < D, index, D, TILE),)
    if FORWARD:
        shift = tl.load(bias + channels, mask=channels < D, other=0.0).to(tl.float32)
    for height in tl.static_range(STACK):
        token = (top + height) * columns + column
        present = top + height < rows
        normaliser = tl.full((BLOCK,), eps, tl.float32)
        total = tl.full((TILE, BLOCK), 0.0, tl.float32)  # transposed, as in the first pass
        for i in tl.static_range(TILES):
            x = features(load_tile(q, token, q_row, q_column, present, i, D, TILE), RELU)
            if FORWARD:
                normaliser += tl.sum(x.to(tl.float32) * load_vector(z, i, D, TILE)[None, :], 1)
            total = matmul(tl.trans(states[i]), tl.trans(x), total)
        total = tl.trans(total)
        if FORWARD:
            total = total * (1.0 / normaliser)[:, None] + (sums[height] + shift[None, :])
        else:
            total = total * factor + sums[height]
        store_tile(o, total, token, o_row, o_column, present, index, D, TILE)


@triton.jit
def grad_weight_kernel(
    do, v, parts,
    do_batch, do_head, do_row, do_column, v_batch, v_head, v_row, v_column,
    pairs, heads, rows, columns, blocks,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, STACK: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """parts[worker]: sums of do * v at the 25 shifts, and of do, over every workers-th block of lanes, for one tile
    of channels. The sums stay apart for each lane until the end.

    Blocks here are (TILE, lanes) and cut four channels to a thread. Left to itself Triton cuts a block by 16-byte
    accesses, the widest among those of its shape: eight channels, and 26 sums would be 208 registers.
    """
    index, worker = tl.program_id(0) % TILES, tl.program_id(0) // TILES
    workers = tl.num_programs(0) // TILES
    channels = (index * TILE + tl.max_contiguous(tl.arange(0, TILE), 4))[:, None]
    v_line, do_line = columns.to(tl.int64) * v_row, columns.to(tl.int64) * do_row
    sums = zero_tiles(TAPS + 1, TILE, BLOCK)
    for item in range(worker, pairs * blocks, workers):
        pair = item // blocks
        batch, head = (pair // heads).to(tl.int64), (pair % heads).to(tl.int64)
        lane = item % blocks * BLOCK + tl.arange(0, BLOCK)
        top, column = (lane // columns * STACK)[None, :], (lane % columns)[None, :]
        token = (top * columns + column).to(tl.int64)
        here = v + batch * v_batch + head * v_head + token * v_row + channels.to(tl.int64) * v_column
        there = do + batch * do_batch + head * do_head + token * do_row + channels.to(tl.int64) * do_column
        gradients = ()
        total = sums[TAPS]
        for height in tl.static_range(STACK):
            x = load_pixels(there, top, column, rows, columns, channels < D, height, 0, do_line, do_row)
            total += x
            gradients += (x,)
        new_sums = ()
        for right in tl.static_range(5):
            column_sums = ()
            for below in tl.static_range(5):
                column_sums += (sums[right * 5 + below],)
            for below in tl.static_range(STACK + 4):
                x = load_pixels(
                    here, top, column, rows, columns, channels < D, below - REACH, right - REACH, v_line, v_row
                )
                next_sums = ()
                for tap in tl.static_range(5):
                    if below - tap >= 0 and below - tap < STACK:
                        next_sums += (column_sums[tap] + gradients[below - tap] * x,)
                    else:
                        next_sums += (column_sums[tap],)
                column_sums = next_sums
            new_sums += column_sums
        sums = new_sums + (total,)
    for right in tl.static_range(5):
        for below in tl.static_range(5):
            at = parts + (worker * (TAPS + 1) + below * 5 + right) * D + channels
            tl.store(at, tl.sum(sums[right * 5 + below], 1, keep_dims=True), mask=channels < D)
    at = parts + (worker * (TAPS + 1) + TAPS) * D + channels
    tl.store(at, tl.sum(sums[TAPS], 1, keep_dims=True), mask=channels < D)


def lane_blocks(grid, stack, lanes):
    """Blocks of `lanes` in a grid: a lane is a column of `stack` rows."""
    rows, columns = grid
    return triton.cdiv(triton.cdiv(rows, stack) * columns, lanes)


def output_pass(q, state, z, image, weight, bias, grid, factor, eps, feature_map, is_forward):
    """The second pass with the convolution of `image`, whose shape the result has; see `output_dwconv_kernel`."""
    batch, heads, tokens, dim = q.shape
    pairs, tile = batch * heads, tile_width(dim)
    tiles, blocks = triton.cdiv(dim, tile), lane_blocks(grid, STACK, LANES)
    taps = torch.empty(KERNEL_SIZE**2, dim, dtype=torch.float32, device=q.device)  # a tap's channels side by side
    taps.copy_(weight.reshape(dim, -1).t())
    o = token_major(image)
    output_dwconv_kernel[(pairs * tiles * blocks,)](
        q, state, z, image, taps, bias, o, *q.stride(), *image.stride(), *o.stride(),
        pairs, heads, *grid, blocks, factor, eps / tokens,
        D=dim, TILE=tile, TILES=tiles, RELU=feature_map == "relu", FORWARD=is_forward, STACK=STACK, BLOCK=LANES,
        num_warps=WARPS, num_stages=1,
    )  # fmt: skip
    return o


def grad_weight(do, v, grid):
    """(dweight (dim, 25), dbias (dim,)) in fp32."""
    batch, heads, _, dim = v.shape
    pairs, tile = batch * heads, tile_width(dim)
    tiles, blocks = triton.cdiv(dim, tile), lane_blocks(grid, GRADIENT_STACK, GRADIENT_LANES)
    workers = min(pairs * blocks, triton.cdiv(programs(v.device), tiles))
    parts = torch.empty(workers, KERNEL_SIZE**2 + 1, dim, dtype=torch.float32, device=v.device)
    grad_weight_kernel[(workers * tiles,)](
        do, v, parts, *do.stride(), *v.stride(), pairs, heads, *grid, blocks,
        D=dim, TILE=tile, TILES=tiles, STACK=GRADIENT_STACK, BLOCK=GRADIENT_LANES, num_warps=4,
    )  # fmt: skip
    total = parts.sum(0)
    return total[:-1].t().contiguous(), total[-1].clone()


def forward(q, k, v, weight, bias, grid, eps, feature_map, save):
    """(o, state, z), as `triton_forward.forward`."""
    state, z = new_state(q)
    state_pass(k, v, state, z, 1 / q.shape[2], feature_map)
    o = output_pass(q, state, z, v, weight, bias, grid, 1.0, eps, feature_map, is_forward=True)
    return (o, state, z) if save else (o, *no_state(q))


def backward(do, q, k, v, weight, bias, state, z, grid, eps, feature_map):
    """(dq, dk, dv, dweight, dbias)."""

    def grad_values(do, k, dstate, factor):
        return output_pass(k, dstate, z, do, weight, bias, grid, factor, eps, feature_map, is_forward=False)

    dq, dk, dv = attention_backward(do, q, k, v, state, z, eps, feature_map, grad_values)
    dweight, dbias = grad_weight(do, v, grid)
    return dq, dk, dv, dweight.reshape(weight.shape).to(weight.dtype), dbias.to(bias.dtype)
