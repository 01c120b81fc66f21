"""The depth-wise 5x5 convolution inside linear attention's second pass, in Triton.

    o_i = phi(q_i) S / (phi(q_i) . z + eps) + bias + sum_u weight[u] * v[place(i) + u]
    dv_j = phi(k_j) dS + sum_u weight[u] * do[place(j) - u]          the same kernel with the weights mirrored
    dweight[u] = sum_i do_i * v[place(i) + u],   dbias = sum_i do_i

Beside q and o the second pass reads v once more: 10 bytes an element in bf16 where attention alone has 8. A program
slides down the grid. For each row of the image it loads the row at five shifts and adds it to the five rows of output
that see it, whose sums rotate: 5 loads for each element, from the L1, where 25 shifted ones would take longer than
the memory does. The matrix products want 64 tokens at a time: where the grid is narrower than 64, the lanes of a
program are several parts of the image, one below the other, each sliding over rows of its own.
"""

import torch
import triton
import triton.language as tl

from kernels.buffers import new_state, no_state, token_major
from kernels.reference import KERNEL_SIZE
from kernels.tiles import (
    SIZES,
    autotuned,
    cut,
    features,
    load_tile,
    load_vector,
    matmul,
    multiprocessors,
    size_classes,
    store_tile,
    tile_width,
    zero_tiles,
)
from kernels.triton_backward import backward as attention_backward
from kernels.triton_forward import state_pass

TAPS = tl.constexpr(KERNEL_SIZE**2)


@triton.jit
def channels_of(index, TILE: tl.constexpr):
    """(TILE, 1): the channels of a tile, whose blocks here are (TILE, lanes) and cut two channels to a thread: its 25
    weights are then 50 registers. Left to itself Triton cuts a block by 16-byte accesses, the widest among those of
    its shape and order (so this one is transposed): 8 channels, 200 registers."""
    return (index * TILE + tl.max_contiguous(tl.arange(0, TILE), 2))[:, None]


@triton.jit
def places(base, row, column, columns, stride_token, stride_column, channels):
    """(TILE, lanes): where the lanes' places (row, column) lie in memory; outside the grid, anywhere."""
    token = (row * columns + column).to(tl.int64)[None, :]
    return base + token * stride_token + channels.to(tl.int64) * stride_column


@triton.jit
def load_places(pointers, inside, channels, D: tl.constexpr, TILE: tl.constexpr):
    mask = inside[None, :]
    if D % TILE != 0:
        mask = mask & (channels < D)
    return tl.load(pointers, mask=mask, other=0.0).to(tl.float32)


@triton.jit
def columns_inside(column, columns):
    """For each of the five shifts, which lanes stay inside the grid."""
    inside = ()
    for right in tl.static_range(5):
        inside += ((column + right - 2 >= 0) & (column + right - 2 < columns),)
    return inside


@triton.jit
def add_row(sums, weights, pointers, row_inside, inside, channels, ROW, D: tl.constexpr, TILE: tl.constexpr):
    """Add a row of the image to the five rows of output around it, from two above to two below."""
    for right in tl.static_range(5):
        x = load_places(pointers + (right - 2) * ROW, row_inside & inside[right], channels, D, TILE)
        new_sums = ()
        for below in tl.static_range(5):
            new_sums += (sums[below] + weights[(4 - below) * 5 + right] * x,)
        sums = new_sums
    return sums


