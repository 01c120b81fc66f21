"""What the convolution's kernels share: pixels of the image, and patches of them, counted along its grid."""

import triton
import triton.language as tl

from ..common.tiles import cdiv
from .reference import KERNEL_SIZE

SIDE = tl.constexpr(KERNEL_SIZE)
TAPS = tl.constexpr(KERNEL_SIZE**2)
REACH = tl.constexpr(KERNEL_SIZE // 2)


@triton.jit
def load_pixels(pointers, row, column, rows, columns, inside, below, right, stride_row, stride_column):
    """Pixels `below` rows and `right` columns of those that `pointers` point at, zero outside the grid. The offset is
    one number for all of them: an addition each, where an address of its own is a multiplication."""
    row, column = row + below, column + right
    mask = inside & (row.to(tl.uint32) < rows) & (column.to(tl.uint32) < columns)  # a negative one is large
    return tl.load(pointers + (below * stride_row + right * stride_column), mask=mask, other=0.0)


def patch_blocks(grid, stack, width, patches):
    """How many blocks of so many patches a grid has: a patch is `stack` rows of `width` columns."""
    rows, columns = grid
    return cdiv(cdiv(rows, stack) * cdiv(columns, width), patches)
