"""Pictures fitted into a canvas: by what can be seen of them, premultiplied, with a white border where one is wanted.

Pillow resizes and turns RGBA premultiplied by itself, so that no colour of what is transparent comes in at the edges.
"""

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image

from lit.errors import InputError, Phrase

SEEN = 32  # of 255: alpha below it is a soft edge, the end of a shadow or haze, none of which a picture is measured by
HAZE = 4  # alpha below it cannot be seen on any ground
NEAR = 1 / 64  # of a picture's longer side: what is fainter than SEEN stays within this of what is not
BORDERED = 64, 192  # alpha from which a border begins to be laid, and from which it is whole: soft shadows get none

Box = tuple[int, int, int, int]


def seen_box(frames: Sequence[Image.Image]) -> Box:
    """Left, top, right, bottom of what can be seen in any of the frames. Raises InputError where there is nothing."""
    boxes = [frame.getchannel("A").point([255 * (alpha >= SEEN) for alpha in range(256)]).getbbox() for frame in frames]
    seen = [box for box in boxes if box]
    if not seen:
        raise InputError("picture", Phrase("an empty one"), "a picture with something in it: all of it is transparent")
    lefts, tops, rights, bottoms = zip(*seen)
    return min(lefts), min(tops), max(rights), max(bottoms)


def fit(
    frames: Sequence[Image.Image], size: tuple[int, int], margin: int = 0, border: int = 0
) -> tuple[Image.Image, ...]:
    """Frames as large as they go into a canvas of `size` pixels, centred by what is seen in all of them together.

    border: width of a white one around each frame's shape, inside the margin; both in pixels of the canvas.
    """
    frames = [without_haze(frame) for frame in frames]
    left, top, right, bottom = seen_box(frames)
    room = [side - 2 * (margin + border) for side in size]
    scale = min(room[0] / (right - left), room[1] / (bottom - top))
    # The canvas as a box of the frames: sides in their pixels, around the centre of what is seen.
    width, height = (side / scale for side in size)
    x, y = (left + right - width) / 2, (top + bottom - height) / 2
    outer = math.floor(x), math.floor(y), math.ceil(x + width), math.ceil(y + height)
    box = x - outer[0], y - outer[1], x - outer[0] + width, y - outer[1] + height
    # Lanczos would ring around what is enlarged: a second, faint outline.
    filter = Image.Resampling.BICUBIC if scale > 1 else Image.Resampling.LANCZOS
    fitted = (frame.crop(outer).resize(size, filter, box) for frame in frames)
    return tuple(bordered(frame, border) if border else frame for frame in fitted)


def bordered(image: Image.Image, width: int) -> Image.Image:
    """The picture on a white shape that reaches `width` pixels beyond its own, as a sticker is cut."""
    white = Image.new("RGBA", image.size, (255, 255, 255, 0))
    white.putalpha(Image.fromarray(grown_shape(image, width)))
    return Image.alpha_composite(white, image)


def grown_shape(image: Image.Image, width: int) -> np.ndarray:
    """Alpha, uint8 (h, w), of the picture's shape without its soft shadows, grown by `width` pixels."""
    low, high = BORDERED
    alpha = np.asarray(image.getchannel("A"), np.float32)
    return dilated((255 * np.clip((alpha - low) / (high - low), 0, 1)).round().astype(np.uint8), width)


def dilated(alpha: np.ndarray, radius: int) -> np.ndarray:
    """Alpha, uint8 (h, w), grown by a disc of `radius` pixels; its edge stays as soft as it was."""
    height, width = alpha.shape
    padded = np.pad(alpha, radius)
    grown = np.zeros_like(alpha)
    for dy in range(-radius, radius + 1):
        for dx in range(-radius, radius + 1):
            part = min(radius + 1 - math.hypot(dx, dy), 1.0)  # how much of this pixel the disc covers
            if part > 0:
                moved = padded[radius + dy : radius + dy + height, radius + dx : radius + dx + width]
                np.maximum(grown, moved if part == 1 else np.minimum(moved, np.uint8(255 * part)), out=grown)
    return grown


def on_ground(image: Image.Image, color: str) -> Image.Image:
    """The picture on a ground of one colour, opaque RGB."""
    ground = Image.new("RGBA", image.size, color)
    return Image.alpha_composite(ground, image).convert("RGB")


def without_haze(image: Image.Image) -> Image.Image:
    """The picture without what nobody means by it: faint spots far from all else, which a decoder leaves in corners."""
    alpha = np.asarray(image.getchannel("A"))
    step = max(1, round(max(image.size) * NEAR))
    rows, columns = (np.arange(0, side, step) for side in alpha.shape)
    blocks = np.maximum.reduceat(np.maximum.reduceat(alpha, rows), columns, axis=1)  # (h / step, w / step)
    around = np.pad(blocks, 1)
    near = np.max([around[y : y + len(rows), x : x + len(columns)] for y in range(3) for x in range(3)], 0) >= SEEN
    kept = np.repeat(np.repeat(near, step, 0), step, 1)[: alpha.shape[0], : alpha.shape[1]] & (alpha >= HAZE)
    clean = Image.new("RGBA", image.size)
    clean.paste(image, mask=Image.fromarray(kept))
    return clean
