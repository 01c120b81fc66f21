"""The depth-wise 5x5 convolution inside linear attention's second pass, in Triton.

    o_i = phi(q_i) S / (phi(q_i) . z + eps) + bias + sum_u weight[u] * v[place(i) + u]
    dv_j = phi(k_j) dS + sum_u weight[u] * do[place(j) - u]          the same kernel with the weights mirrored

Beside q and o the second pass reads v once more: 10 bytes an element in bf16 where attention alone has 8. What the
memory leaves time for is the issue: 25 multiply-adds an element, and every shifted load is an instruction, an address
and a mask besides. So half precisions multiply on the tensor cores, `mma.sync` m16n8k8, to which the pixels go as they
come from memory: 8 channels of 8 pixels, times two diagonal 8 x 8 matrices of weights, one above the other. The image
is cut into patches of STACK x 2 pixels, whose sums stay in registers: a column of the image serves all of the patch
that sees it, and the two matrices are what its two columns take from a pixel. Patches are counted along the grid, so
that any grid fills the programs.

`tl.dot` would take the pixels through shared memory, so the instruction is written out. It relies on how Triton cuts a
block of (8 x warps, 32): a warp has 8 rows, a thread 8 channels of one; `test_compiled.py` holds Triton to that. A
product mixes 8 channels and 6 columns: infinity or NaN in one of them is NaN in all, as it is by the state.
"""

import torch
import triton
import triton.language as tl

from ..common.layout import token_major
from ..common.tiles import (
    INTERPRETED,
    can_chain,
    cdiv,
    features,
    load_state,
    load_tiles,
    load_vector,
    matmul,
    multiprocessors,
    next_power_of_2,
    store_tile,
    tile_width,
    widen,
    zero_tiles,
)
from .pixels import REACH, SIDE, TAPS, load_pixels, patch_blocks
from .states import new_states, no_states
from .triton_backward import backward as attention_backward
from .triton_dwconv_weight import grad_weight
from .triton_forward import state_pass

STACK, WARPS = 4, 4  # of the second pass
PROGRAMS, REGISTERS = 3, 168  # to a multiprocessor, for which the threads have 168 registers of the 190 they would take
WIDEST = 32  # channels of a pixel on the tensor cores, for four threads: 16 bytes each


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


@triton.constexpr_function
def expand_code(pairs):
    """PTX: the left operands of `mma`, two registers for each pair of channels, from both columns' weights as
    `taps_kernel` leaves them. A register holds one weight, in its lower half for even rows, or zeros off the diagonal.
    """
    lines = [
        ".reg .b32 thread, lane, odd, first, second; .reg .pred even, diagonal;",
        "mov.u32 lane, %laneid; and.b32 thread, lane, 3; and.b32 odd, lane, 4; shr.u32 lane, lane, 3;",
        "setp.eq.u32 diagonal, thread, lane; setp.eq.u32 even, odd, 0;",
        "selp.b32 first, 0x4410, 0x1044, even; selp.b32 first, first, 0x4444, diagonal;",
        "selp.b32 second, 0x4432, 0x3244, even; selp.b32 second, second, 0x4444, diagonal;",
    ]
    for i in range(pairs):
        for side in range(2):
            source = 2 * pairs + side * pairs // 2 + i // 2
            lines.append(f"prmt.b32 ${2 * i + side}, ${source}, 0, {'second' if i % 2 else 'first'};")
    return "{" + " ".join(lines) + "}"


@triton.constexpr_function
def multiply_code(pairs, kind):
    """PTX: for each pair of channels 16 x 8 weights times 8 channels of 8 pixels, added to both columns' sums."""
    instruction = f"mma.sync.aligned.m16n8k8.row.col.f32.{kind}.{kind}.f32"
    taps, x, sums = 4 * pairs, 6 * pairs, 7 * pairs  # the first operand of each
    lines = []
    for left in range(0, 2 * pairs, 2):
        right = 2 * pairs + left
        new = f"{{${left}, ${left + 1}, ${right}, ${right + 1}}}"
        old = f"{{${sums + left}, ${sums + left + 1}, ${sums + right}, ${sums + right + 1}}}"
        weights, pixels = f"{{${taps + left}, ${taps + left + 1}}}", f"{{${x + left // 2}}}"
        lines.append(f"{instruction} {new}, {weights}, {pixels}, {old};")
    return " ".join(lines)


@triton.constexpr_function
def constraints(written, kind, integers, floats=0):
    """`written` registers of a kind, early, since an instruction reads after another has written; then those read."""
    return ",".join([f"=&{kind}"] * written + ["r"] * integers + ["f"] * floats)


