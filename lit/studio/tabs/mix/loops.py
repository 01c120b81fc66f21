"""A way between two drawings as a loop: there and back, in one file that moves, with its transparency."""

from collections.abc import Sequence

from PIL.Image import Image

from lit.explore.blends import there_and_back
from lit.export.encode import Form, encode

FRAME_MS = 80
LARGEST = 1 << 26  # bytes: what moves is written as it is, WebP in the best quality
MEDIA = {"png": "image/png", "webp": "image/webp"}
FORMATS = {"png": "apng", "webp": "webp"}


def loop(frames: Sequence[Image], suffix: str, frame_ms: int = FRAME_MS) -> bytes:
    """The file. frames: RGBA, of one size, from one end to the other.  suffix: of MEDIA.  frame_ms: milliseconds of a
    frame."""
    there = there_and_back(frames)
    form = Form(format=FORMATS[suffix], size=frames[0].size, limit=LARGEST, frames=(2, len(there)))
    return encode(there, frame_ms, form).data
