"""Loops: a still picture made to move, as frames that end where they began. A way between pictures is a list of frames
of its own, and goes the same road from there."""

import math
from collections.abc import Callable, Mapping

from PIL import Image

from lit.errors import InputError, Phrase
from lit.export.fit import seen_box

FRAMES = 20  # the most that LINE takes; a second at FRAME_MS

# How a picture lies at a phase of its loop, from 0 to 1: turned (degrees), its size (times), and moved right and down
# (parts of its longer side). At phase 0 it lies as it was drawn, which is what a still of the loop shows.
Pose = tuple[float, float, float, float]


def _bob(phase: float) -> Pose:
    return 0, 1, 0, -0.05 * math.sin(math.tau * phase)


def _wiggle(phase: float) -> Pose:
    return 9 * math.sin(math.tau * phase), 1, 0, 0


def _pulse(phase: float) -> Pose:
    return 0, 1 + 0.07 * math.sin(math.tau * phase), 0, 0


def _spin(phase: float) -> Pose:
    return 360 * phase, 1, 0, 0


LOOPS: Mapping[str, Callable[[float], Pose]] = {"bob": _bob, "wiggle": _wiggle, "pulse": _pulse, "spin": _spin}


def check_loop(loop: str | None) -> None:
    if loop is not None and loop not in LOOPS:
        raise InputError("loop", loop, Phrase("one of {names}", names=", ".join(LOOPS)))


def animate(image: Image.Image, loop: str, frames: int = FRAMES) -> tuple[Image.Image, ...]:
    """The frames of a loop of an RGBA picture: one of LOOPS, on a canvas with room for all of it.

    Raises InputError for another loop, and for a picture with nothing in it.
    """
    check_loop(loop)
    left, top, right, bottom = seen_box([image])
    longer = max(right - left, bottom - top)
    side = math.ceil(1.1 * math.hypot(right - left, bottom - top)) + 4  # turned, grown or moved, it fits
    center = (left + right) / 2, (top + bottom) / 2
    return tuple(_posed(image, LOOPS[loop](i / frames), center, longer, side) for i in range(frames))


def _posed(image, pose, center, longer, side):
    degrees, size, right, down = pose
    cos, sin = math.cos(math.radians(degrees)) / size, math.sin(math.radians(degrees)) / size
    # Where a pixel of the canvas comes from: back from its move, turn and growth, around the picture's centre.
    x, y = -side / 2 - right * longer, -side / 2 - down * longer
    across = cos, sin, cos * x + sin * y + center[0]
    along = -sin, cos, -sin * x + cos * y + center[1]
    return image.transform((side, side), Image.Transform.AFFINE, (*across, *along), Image.Resampling.BICUBIC)