@triton.jit
def add_column(
    lefts, rights, xs, taps, right: tl.constexpr,
    FORWARD: tl.constexpr, TAP_SIZE: tl.constexpr, STACK: tl.constexpr, TENSOR: tl.constexpr,
):  # fmt: skip
    """The sums of the patches' left and right columns, and what column `right` - REACH of the image adds to them. On
    the TENSOR cores `taps` is what a thread has of the weights, see `taps_kernel`, and the sums come transposed,
    see `pixels_of`."""
    PAIRS: tl.constexpr = lefts[0].shape[1] // 8  # of channels, in a thread
    KIND: tl.constexpr = "bf16" if xs[0].dtype == tl.bfloat16 else "f16"
    for above in tl.static_range(5):
        place = above * 5 + right
        if right < 5:
            left_tap = tl.load(taps + (place if FORWARD else TAPS - 1 - place) * TAP_SIZE)
        if right > 0:
            right_tap = tl.load(taps + (place - 1 if FORWARD else TAPS - place) * TAP_SIZE)
        if TENSOR:
            if right == 5:
                left_tap = tl.zeros_like(right_tap)
            if right == 0:
                right_tap = tl.zeros_like(left_tap)
            # All is called impure, or Triton computes it anew in layouts that later operations ask for.
            weights = tl.inline_asm_elementwise(
                expand_code(PAIRS), constraints(2 * PAIRS, "r", PAIRS), [left_tap, right_tap],
                tl.int32, is_pure=False, pack=2 * PAIRS,
            )  # fmt: skip
        new_lefts, new_rights = (), ()
        for i in tl.static_range(STACK):
            x, left_sum, right_sum = xs[i + above], lefts[i], rights[i]
            if TENSOR:
                left_sum, right_sum = tl.inline_asm_elementwise(
                    multiply_code(PAIRS, KIND), constraints(4 * PAIRS, "f", 3 * PAIRS, 4 * PAIRS),
                    [weights, x, left_sum, right_sum], (tl.float32, tl.float32), is_pure=False, pack=2 * PAIRS,
                )  # fmt: skip
            else:
                if right < 5:
                    left_sum += left_tap * widen(x)
                if right > 0:
                    right_sum += right_tap * widen(x)
            new_lefts += (left_sum,)
            new_rights += (right_sum,)
        lefts, rights = new_lefts, new_rights
    return lefts, rights


