"""Cut lines: where the shape ends, closed, without holes."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from lit.export.outline import area, outlines


def disc(size, center, radius) -> np.ndarray:
    y, x = np.mgrid[:size, :size] + 0.5
    return (255 * np.clip(radius + 0.5 - np.hypot(x - center[0], y - center[1]), 0, 1)).astype(np.uint8)


@pytest.mark.parametrize("tolerance", [0.05, 0.5])
def test_a_discs_outline_is_a_circle(tolerance):
    (line,) = outlines(disc(100, (47.3, 52.1), 30), tolerance)
    away = np.hypot(*(np.array(line) - (47.3, 52.1)).T)
    assert away == pytest.approx(np.full(len(line), 30), abs=0.1)
    assert area(line) == pytest.approx(np.pi * 30**2, rel=0.03)
    assert len(line) < 120


def test_a_square_at_the_pictures_edge_is_closed():
    (line,) = outlines(np.full((20, 10), 255, np.uint8), tolerance=0.05)
    assert np.ptp(line, axis=0) == pytest.approx((10, 20), abs=0.01)
    assert area(line) == pytest.approx(200, rel=0.02)


def test_holes_have_no_line_and_parts_have_one_each():
    picture = Image.new("L", (100, 100))
    draw = ImageDraw.Draw(picture)
    draw.ellipse((5, 5, 55, 55), fill=255)
    draw.ellipse((20, 20, 40, 40), fill=0)
    draw.rectangle((70, 70, 90, 90), fill=255)
    lines = outlines(np.asarray(picture))
    assert sorted(round(area(line), -2) for line in lines) == [400, 2000]


def test_shapes_that_touch_at_a_corner_are_closed_lines():
    checks = np.kron(np.indices((6, 6)).sum(0) % 2, np.ones((3, 3))).astype(np.uint8) * 255
    lines = outlines(checks, tolerance=0.05)
    assert len(lines) == 18 and all(area(line) == pytest.approx(9, abs=1) for line in lines)


def test_nothing_has_no_outline():
    assert outlines(np.zeros((5, 5), np.uint8)) == []
