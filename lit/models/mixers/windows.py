"""Windows of a grid of tokens: softmax inside each, and the sums that leave a window out."""

import torch
import torch.nn.functional as F

from lit.errors import InputError

LARGEST = 32  # a side: windows of 1,024 tokens, past which one softmax over all is what one wants


def check_window(window) -> int:
    """A side, or InputError."""
    if isinstance(window, bool) or not isinstance(window, int) or not 1 <= window <= LARGEST:
        raise InputError("window", window, f"the side of a window in tokens, a whole number from 1 to {LARGEST}")
    return window


class Windows:
    """A grid (rows, columns) cut into windows of `side` x `side` tokens; where it is one row or one column, into runs
    of as many tokens. What a window lacks at the edges is padding, which nobody attends to.

    shifted: windows begin half a window before the grid's corner, so that their borders lie elsewhere (as in Swin,
    arXiv 2103.14030, without its roll: nobody sees the opposite edge).
    """

    def __init__(self, grid: tuple[int, int], side: int, shifted: bool = False):
        rows, columns = grid
        self.grid = grid
        self.shape = min(rows, side**2 if columns == 1 else side), min(columns, side**2 if rows == 1 else side)
        axes = list(zip(grid, self.shape, strict=True))
        self.before = tuple(length // 2 if shifted and length < own else 0 for own, length in axes)
        self.counts = tuple(-(-(own + start) // length) for (own, length), start in zip(axes, self.before, strict=True))
        (top, left), (height, width) = self.before, (n * m for n, m in zip(self.counts, self.shape, strict=True))
        self.padding = left, width - columns - left, top, height - rows - top

    @property
    def number(self) -> int:
        return self.counts[0] * self.counts[1]

    def cut(self, x: torch.Tensor) -> torch.Tensor:
        """(batch, heads, tokens, dim) -> (batch, heads, windows, tokens of a window, dim), zeros where padding is."""
        batch, heads, _, dim = x.shape
        x = x.unflatten(2, self.grid).reshape(batch * heads, *self.grid, dim)
        if any(self.padding):
            x = F.pad(x, (0, 0, *self.padding))
        (rows, columns), (height, width) = self.counts, self.shape
        x = x.reshape(batch, heads, rows, height, columns, width, dim).permute(0, 1, 2, 4, 3, 5, 6)
        return x.reshape(batch, heads, rows * columns, height * width, dim)

    def join(self, x: torch.Tensor) -> torch.Tensor:
        """The way back from `cut`: (batch, heads, windows, tokens of a window, dim) -> (batch, heads, tokens, dim)."""
        batch, heads, dim = x.shape[0], x.shape[1], x.shape[-1]
        (rows, columns), (height, width) = self.counts, self.shape
        x = x.reshape(batch, heads, rows, columns, height, width, dim).permute(0, 1, 2, 4, 3, 5, 6)
        x = x.reshape(batch, heads, rows * height, columns * width, dim)
        (top, left), (all_rows, all_columns) = self.before, self.grid
        return x[:, :, top : top + all_rows, left : left + all_columns].reshape(batch, heads, -1, dim)

    def inside(self, device: torch.device) -> torch.Tensor | None:
        """(windows, 1, tokens of a window), true where a token is; None where all are."""
        if not any(self.padding):
            return None
        ones = torch.ones(1, 1, self.grid[0] * self.grid[1], 1, device=device)
        return self.cut(ones)[0, 0, :, None, :, 0] > 0

    def attention(self, q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
        """Softmax attention inside each window: (batch, heads, tokens, head_dim) -> the same."""
        q, k, v = (self.cut(x) for x in (q, k, v))
        return self.join(F.scaled_dot_product_attention(q, k, v, attn_mask=self.inside(q.device)))