@triton.jit
def pixels_of(
    lefts, rights, row: tl.constexpr, BLOCKS: tl.constexpr, GROUPS: tl.constexpr, TENSOR: tl.constexpr
):  # fmt: skip
    """(pixels, channels) of two rows of the patches, pixels in the order of rows, patches, columns. Where thread t had
    channels 2m + i of its own, of patch 2T + e, the tensor cores leave it channels 2m + e of thread T's, of patch
    2t + i.
    """
    WIDE: tl.constexpr = lefts[0].shape[1]
    x = tl.join(tl.join(lefts[row], lefts[row + 1]), tl.join(rights[row], rights[row + 1]))
    if TENSOR:
        x = tl.reshape(x, (BLOCKS, GROUPS, 4, 2, 4, WIDE // 8, 2, 2, 2))
        x = tl.permute(x, (7, 0, 4, 6, 8, 1, 2, 5, 3))
    else:
        x = tl.reshape(x, (BLOCKS, GROUPS, 8, WIDE, 2, 2))
        x = tl.permute(x, (4, 0, 2, 5, 1, 3))
    return tl.reshape(x, (32 * BLOCKS, WIDE * GROUPS))


@triton.jit
def add_products(total, x, z):
    """total (rows, TILE / 8) + x (rows, TILE) * z (TILE,), a tile of z_state, eight columns a sum: a thread's own ones
    as they come from memory. What is left to add goes between threads, once a row and not for each tile."""
    return total + tl.sum(tl.reshape(widen(x) * z[None, :], (x.shape[0], x.shape[1] // 8, 8)), 2)


@triton.jit
def output_dwconv_kernel(
    q, kv_state, z_state, image, taps, bias, o,
    q_batch, q_head, q_row, q_column, image_batch, image_head, image_row, image_column,
    o_batch, o_head, o_row, o_column,
    heads, rows, columns, blocks, factor, eps,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, RELU: tl.constexpr, FORWARD: tl.constexpr,
    STACK: tl.constexpr, PATCHES: tl.constexpr, WIDE: tl.constexpr, TENSOR: tl.constexpr, CHAINED: tl.constexpr,
):  # fmt: skip
    """One tile of channels for PATCHES patches of STACK x 2 pixels. FORWARD divides by the normaliser and adds the
    bias; the transposed convolution of the backward pass multiplies by `factor` instead.

    The convolution's blocks are (patches / 8, groups of WIDE channels, 8 patches) x WIDE channels.
    """
    GROUPS: tl.constexpr = TILE // WIDE
    ROWS: tl.constexpr = PATCHES * GROUPS
    block, index = tl.program_id(0) % blocks, tl.program_id(0) // blocks % TILES
    pair = tl.program_id(0) // blocks // TILES
    batch, head = (pair // heads).to(tl.int64), (pair % heads).to(tl.int64)
    q += batch * q_batch + head * q_head
    image += batch * image_batch + head * image_head
    o += batch * o_batch + head * o_head
    z_state += pair.to(tl.int64) * D
    kv_state += pair.to(tl.int64) * D * D

    halves = tl.cdiv(columns, 2)
    line = tl.arange(0, ROWS)
    patch = block * PATCHES + line // (8 * GROUPS) * 8 + line % 8
    top, column = (patch // halves * STACK)[:, None], (patch % halves * 2)[:, None]
    group, slot = (index * GROUPS + line // 8 % GROUPS)[:, None], tl.arange(0, WIDE)[None, :]
    channels = group * WIDE + slot
    inside = channels < D if D % TILE != 0 else True
    if TENSOR:
        taps += (group * 8 + (line % 8)[:, None]) * (WIDE // 4) + slot % (WIDE // 4)
    else:
        taps += channels
    TAP_SIZE: tl.constexpr = TILES * TILE * (2 if TENSOR else 1)
    image_line = tl.cast(columns, tl.int64) * image_row
    here = image + (top * columns + column).to(tl.int64) * image_row + channels.to(tl.int64) * image_column
    lefts, rights = zero_tiles(STACK, ROWS, WIDE), zero_tiles(STACK, ROWS, WIDE)
    if not CHAINED:  # asked for before the convolution, which hides the wait
        states = load_state(kv_state, index, D, TILE, TILES, D, TILE, COLUMNS=1, RESIDENT=True)
    for right in tl.static_range(6):
        xs = load_column(here, top, column, rows, columns, inside, right, image_line, image_row, STACK)
        lefts, rights = add_column(lefts, rights, xs, taps, right, FORWARD, TAP_SIZE, STACK, TENSOR)
        if TENSOR:
            tl.debug_barrier()  # or the assembler loads columns further ahead, for which there are no registers
    if CHAINED:  # the convolution has run beside the first pass
        tl.extra.cuda.gdc_wait()
        states = load_state(kv_state, index, D, TILE, TILES, D, TILE, COLUMNS=1, RESIDENT=True)

    if FORWARD:
        shift = load_vector(bias, index, D, TILE).to(tl.float32)
    place = tl.arange(0, 4 * PATCHES)
    patch = block * PATCHES + place // 2 % PATCHES
    top, column = patch // halves * STACK + place // (2 * PATCHES), patch % halves * 2 + place % 2
    for row in tl.static_range(0, STACK, 2):
        token = (top + row) * columns + column
        present = (top + row < rows) & (column < columns)
        xs = load_tiles(q, token, q_row, q_column, present, D, TILE, TILES)
        normaliser = tl.full((4 * PATCHES, TILE // 8), 0.0, tl.float32)  # by threads of 8 channels, until the end
        total = tl.full((TILE, 4 * PATCHES), 0.0, tl.float32)  # transposed, as in the first pass
        for i in tl.static_range(TILES):
            x = features(xs[i], RELU, ONCE=True)
            if FORWARD:
                normaliser = add_products(normaliser, x, load_vector(z_state, i, D, TILE))
            total = matmul(tl.trans(states[i]), tl.trans(x), total)
        total = tl.trans(total)
        convolved = pixels_of(lefts, rights, row, PATCHES // 8, GROUPS, TENSOR)
        if FORWARD:
            inverse = 1.0 / (tl.sum(normaliser, 1) + eps)
            total = total * inverse[:, None] + (convolved + shift[None, :])
        else:
            total = total * factor + convolved
        store_tile(o, total, token, o_row, o_column, present, index, D, TILE)


def on_tensor_cores(image):
    """Whether Triton will know, from what it finds divisible by 16, that a thread can load its channels at once."""
    if INTERPRETED.value or image.dtype == torch.float32:
        return False
    return image.stride(3) == 1 and all(x % 16 == 0 for x in (image.data_ptr(), *image.stride()[:3]))


@triton.jit
def taps_kernel(
    weight, taps, channel_stride, row_stride, column_stride,
    D: tl.constexpr, WIDTH: tl.constexpr, WIDE: tl.constexpr, TENSOR: tl.constexpr, CHAINED: tl.constexpr,
    BLOCK: tl.constexpr,
):  # fmt: skip
    """The weight as the second pass reads it, (taps, WIDTH channels), zeros from D on. For the TENSOR cores the
    channels of each group of WIDE lie in the order of the diagonals, (4, 2, WIDE / 8): for patch 2T + e of a warp those
    that thread T has at 2m + e, one beside the other. Nobody needs them before the second pass."""
    if CHAINED:
        tl.extra.cuda.gdc_launch_dependents()
    tap, place = tl.program_id(0), tl.arange(0, BLOCK)
    channel = place
    if TENSOR:
        OWN: tl.constexpr = WIDE // 4  # channels of a thread
        own = place % OWN
        channel = place - own + own % (OWN // 2) * 2 + own // (OWN // 2)
    pointers = weight + channel * channel_stride + tap // SIDE * row_stride + tap % SIDE * column_stride
    x = tl.load(pointers, mask=channel < D, other=0.0)
    tl.store(taps + tap * WIDTH + place, x.to(taps.dtype.element_ty), mask=place < WIDTH)


def taps_for(image, weight):
    """What `taps_kernel` makes of the weight: for the tensor cores as bytes, so that Triton cuts (patches, channels) of
    them as it cuts the pixels, else fp32."""
    dim, tensor = weight.shape[0], on_tensor_cores(image)
    tile = tile_width(dim)
    width = cdiv(dim, tile) * tile
    taps = torch.empty(TAPS.value, width, dtype=image.dtype if tensor else torch.float32, device=image.device)
    taps_kernel[(TAPS.value,)](
        weight, taps, weight.stride(0), *weight.stride()[2:], D=dim, WIDTH=width, WIDE=min(tile, WIDEST), TENSOR=tensor,
        CHAINED=can_chain(image.device), BLOCK=next_power_of_2(width),
    )  # fmt: skip
    return taps.view(torch.int8) if tensor else taps


def partition(image, grid, taps):
    """How the second pass divides the image: (channels that four threads have of a patch, patches of a program, blocks
    of so many in the grid, programs, whether these are CHAINED). If so they convolve while the kernel before them
    runs, and the taps have to be there before that one starts; more programs than fit at once would take longer so."""
    batch, heads, _, dim = image.shape
    tile = tile_width(dim)
    wide = min(tile, WIDEST) if taps.dtype == torch.int8 else 16
    patches = 8 * WARPS * wide // tile
    blocks = patch_blocks(grid, STACK, 2, patches)
    programs = batch * heads * cdiv(dim, tile) * blocks
    chained = can_chain(image.device) and programs <= PROGRAMS * multiprocessors(image.device)
    return wide, patches, blocks, programs, chained


def output_pass(q, kv_state, z_state, image, taps, bias, grid, factor, eps, feature_map, is_forward):
    """The second pass with the convolution of `image`, whose shape the result has; see `output_dwconv_kernel`."""
    dim, tensor = q.shape[3], taps.dtype == torch.int8
    tile = tile_width(dim)
    wide, patches, blocks, programs, chained = partition(image, grid, taps)
    o = token_major(image)
    output_dwconv_kernel[(programs,)](
        q, kv_state, z_state, image, taps, bias, o, *q.stride(), *image.stride(), *o.stride(),
        q.shape[1], *grid, blocks, factor, eps / q.shape[2], D=dim, TILE=tile, TILES=cdiv(dim, tile),
        RELU=feature_map == "relu", FORWARD=is_forward, STACK=STACK, PATCHES=patches, WIDE=wide, TENSOR=tensor,
        CHAINED=chained, num_warps=WARPS, num_stages=1, maxnreg=REGISTERS if tensor else None, launch_pdl=chained,
    )  # fmt: skip
    return o


def forward(q, k, v, weight, bias, grid, eps, feature_map, save):
    """(o, kv_state, z_state), as `triton_forward.forward`."""
    taps = taps_for(v, weight)
    *_, chained = partition(v, grid, taps)
    kv_state, z_state = new_states(q, v)
    state_pass(k, v, kv_state, z_state, 1 / q.shape[2], feature_map, beside=not chained)
    o = output_pass(q, kv_state, z_state, v, taps, bias, grid, 1.0, eps, feature_map, is_forward=True)
    return (o, kv_state, z_state) if save else (o, *no_states(q))


def backward(do, q, k, v, weight, bias, kv_state, z_state, grid, eps, feature_map):
    """(dq, dk, dv, dweight, dbias)."""
    taps = taps_for(do, weight)  # before all passes, see `partition`

    def grad_values(do, k, dkv_state, factor, feature_map):
        return output_pass(k, dkv_state, z_state, do, taps, bias, grid, factor, eps, feature_map, is_forward=False)

    dq, dk, dv = attention_backward(do, q, k, v, kv_state, z_state, eps, feature_map, grad_values=grad_values)
    dweight, dbias = grad_weight(do, v, grid)
    return dq, dk, dv, dweight.reshape(weight.shape).to(weight.dtype), dbias.to(bias.dtype)
