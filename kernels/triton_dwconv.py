"""The depth-wise 5x5 convolution inside linear attention's second pass, in Triton.

    o_i = phi(q_i) S / (phi(q_i) . z + eps) + bias + sum_u weight[u] * v[place(i) + u]
    dv_j = phi(k_j) dS + sum_u weight[u] * do[place(j) - u]          the same kernel with the weights mirrored
    dweight[u] = sum_i do_i * v[place(i) + u],   dbias = sum_i do_i

Beside q and o the second pass reads v once more: 10 bytes an element in bf16 where attention alone has 8. What the
memory leaves time for is the issue: 25 multiply-adds an element, and every shifted load is an instruction, an address
and a mask besides. So half precisions multiply on the tensor cores: a tap is the product of a diagonal 16 x 16 matrix
of weights with 8 pixels of 16 channels, `mma.sync` m16n8k16, to which the pixels go as they come from memory. And a
lane is a patch of STACK x 2 pixels, whose sums stay in registers: a column of the image serves all of the patch that
sees it, 4.5 loads an element where a gather has 25. Lanes are counted along the grid, so that any grid fills them.

`tl.dot` would take the pixels through shared memory, so the instruction is written out. It relies on how Triton cuts
a block of (8 x warps, 16): a warp has 8 rows, a thread 4 channels of one; `tests/kernels/test_compiled.py` holds Triton
to that. A product mixes 16 channels: infinity or NaN in one of them is NaN in all.
"""

import torch
import triton
import triton.language as tl

