"""How a head is cut, for every width that the kernels take."""

import math

import pytest

from lit_kernels.common.dispatch import MAX_HEAD_DIM


@pytest.fixture
def tiles(interpreter):
    from lit_kernels.common import tiles

    return tiles


@pytest.mark.parametrize("dim", [*range(1, 65), 80, 96, 128, 144, 192, 208, 255, MAX_HEAD_DIM])
def test_tiles_cover_a_head_and_no_choice_pads_it_less(tiles, dim):
    cut = tiles.tiling(dim, 64)
    width, count = cut["TILE"], cut["TILES"]
    assert cut["D"] == dim and width in (16, 32, 64) and count <= 4
    assert (count - 1) * width < dim <= count * width
    assert all(math.ceil(dim / other) > 4 or math.ceil(dim / other) * other >= count * width for other in (16, 32, 64))
    assert tiles.tiling(64, dim)["VALUE_TILES"] == count


def test_numbers_of_the_host_are_those_of_triton(tiles):
    import triton

    for n in range(1, 700):
        assert tiles.next_power_of_2(n) == triton.next_power_of_2(n)
        assert all(tiles.cdiv(n, part) == triton.cdiv(n, part) for part in (1, 3, 64))
