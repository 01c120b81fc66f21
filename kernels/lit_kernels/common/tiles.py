"""What the Triton kernels share: how a head is cut into tiles, and the few device functions they all call.

A head dimension is 1 to 4 tiles of 64, 32 or 16 columns: 192 is 3 x 64. Triton's blocks are powers of two, and 192
padded to 256 on both sides of the state costs as much arithmetic as a head of 256, more than the memory hides.
Tuples of tiles are unrolled at compile time, so that each tile has its own registers.
"""

import functools
from collections.abc import Mapping
from types import MappingProxyType

import torch
import triton
import triton.language as tl

# Triton's interpreter multiplies the bit patterns of bf16, so there operands are widened first.
INTERPRETED = tl.constexpr(bool(triton.knobs.runtime.interpret))
FP16_MAX = tl.constexpr(65504.0)
SIZES = ("PAIRS_CLASS", "TOKENS_CLASS")  # arguments that only the autotuner looks at
WAYS = ("RELU", "NORMALIZED")  # of kernels that have them


def cdiv(a: int, b: int) -> int:
    """a / b rounded up. triton.cdiv, which kernels can call too, takes ten times as long, and the host is what a small
    launch waits for."""
    return -(-a // b)


def next_power_of_2(n: int) -> int:
    return 1 << (n - 1).bit_length()


@functools.cache
def tile_width(dim: int) -> int:
    """The widest tile among those that pad `dim` least, with four tiles at most."""
    fitting = [width for width in (64, 32, 16) if cdiv(dim, width) <= 4]
    return min(fitting, key=lambda width: cdiv(dim, width) * width)


@functools.cache
def tiling(head_dim: int, value_dim: int) -> Mapping[str, int]:
    """How the kernels cut a state (head_dim, value_dim): the names and values of their constants."""
    sizes = {}
    for prefix, dim in (("", head_dim), ("VALUE_", value_dim)):
        tile = tile_width(dim)
        sizes |= {f"{prefix}D": dim, f"{prefix}TILE": tile, f"{prefix}TILES": cdiv(dim, tile)}
    return MappingProxyType(sizes)


def autotuned(*configs, fp32):
    """triton.autotune among `configs`, keyed by the heads, the pairs and the tokens (and by Triton, the dtypes), and by
    what is computed: features that go to shared memory as they are take more of it than those that pass through
    registers. fp32, whose tiles are twice as large, has a config of its own. The interpreter cannot time: it takes the
    first."""
    if INTERPRETED.value:
        return triton.autotune(configs[:1], key=[])

    def prune(all_configs, arguments, **_):
        single = next(x for x in arguments.values() if isinstance(x, torch.Tensor)).dtype == torch.float32
        return [config for config in all_configs if (config is fp32) == single]

    return triton.autotune(
        [*configs, fp32], key=["D", "VALUE_D", *WAYS, *SIZES], prune_configs_by={"early_config_prune": prune}
    )


def size_classes(pairs: int, tokens: int) -> tuple[int, int]:
    """Work in all and work in a row, by powers of two: a sweep over resolutions tunes a few times, not once a size."""
    return next_power_of_2(pairs), next_power_of_2(tokens)


@functools.cache
def multiprocessors(device: torch.device) -> int:
    return torch.cuda.get_device_properties(device).multi_processor_count if device.type == "cuda" else 4


def programs(device: torch.device) -> int:
    """How many programs share the work: two to a multiprocessor, whether both fit or one follows the other."""
    return 2 * multiprocessors(device)


@functools.cache
def can_chain(device: torch.device) -> bool:
    """Whether kernels are CHAINED and launched so (`launch_pdl`: programmatic dependent launch, from Hopper on). One
    may begin while the kernel before it ends, and has to wait for that before it reads what it writes."""
    return device.type == "cuda" and torch.cuda.get_device_capability(device)[0] >= 9


@triton.jit
def share_of(worker, workers, pairs, blocks):
    """(first, last): the worker's share of the pairs' blocks of tokens, which it goes through in order. All are
    alike but the last ones, whatever the batch: no wave of programs is left half empty."""
    share = tl.cdiv(pairs * blocks, workers)
    return worker * share, tl.minimum((worker + 1) * share, pairs * blocks)


@triton.jit
def pair_at(at, last, blocks, heads):
    """(pair, batch, head, stop): whose block `at` is, and where the share up to `last` leaves that pair."""
    pair = at // blocks
    return pair, (pair // heads).to(tl.int64), (pair % heads).to(tl.int64), tl.minimum(last, (pair + 1) * blocks)


@triton.jit
def matmul(a, b, total):
    """total + a b, in fp32. fp32 operands as three TF32 products (22 bits): one keeps 10 bits, and fp32 arithmetic
    outside the tensor cores spills thousands of registers."""
    if INTERPRETED:
        a, b = a.to(tl.float32), b.to(tl.float32)
    return tl.dot(a, b, total, input_precision="tf32x3")


@triton.jit
def zero_tiles(COUNT: tl.constexpr, ROWS: tl.constexpr, COLUMNS: tl.constexpr):
    tiles = ()
    for _ in tl.static_range(COUNT):
        tiles += (tl.full((ROWS, COLUMNS), 0.0, tl.float32),)
    return tiles


@triton.jit
def features(x, RELU: tl.constexpr, ONCE: tl.constexpr = False):
    """phi(x); NaN stays NaN. Half precisions two at a time: Triton would widen, compare and narrow each,
    five instructions for one. ONCE keeps it from doing so again for each layout that x is needed in."""
    if RELU:
        if INTERPRETED or x.dtype == tl.float32:
            x = tl.maximum(x.to(tl.float32), 0.0, propagate_nan=tl.PropagateNan.ALL).to(x.dtype)
        else:
            kind: tl.constexpr = "bf16x2" if x.dtype == tl.bfloat16 else "f16x2"
            code: tl.constexpr = "{ .reg .b32 zero; mov.b32 zero, 0; max.NaN." + kind + " $0, $1, zero; }"
            x = tl.inline_asm_elementwise(code, "=r,r", [x], x.dtype, is_pure=not ONCE, pack=2)
    return x


@triton.jit
def widen(x):
    """x in fp32. bf16 two at a time, an instruction each: Triton would unpack first and shift then."""
    if INTERPRETED or x.dtype != tl.bfloat16:
        return x.to(tl.float32)
    code: tl.constexpr = "shl.b32 $0, $2, 16; and.b32 $1, $2, 0xffff0000;"
    return tl.inline_asm_elementwise(code, "=r,=r,r", [x], tl.float32, is_pure=True, pack=2)


@triton.jit
def narrow(x, dtype: tl.constexpr):
    """fp32 to the operands' dtype. fp16 saturates: a token whose features meet no key at all has a normaliser of
    eps, and infinity times its zeros would be NaN."""
    if dtype == tl.float16:
        x = tl.minimum(tl.maximum(x, -FP16_MAX), FP16_MAX)
    return x.to(dtype)


@triton.jit
def load_tile(base, rows, stride_row, stride_column, inside, index, D: tl.constexpr, TILE: tl.constexpr):
    """Tile `index` of the rows: (rows, TILE), zero outside. 64-bit addresses: 65,536 tokens of a packed projection
    pass 2^31 elements from 10 images on."""
    columns = index * TILE + tl.arange(0, TILE)
    mask = inside[:, None]
    if D % TILE != 0:
        mask = mask & (columns < D)[None, :]
    offsets = rows.to(tl.int64)[:, None] * stride_row + columns.to(tl.int64)[None, :] * stride_column
    return tl.load(base + offsets, mask=mask, other=0.0)


@triton.jit
def store_tile(base, x, rows, stride_row, stride_column, inside, index, D: tl.constexpr, TILE: tl.constexpr):
    columns = index * TILE + tl.arange(0, TILE)
    mask = inside[:, None]
    if D % TILE != 0:
        mask = mask & (columns < D)[None, :]
    offsets = rows.to(tl.int64)[:, None] * stride_row + columns.to(tl.int64)[None, :] * stride_column
    tl.store(base + offsets, narrow(x, base.dtype.element_ty), mask=mask)


@triton.jit
def load_tiles(
    base, rows, stride_row, stride_column, inside, D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr
):  # fmt: skip
    """All tiles of the rows, asked for together: one wait for memory."""
    xs = ()
    for i in tl.static_range(TILES):
        xs += (load_tile(base, rows, stride_row, stride_column, inside, i, D, TILE),)
    return xs


@triton.jit
def load_features(
    base, rows, stride_row, stride_column, inside,
    D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, RELU: tl.constexpr,
):  # fmt: skip
    """phi of the rows: all their tiles."""
    tiles = load_tiles(base, rows, stride_row, stride_column, inside, D, TILE, TILES)
    xs = ()
    for i in tl.static_range(TILES):
        xs += (features(tiles[i], RELU),)
    return xs


@triton.jit
def load_vector(base, index, D: tl.constexpr, TILE: tl.constexpr):
    columns = index * TILE + tl.arange(0, TILE)
    return tl.load(base + columns, mask=columns < D, other=0.0)


@triton.jit
def load_state(
    state, first, D: tl.constexpr, TILE: tl.constexpr, TILES: tl.constexpr, VALUE_D: tl.constexpr,
    VALUE_TILE: tl.constexpr, COLUMNS: tl.constexpr, RESIDENT: tl.constexpr,
):  # fmt: skip
    """COLUMNS tiles from the `first` one on of each row of a (D, VALUE_D) matrix's tiles, row after row; none where
    they are to be loaded at each use."""
    tiles = ()
    if RESIDENT:
        for i in tl.static_range(TILES):
            for j in tl.static_range(COLUMNS):
                tiles += (load_state_tile(state, i, first + j, D, TILE, VALUE_D, VALUE_TILE),)
    return tiles


@triton.jit
def load_state_tile(
    state, i, j, D: tl.constexpr, TILE: tl.constexpr, VALUE_D: tl.constexpr, VALUE_TILE: tl.constexpr
):  # fmt: skip
    rows = i * TILE + tl.arange(0, TILE)
    return load_tile(state, rows, VALUE_D, 1, rows < D, j, VALUE_D, VALUE_TILE)


@triton.constexpr_function
def lines_of(rows, width):
    """How many rows the threads of a program hold at a time, as they come from memory: 16 bytes each of four warps in
    half precisions, of eight in fp32."""
    return min(rows, 1024 // width)


@triton.jit
def sum_lines(x, LINES: tl.constexpr):
    """(rows, columns) summed to (LINES, columns): a thread's own rows, see `lines_of`."""
    return tl.sum(tl.reshape(x, (x.shape[0] // LINES, LINES, x.shape[1])), 0)


@triton.jit
def normaliser_of(xs, zs):
    """phi(x) . z for each row, from the tiles of both; a tile of z is (TILE, columns) that add up to it. As a product,
    so that x is needed in one layout only: with a second one Triton gives up the layout of shared memory without bank
    conflicts."""
    total = tl.full((xs[0].shape[0], zs[0].shape[1]), 0.0, tl.float32)
    for i in tl.static_range(len(xs)):
        total = matmul(xs[i], zs[i], total)
    return tl.sum(total, 1)
