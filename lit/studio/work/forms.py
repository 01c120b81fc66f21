"""A drawn picture in the other forms that people take it away in."""

import io
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from PIL import Image

from lit.errors import LiTError
from lit.export.fit import bordered, without_haze
from lit.settings import read_png, to_png_info
from lit.studio.work.aside import drawn_aside, lossless

if TYPE_CHECKING:
    from lit.studio.work.worker import Worker

FORMS = ("drawn", "twice", "border", "webp")
BORDER = 1 / 40  # of the shorter side
AT_ONCE = 4  # that wait to be drawn twice as large
DRAWING = threading.Semaphore(AT_ONCE)


class File(NamedTuple):
    """name: with its ending.  kind: as HTTP names it."""

    name: str
    kind: str
    data: bytes


def formed(form: str, picture: Path, worker: "Worker") -> File:
    """A picture's file in one of FORMS. Raises LiTError for one that cannot be read or made.

    drawn: as it is.  twice: twice as large as it was drawn.  border: on a white shape, as a sticker is cut, with so
    many pixels more on each side.  webp: the same pixels in half the bytes.
    The first two carry the settings that draw them; the others are made of the picture, and carry none.
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
    return File(f"{picture.stem}-2x.png", "image/png", _twice(image, data, picture, worker))


def _cut_out(image):
    width = max(2, round(min(image.size) * BORDER))
    page = Image.new("RGBA", (image.width + 2 * width, image.height + 2 * width))
    page.paste(without_haze(image), (width, width))
    return bordered(page, width)


def _twice(image, data, picture, worker) -> bytes:
    """Drawn once more, by the part of the decoder that makes four pixels of each: its edges and patterns are drawn,
    where enlarging only spreads them. Enlarged all the same is what the model here would not draw again: of other
    weights, stopped on its way, drawn over another picture, or read from a file that does not say how."""
    try:
        settings, provenance = read_png(picture)
    except LiTError:
        return _png(_enlarged(image))
    if settings.output_scale == 2:
        return data
    if settings.image_sha256 or "stopped_after" in provenance or worker.model != "ready":
        return _png(_enlarged(image))
    pipeline = worker.pipeline()
    if provenance.get("weights_sha256") != pipeline.weights_sha256:
        return _png(_enlarged(image))
    settings = replace(settings, output_scale=2)
    if not DRAWING.acquire(blocking=False):
        raise LiTError("Others have theirs drawn at the moment. Try again in a while")
    try:
        drawn = drawn_aside(worker.lane, pipeline, settings, lambda: worker.closing, lambda: True)
    finally:
        DRAWING.release()
    words = {name: provenance[name] for name in ("typed", "template") if name in provenance}
    return _png(drawn, pnginfo=to_png_info(settings, pipeline.provenance() | words))


def _enlarged(image):
    # Pillow turns RGBA premultiplied by itself; Lanczos would ring around what is enlarged.
    return image.resize((2 * image.width, 2 * image.height), Image.Resampling.BICUBIC)


def _png(image, **more) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG", **more)
    return file.getvalue()