@autotuned(
    triton.Config({}, num_warps=8, num_stages=2),  # 255 registers a thread: one program to a multiprocessor
    fp32=triton.Config({}, num_warps=8, num_stages=1),
)
@triton.jit(do_not_specialize=SIZES)
def output_dwconv_kernel(
    q, state, z, image, weight, bias, o,
    q_batch, q_head, q_row, q_column, image_batch, image_head, IMAGE_ROW: tl.constexpr, image_column,
    o_batch, o_head, o_row, o_column,
    pairs, heads, rows, columns, strips, slide, factor, eps, PAIRS_CLASS, TOKENS_CLASS,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, RELU: tl.constexpr, FORWARD: tl.constexpr,
    WIDTH: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """One tile of channels, WIDTH columns and BLOCK // WIDTH parts of `slide` rows each. FORWARD divides by the
    normaliser and adds the bias; the transposed convolution of the backward pass multiplies by `factor` instead.

    IMAGE_ROW is a stride, constant so that the five shifts are offsets within the load instruction.
    """
    index = tl.program_id(0) % TILES
    strip = tl.program_id(0) // TILES % strips
    pair = tl.program_id(0) // TILES // strips % pairs
    chunk = tl.program_id(0) // TILES // strips // pairs
    batch, head = (pair // heads).to(tl.int64), (pair % heads).to(tl.int64)
    q += batch * q_batch + head * q_head
    image += batch * image_batch + head * image_head
    o += batch * o_batch + head * o_head
    z += pair.to(tl.int64) * D
    state += pair.to(tl.int64) * D * D

    lane = tl.arange(0, BLOCK)
    column = strip * WIDTH + lane % WIDTH
    first = (chunk * (BLOCK // WIDTH) + lane // WIDTH) * slide
    inside = columns_inside(column, columns)
    channels = channels_of(index, TILE)
    weights, states = (), ()
    for tap in tl.static_range(TAPS):
        place = tap if FORWARD else TAPS - 1 - tap
        weights += (tl.load(weight + place * D + channels, mask=channels < D, other=0.0),)
    for i in tl.static_range(TILES):
        keys = i * TILE + tl.arange(0, TILE)
        states += (load_tile(state, keys, D, 1, keys < D, index, D, TILE),)
    fresh = tl.full((TILE, BLOCK), 0.0, tl.float32)
    if FORWARD:
        fresh += tl.load(bias + channels, mask=channels < D, other=0.0).to(tl.float32)

    sums = (fresh, fresh, fresh, fresh, fresh)
    for step in range(4):
        row = first + step - 2
        pointers = places(image, row, column, columns, IMAGE_ROW, image_column, channels)
        sums = add_row(sums, weights, pointers, (row >= 0) & (row < rows), inside, channels, IMAGE_ROW, D, TILE)
        sums = (sums[1], sums[2], sums[3], sums[4], fresh)
    for step in range(slide):
        row = first + step
        pointers = places(image, row + 2, column, columns, IMAGE_ROW, image_column, channels)
        sums = add_row(sums, weights, pointers, row + 2 < rows, inside, channels, IMAGE_ROW, D, TILE)
        token = row * columns + column
        present = (row < rows) & (column < columns)
        normaliser = tl.full((BLOCK,), eps, tl.float32)
        total = tl.full((BLOCK, TILE), 0.0, tl.float32)
        for i in tl.static_range(TILES):
            x = features(load_tile(q, token, q_row, q_column, present, i, D, TILE), RELU)
            if FORWARD:
                normaliser += tl.sum(x.to(tl.float32) * load_vector(z, i, D, TILE)[None, :], 1)
            total = matmul(x, states[i], total)
        total *= (1.0 / normaliser)[:, None] if FORWARD else factor
        store_tile(o, total + tl.trans(sums[0]), token, o_row, o_column, present, index, D, TILE)
        sums = (sums[1], sums[2], sums[3], sums[4], fresh)


@triton.jit
def grad_weight_kernel(
    do, v, parts,
    do_batch, do_head, DO_ROW: tl.constexpr, do_column, v_batch, v_head, V_ROW: tl.constexpr, v_column,
    pairs, heads, rows, columns, strips, slide, items,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, WIDTH: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """parts[worker]: sums of do * v at the 25 shifts, and of do, over this worker's items (pair, strip, chunk), for
    one tile of channels. The sums stay apart for each lane until the end; five rows of do rotate."""
    index = tl.program_id(0) % TILES
    worker = tl.program_id(0) // TILES
    workers = tl.num_programs(0) // TILES
    lane = tl.arange(0, BLOCK)
    channels = channels_of(index, TILE)
    sums = zero_tiles(TAPS + 1, TILE, BLOCK)
    for item in range(worker, items, workers):
        pair = item % pairs
        column = item // pairs % strips * WIDTH + lane % WIDTH
        first = (item // pairs // strips * (BLOCK // WIDTH) + lane // WIDTH) * slide
        inside = columns_inside(column, columns)
        batch, head = (pair // heads).to(tl.int64), (pair % heads).to(tl.int64)
        image, gradient = v + batch * v_batch + head * v_head, do + batch * do_batch + head * do_head
        gradients = ()
        for step in tl.static_range(4):
            row = first + step - 2
            pointers = places(gradient, row, column, columns, DO_ROW, do_column, channels)
            gradients += (load_places(pointers, (row >= 0) & (row < rows) & inside[2], channels, D, TILE),)
        for step in range(slide):
            row = first + step
            pointers = places(gradient, row + 2, column, columns, DO_ROW, do_column, channels)
            gradients += (load_places(pointers, (row + 2 < rows) & inside[2], channels, D, TILE),)
            pointers = places(image, row, column, columns, V_ROW, v_column, channels)
            new_sums = ()
            for right in tl.static_range(5):
                x = load_places(pointers + (right - 2) * V_ROW, (row < rows) & inside[right], channels, D, TILE)
                for below in tl.static_range(5):
                    new_sums += (sums[right * 5 + below] + gradients[4 - below] * x,)
            sums = new_sums + (sums[TAPS] + gradients[2],)
            gradients = (gradients[1], gradients[2], gradients[3], gradients[4])
    for right in tl.static_range(5):
        for below in tl.static_range(5):
            at = parts + (worker * (TAPS + 1) + below * 5 + right) * D + channels
            tl.store(at, tl.sum(sums[right * 5 + below], 1, keep_dims=True), mask=channels < D)
    at = parts + (worker * (TAPS + 1) + TAPS) * D + channels
    tl.store(at, tl.sum(sums[TAPS], 1, keep_dims=True), mask=channels < D)


def layout(grid, block, pairs, slots):
    """(width, strips, slide, chunks): a program has block // width parts of `slide` rows in one strip of columns."""
    rows, columns = grid
    width = min(block, max(16, triton.next_power_of_2(columns)))
    strips, parts = triton.cdiv(columns, width), block // width
    # Each part loads 4 rows beyond its own; `cut` counts in rows of the grid here, at least 16 to a program.
    _, chunks = cut(pairs * strips, slots, rows * 16 // parts, 4 * 16)
    slide = triton.cdiv(rows, parts * chunks)
    return width, strips, slide, triton.cdiv(rows, parts * slide)


def output_pass(q, state, z, image, weight, bias, grid, factor, eps, feature_map, is_forward):
    """The second pass with the convolution of `image`, whose shape the result has; see `output_dwconv_kernel`."""
    batch, heads, tokens, dim = q.shape
    pairs, tile, block = batch * heads, tile_width(dim), 64
    tiles = triton.cdiv(dim, tile)
    width, strips, slide, chunks = layout(grid, block, pairs * tiles, multiprocessors(q.device))
    taps = torch.empty(KERNEL_SIZE**2, dim, dtype=torch.float32, device=q.device)  # a tap's channels side by side
    taps.copy_(weight.reshape(dim, -1).t())
    o = token_major(image)
    output_dwconv_kernel[(pairs * tiles * strips * chunks,)](
        q, state, z, image, taps, bias, o, *q.stride(), *image.stride(), *o.stride(),
        pairs, heads, *grid, strips, slide, factor, eps / tokens, *size_classes(pairs, tokens),
        D=dim, TILE=tile, TILES=tiles, RELU=feature_map == "relu", FORWARD=is_forward, WIDTH=width, BLOCK=block,
    )  # fmt: skip
    return o


def grad_weight(do, v, grid):
    """(dweight (dim, 25), dbias (dim,)) in fp32."""
    batch, heads, _, dim = v.shape
    pairs, tile, block = batch * heads, tile_width(dim), 16  # 26 sums for 16 lanes are 104 registers a thread
    tiles = triton.cdiv(dim, tile)
    slots = 2 * multiprocessors(v.device)
    width, strips, slide, chunks = layout(grid, block, pairs * tiles, slots)
    items = pairs * strips * chunks
    workers = min(items, triton.cdiv(slots, tiles))
    parts = torch.empty(workers, KERNEL_SIZE**2 + 1, dim, dtype=torch.float32, device=v.device)
    grad_weight_kernel[(workers * tiles,)](
        do, v, parts, *do.stride(), *v.stride(), pairs, heads, *grid, strips, slide, items,
        D=dim, TILE=tile, TILES=tiles, WIDTH=width, BLOCK=block, num_warps=8,
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
