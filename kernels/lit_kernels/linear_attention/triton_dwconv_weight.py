"""The gradients of the depth-wise 5x5 convolution's weight and bias, in Triton: sums over all the tokens,

    dweight[u] = sum_i do_i * v[place(i) + u],   dbias = sum_i do_i

each program's apart, and then added in torch.
"""

import torch
import triton
import triton.language as tl

from ..common.tiles import cdiv, programs, tile_width, widen, zero_tiles
from .pixels import REACH, TAPS, load_pixels, patch_blocks

STACK, PATCHES = 8, 8  # 26 sums for each patch of STACK x 1 pixels


@triton.jit
def grad_weight_kernel(
    do, v, parts,
    do_batch, do_head, do_row, do_column, v_batch, v_head, v_row, v_column,
    pairs, heads, rows, columns, blocks,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, STACK: tl.constexpr, BLOCK: tl.constexpr,
):  # fmt: skip
    """parts[worker]: sums of do * v at the 25 shifts, and of do, over every workers-th block of patches, for one tile
    of channels. The sums stay apart for each patch until the end.

    Blocks here are (TILE, patches) and cut four channels to a thread. Left to itself Triton cuts a block by 16-byte
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
        patch = item % blocks * BLOCK + tl.arange(0, BLOCK)
        top, column = (patch // columns * STACK)[None, :], (patch % columns)[None, :]
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


def grad_weight(do, v, grid):
    """(dweight (dim, 25), dbias (dim,)) in fp32."""
    batch, heads, _, dim = v.shape
    pairs, tile = batch * heads, tile_width(dim)
    tiles, blocks = cdiv(dim, tile), patch_blocks(grid, STACK, 1, PATCHES)
    workers = min(pairs * blocks, cdiv(programs(v.device), tiles))
    parts = torch.empty(workers, TAPS.value + 1, dim, dtype=torch.float32, device=v.device)
    grad_weight_kernel[(workers * tiles,)](
        do, v, parts, *do.stride(), *v.stride(), pairs, heads, *grid, blocks,
        D=dim, TILE=tile, TILES=tiles, STACK=STACK, BLOCK=PATCHES, num_warps=4,
    )  # fmt: skip
    total = parts.sum(0)
    return total[:-1].t().contiguous(), total[-1].clone()
