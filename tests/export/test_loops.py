"""Loops: they begin as drawn, end where they began, and lose nothing on the way."""

import math

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lit.errors import InputError
from lit.export.fit import seen_box
from lit.export.loops import LOOPS, animate


def center_of(image) -> np.ndarray:
    alpha = np.asarray(image.getchannel("A"), float)
    y, x = np.mgrid[: alpha.shape[0], : alpha.shape[1]]
    return np.array([(x * alpha).sum(), (y * alpha).sum()]) / alpha.sum()


def mass_of(image) -> float:
    return float(np.asarray(image.getchannel("A"), float).sum())


@pytest.mark.parametrize("loop", LOOPS)
def test_the_first_frame_is_the_picture_as_drawn(shape, loop):
    first = animate(shape, loop)[0]
    here = np.asarray(first.crop(seen_box([first])), int)
    there = np.asarray(shape.crop(seen_box([shape])), int)
    # Centred on another canvas, it may lie between two pixels.
    assert np.abs(np.subtract(here.shape, there.shape)).max() <= 1
    rows, columns = min(here.shape[0], there.shape[0]), min(here.shape[1], there.shape[1])
    assert np.abs(here[:rows, :columns, 3] - there[:rows, :columns, 3]).mean() < 5


@pytest.mark.parametrize("loop", LOOPS)
def test_nothing_touches_the_canvas_edge(shape, loop):
    for frame in animate(shape, loop):
        left, top, right, bottom = seen_box([frame])
        assert left > 0 and top > 0 and right < frame.width and bottom < frame.height


@pytest.mark.parametrize("loop", LOOPS)
def test_the_step_from_the_last_frame_to_the_first_is_a_step_like_any_other(shape, loop):
    frames = animate(shape, loop)
    arrays = [np.asarray(frame, float) for frame in frames]
    steps = [np.abs(a - b).mean() for a, b in zip(arrays, [*arrays[1:], arrays[0]])]
    assert 0 < steps[-1] <= 1.1 * max(steps[:-1])


@pytest.mark.parametrize(("loop", "turned"), [("bob", 0), ("wiggle", 9), ("pulse", 0), ("spin", 90)])
def test_what_a_loop_does_to_a_bar(loop, turned):
    bar = Image.new("RGBA", (120, 120))
    ImageDraw.Draw(bar).rectangle((20, 52, 99, 67), fill="green")
    first, quarter = (animate(bar, loop, 4)[i] for i in (0, 1))
    assert mass_of(quarter) / mass_of(first) == pytest.approx(1.07**2 if loop == "pulse" else 1, rel=0.01)
    moved = center_of(quarter) - center_of(first)
    assert moved == pytest.approx((0, -0.05 * 80 if loop == "bob" else 0), abs=0.1)
    alpha = np.asarray(quarter.getchannel("A"), float)
    y, x = np.mgrid[: alpha.shape[0], : alpha.shape[1]] - center_of(quarter)[::-1, None, None]
    angle = math.degrees(0.5 * math.atan2(2 * (alpha * x * y).sum(), (alpha * (x * x - y * y)).sum()))
    assert abs(angle) == pytest.approx(turned, abs=0.5)


def test_a_bob_moves_by_parts_of_pixels(shape):
    """A picture that moves by whole pixels alone jitters."""
    heights = [center_of(frame)[1] for frame in animate(shape, "bob", 20)]
    expected = heights[0] - 0.05 * 201 * np.sin(np.arange(20) / 20 * math.tau)
    assert heights == pytest.approx(expected, abs=0.15)


def test_another_loop_is_refused_with_those_there_are(shape):
    with pytest.raises(InputError, match="^loop: got 'jump'; one of bob, wiggle, pulse, spin"):
        animate(shape, "jump")
