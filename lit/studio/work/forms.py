"""A drawn picture in the other forms that people take it away in."""

import io
from pathlib import Path
from typing import NamedTuple

from PIL import Image

from lit.errors import LiTError
from lit.export.fit import bordered, without_haze
from lit.studio.work.aside import lossless

FORMS = ("drawn", "twice", "border", "webp")
BORDER = 1 / 40  # of the shorter side


class File(NamedTuple):
    """name: with its ending.  kind: as HTTP names it."""

    name: str
    kind: str
    data: bytes


def formed(form: str, picture: Path) -> File:
    """A picture's file in one of FORMS. Raises LiTError for one that cannot be read.

    drawn: as it is, with the settings that draw it.  twice: twice as large.  border: on a white shape, as a sticker is
    cut, with room for it on each side.  webp: the same pixels in half the bytes.
    """
    try:
        data = picture.read_bytes()
        if form == "drawn":
            return File(picture.name, "image/png", data)
        with Image.open(io.BytesIO(data), formats=["PNG"]) as opened:
            image = opened.convert("RGBA")
    except Exception as error:  # whatever a damaged file raises in Pillow
        raise LiTError("This picture cannot be read") from error
    if form == "webp":
        return File(f"{picture.stem}.webp", "image/webp", lossless(image))
    if form == "border":
        return File(f"{picture.stem}-border.png", "image/png", _png(_cut_out(image)))
    return File(f"{picture.stem}-2x.png", "image/png", _png(_enlarged(image)))


def _enlarged(image):
    """Resized, since a decoder draws twice the size of the drawing at most, which a picture mostly has already. Pillow
    resizes RGBA premultiplied."""
    size = 2 * image.width, 2 * image.height
    sharp = image.resize(size, Image.Resampling.LANCZOS)
    # Lanczos rings: beyond an edge comes a second, faint one, where bicubic has nothing.
    seen = image.getchannel("A").resize(size, Image.Resampling.BICUBIC).point([0, *[255] * 255])
    clean = Image.new("RGBA", size)
    clean.paste(sharp, mask=seen)
    return clean


def _cut_out(image):
    width = max(2, round(min(image.size) * BORDER))
    page = Image.new("RGBA", (image.width + 2 * width, image.height + 2 * width))
    page.paste(without_haze(image), (width, width))
    return bordered(page, width)


def _png(image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