from kernels.buffers import new_state, no_state, token_major
from kernels.reference import KERNEL_SIZE
from kernels.tiles import (
    INTERPRETED,
    features,
    load_state_tile,
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
STACK, WARPS = 8, 4  # of the second pass
REGISTERS = 168  # of its threads, of the 200 they would take: three programs to a multiprocessor
PLAIN_STACK = 4  # without tensor cores
GRADIENT_STACK, GRADIENT_LANES = 8, 8  # of the weight's gradient: 26 sums for each lane


@triton.jit
def load_pixels(pointers, row, column, rows, columns, inside, below, right, stride_row, stride_column):
    """Pixels `below` rows and `right` columns of those that `pointers` point at, zero outside the grid. The offset is
    one number for all of them: an addition each, where an address of its own is a multiplication."""
    row, column = row + below, column + right
    mask = inside & (row.to(tl.uint32) < rows) & (column.to(tl.uint32) < columns)  # a negative one is large
    return tl.load(pointers + (below * stride_row + right * stride_column), mask=mask, other=0.0)


@triton.jit
def load_column(
    pointers, row, column, rows, columns, inside, right, stride_row, stride_column, STACK: tl.constexpr
):  # fmt: skip
    """All that the patches see of one column of the image, from top to bottom."""
    xs = ()
    for below in tl.static_range(STACK + 4):
        xs += (
            load_pixels(
                pointers, row, column, rows, columns, inside, below - REACH, right - REACH, stride_row, stride_column
            ),
        )  # fmt: skip
    return xs


@triton.jit
def add_tap(total, tap, x, TENSOR: tl.constexpr):
    """total + tap * x for (rows, 16 channels). On the TENSOR cores `tap` is a thread's part of the diagonal matrix,
    see `fragments`, and the sums come transposed, see `pixels_of`."""
    if TENSOR:
        kind: tl.constexpr = "bf16.bf16" if x.dtype == tl.bfloat16 else "f16.f16"
        instruction: tl.constexpr = "mma.sync.aligned.m16n8k16.row.col.f32." + kind + ".f32 "
        operands: tl.constexpr = "{$0, $1, $2, $3}, {$4, $5, $6, $7}, {$8, $9}, {$10, $11, $12, $13};"
        registers: tl.constexpr = "=f,=f,=f,=f,r,r,r,r,r,r,f,f,f,f"
        # Called impure, or Triton computes it anew in layouts that later operations ask for (dv of head_dim 32).
        total = tl.inline_asm_elementwise(
            instruction + operands, registers, [tap, x, total], tl.float32, is_pure=False, pack=4
        )
    else:
        total += tap * widen(x)
    return total


@triton.jit
def pixels_of(sums, row: tl.constexpr, BLOCKS: tl.constexpr, GROUPS: tl.constexpr, TENSOR: tl.constexpr):
    """(pixels, channels) of four rows of the patches, pixels in the order of rows, lanes, columns. Where a thread had
    channels 4t + 2i + j of lane g, the tensor cores leave it channels 8i + g of lane 2t + j."""
    left = tl.join(tl.join(sums[2 * row], sums[2 * row + 4]), tl.join(sums[2 * row + 2], sums[2 * row + 6]))
    right = tl.join(tl.join(sums[2 * row + 1], sums[2 * row + 5]), tl.join(sums[2 * row + 3], sums[2 * row + 7]))
    x = tl.join(left, right)
    if TENSOR:
        x = tl.reshape(x, (BLOCKS, GROUPS, 8, 4, 2, 2, 4, 2))
        x = tl.permute(x, (6, 0, 3, 5, 7, 1, 4, 2))
    else:
        x = tl.reshape(x, (BLOCKS, GROUPS, 8, 16, 4, 2))
        x = tl.permute(x, (4, 0, 2, 5, 1, 3))
    return tl.reshape(x, (64 * BLOCKS, 16 * GROUPS))


@triton.jit
def two_columns(x, dtype: tl.constexpr):
    """An (len(x), 8) operand whose rows add up to x: `dtype` and what it leaves of fp32."""
    column = tl.arange(0, 8)[None, :]
    high = x.to(dtype)
    low = (x - high.to(tl.float32)).to(dtype)
    return tl.where(column == 0, high[:, None], tl.where(column == 1, low[:, None], 0.0)).to(dtype)


@triton.jit
def output_dwconv_kernel(
    q, state, z, image, taps, bias, o,
    q_batch, q_head, q_row, q_column, image_batch, image_head, image_row, image_column,
    o_batch, o_head, o_row, o_column,
    pairs, heads, rows, columns, blocks, factor, eps,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, RELU: tl.constexpr, FORWARD: tl.constexpr,
    STACK: tl.constexpr, LANES: tl.constexpr, TENSOR: tl.constexpr,
):  # fmt: skip
    """One tile of channels for LANES patches of STACK x 2 pixels. FORWARD divides by the normaliser and adds the bias;
    the transposed convolution of the backward pass multiplies by `factor` instead.

    The convolution's blocks are (lanes / 8, groups of 16 channels, 8 lanes) x 16 channels.
    """
    GROUPS: tl.constexpr = TILE // 16
    ROWS: tl.constexpr = LANES * GROUPS
    index = tl.program_id(0) % TILES  # neighbours read the same q
    block = tl.program_id(0) // TILES % blocks
    pair = tl.program_id(0) // TILES // blocks
    batch, head = (pair // heads).to(tl.int64), (pair % heads).to(tl.int64)
    q += batch * q_batch + head * q_head
    image += batch * image_batch + head * image_head
    o += batch * o_batch + head * o_head
    z += pair.to(tl.int64) * D
    state += pair.to(tl.int64) * D * D

    halves = tl.cdiv(columns, 2)
    line = tl.arange(0, ROWS)
    lane = block * LANES + line // (8 * GROUPS) * 8 + line % 8
    top, column = (lane // halves * STACK)[:, None], (lane % halves * 2)[:, None]
    group, slot = (index * GROUPS + line // 8 % GROUPS)[:, None], tl.arange(0, 16)[None, :]
    channels = group * 16 + slot
    inside = channels < D if D % TILE != 0 else True
    if TENSOR:
        taps += (group * 8 + (line % 8)[:, None]) * 16 + slot
    else:
        taps += channels
    TAP_SIZE: tl.constexpr = TILES * TILE * (8 if TENSOR else 1)
    image_line = tl.cast(columns, tl.int64) * image_row
    here = image + (top * columns + column).to(tl.int64) * image_row + channels.to(tl.int64) * image_column
    sums = zero_tiles(2 * STACK, ROWS, 16)
    ahead = load_column(here, top, column, rows, columns, inside, 0, image_line, image_row, STACK)
    for right in tl.static_range(6):
        xs = ahead
        if right < 5:
            ahead = load_column(here, top, column, rows, columns, inside, right + 1, image_line, image_row, STACK)
        for side in tl.static_range(2):
            if right - side >= 0 and right - side < 5:
                for below in tl.static_range(5):
                    place = below * 5 + right - side
                    tap = tl.load(taps + (place if FORWARD else TAPS - 1 - place) * TAP_SIZE)
                    new_sums = ()
                    for i in tl.static_range(2 * STACK):
                        if i % 2 == side:
                            new_sums += (add_tap(sums[i], tap, xs[i // 2 + below], TENSOR),)
                        else:
                            new_sums += (sums[i],)
                    sums = new_sums
        if TENSOR:
            tl.debug_barrier()  # or the assembler loads columns further ahead, for which there are no registers

    states, zs = (), ()
    if FORWARD:
        shift = load_vector(bias, index, D, TILE).to(tl.float32)
        keys = tl.arange(0, 4 * TILE)
        largest = tl.maximum(tl.max(tl.abs(tl.load(z + keys, mask=keys < D, other=0.0)), 0), 1e-30)
        scale = 1.0 / largest  # fp16 would lose small means
    for i in tl.static_range(TILES):
        states += (load_state_tile(state, i, index, D, TILE),)
        if FORWARD:
            zs += (two_columns(load_vector(z, i, D, TILE) * scale, q.dtype.element_ty),)
    place = tl.arange(0, 8 * LANES)
    lane = block * LANES + place // 2 % LANES
    top, column = lane // halves * STACK + place // (2 * LANES), lane % halves * 2 + place % 2
    for row in tl.static_range(0, STACK, 4):
        token = (top + row) * columns + column
        present = (top + row < rows) & (column < columns)
        normaliser = tl.full((8 * LANES, 8), 0.0, tl.float32)
        total = tl.full((TILE, 8 * LANES), 0.0, tl.float32)  # transposed, as in the first pass
        for i in tl.static_range(TILES):
            x = features(load_tile(q, token, q_row, q_column, present, i, D, TILE), RELU, ONCE=True)
            if FORWARD:
                normaliser = matmul(x, zs[i], normaliser)
            total = matmul(tl.trans(states[i]), tl.trans(x), total)
        total = tl.trans(total)
        convolved = pixels_of(sums, row, LANES // 8, GROUPS, TENSOR)
        if FORWARD:
            inverse = 1.0 / (tl.sum(normaliser, 1) * largest + eps)
            total = total * inverse[:, None] + (convolved + shift[None, :])
        else:
            total = total * factor + convolved
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
    v_line, do_line = tl.cast(columns, tl.int64) * v_row, tl.cast(columns, tl.int64) * do_row
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
            x = widen(load_pixels(there, top, column, rows, columns, channels < D, height, 0, do_line, do_row))
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
                x = widen(x)
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


def lane_blocks(grid, stack, width, lanes):
    """Blocks of `lanes` in a grid: a lane is `stack` rows of `width` columns."""
    rows, columns = grid
    return triton.cdiv(triton.cdiv(rows, stack) * triton.cdiv(columns, width), lanes)


def on_tensor_cores(image):
    """Whether Triton will know, from what it finds divisible by 16, that a thread can load 4 channels at once."""
    if INTERPRETED.value or image.dtype == torch.float32:
        return False
    return image.stride(3) == 1 and all(x % 16 == 0 for x in (image.data_ptr(), *image.stride()[:3]))


def fragments(taps):
    """(taps, channels) as 16 x 16 diagonal matrices, cut as `mma` has its left operand: (taps, groups, 8, 4, 4) pairs
    of weights, four pairs for each thread of a warp. Columns are in the order in which four threads hold the 16
    channels of a pixel, four each: 0 1 4 5 8 9 12 13, 2 3 6 7 10 11 14 15."""
    matrices = torch.diag_embed(taps.unflatten(1, (-1, 16))).view(len(taps), -1, 2, 8, 4, 2, 2)
    return matrices.permute(0, 1, 3, 4, 5, 2, 6).contiguous().view(torch.int32).flatten(-3)


def output_pass(q, state, z, image, weight, bias, grid, factor, eps, feature_map, is_forward):
    """The second pass with the convolution of `image`, whose shape the result has; see `output_dwconv_kernel`."""
    batch, heads, tokens, dim = q.shape
    pairs, tile = batch * heads, tile_width(dim)
    tensor, lanes = on_tensor_cores(image), 8 * WARPS * 16 // tile
    stack = STACK if tensor else PLAIN_STACK
    tiles, blocks = triton.cdiv(dim, tile), lane_blocks(grid, stack, 2, lanes)
    taps = torch.zeros(
        KERNEL_SIZE**2, tiles * tile, dtype=weight.dtype if tensor else torch.float32, device=weight.device
    )
    taps[:, :dim] = weight.reshape(dim, -1).t()  # a tap's channels side by side
    o = token_major(image)
    output_dwconv_kernel[(pairs * tiles * blocks,)](
        q, state, z, image, fragments(taps) if tensor else taps, bias, o, *q.stride(), *image.stride(), *o.stride(),
        pairs, heads, *grid, blocks, factor, eps / tokens,
        D=dim, TILE=tile, TILES=tiles, RELU=feature_map == "relu", FORWARD=is_forward, STACK=stack, LANES=lanes,
        TENSOR=tensor, num_warps=WARPS, num_stages=1, maxnreg=REGISTERS if tensor else None,
    )  # fmt: skip
    return o


def grad_weight(do, v, grid):
    """(dweight (dim, 25), dbias (dim,)) in fp32."""
    batch, heads, _, dim = v.shape
    pairs, tile = batch * heads, tile_width(dim)
    tiles, blocks = triton.cdiv(dim, tile), lane_blocks(grid, GRADIENT_STACK, 1, GRADIENT_LANES)
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
