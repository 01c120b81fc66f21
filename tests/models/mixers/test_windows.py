"""Cutting a grid into windows and back."""

import pytest
import torch
import torch.nn.functional as F

from lit.models.mixers.windows import Windows

CASES = [((8, 8), 4, False), ((8, 8), 4, True), ((5, 7), 3, False), ((5, 7), 3, True), ((1, 13), 2, True),
         ((11, 1), 3, False), ((2, 3), 8, True), ((1, 1), 4, True), ((9, 2), 4, True)]  # fmt: skip


@pytest.mark.parametrize("grid, side, shifted", CASES)
def test_joined_again_it_is_what_was_cut(grid, side, shifted):
    windows = Windows(grid, side, shifted)
    x = torch.randn(2, 3, grid[0] * grid[1], 4)
    cut = windows.cut(x)
    assert cut.shape == (2, 3, windows.number, windows.shape[0] * windows.shape[1], 4)
    assert torch.equal(windows.join(cut), x)
    assert not cut.shape[3] > max(side * side, 1)


@pytest.mark.parametrize("grid, side, shifted", CASES)
def test_attention_inside_windows_is_attention_with_all_else_masked(grid, side, shifted):
    windows = Windows(grid, side, shifted)
    q, k, v = torch.randn(3, 1, 2, grid[0] * grid[1], 4, dtype=torch.float64)
    numbers = torch.arange(windows.number, dtype=torch.float64)[None, None, :, None, None]
    places = torch.ones(1, 1, windows.number, windows.shape[0] * windows.shape[1], 1, dtype=torch.float64)
    of = windows.join(numbers * places)[0, 0, :, 0]  # which window each token is in
    expected = F.scaled_dot_product_attention(q, k, v, attn_mask=of[:, None] == of[None])
    torch.testing.assert_close(windows.attention(q, k, v), expected)


def test_shifted_windows_join_what_others_part():
    assert Windows((8, 8), 4).counts == (2, 2) and Windows((8, 8), 4, shifted=True).counts == (3, 3)
    first, shifted = (Windows((1, 8), 2, shift).cut(torch.arange(8.0).view(1, 1, 8, 1)) for shift in (False, True))
    assert first[0, 0, :, :, 0].tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert shifted[0, 0, 1, :, 0].tolist() == [2, 3, 4, 5]


def test_one_window_over_all_has_no_padding():
    windows = Windows((3, 5), 8, shifted=True)
    assert windows.number == 1 and windows.inside(torch.device("cpu")) is None
