"""The page's way to pictures that are drawn over: opened, cut out, drawn over, drawn over again.

A picture that is opened is kept by the studio (work/sources.py), and named by its SHA-256 from then on: what goes
through a browser's canvas is no longer the same to the byte.
"""

import io
import tempfile
from base64 import b64decode, b64encode
from binascii import Error as NoBase64
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PIL import Image, ImageChops

from lit.errors import InputError, LiTError, Phrase
from lit.explore.canvas import (
    border_colour,
    canvas_of,
    cut_out,
    has_background,
    open_picture,
    placed,
    scale_of,
    with_room,
)
from lit.settings import SETTINGS, Source, check_given, read_png, read_source
from lit.settings.outside import check_parts
from lit.settings.source import as_mask
from lit.studio.languages import t
from lit.studio.shell.bodies import UNCLEAR, checked_name, file_name
from lit.studio.studio import Studio
from lit.studio.tabs.generate.asked import settings_in
from lit.studio.tabs.generate.controls import to_values
from lit.studio.tabs.generate.drawings import Drawings
from lit.studio.tabs.generate.readings import understood

MODES = ("whole", "paint", "room")
SIDES = ("left", "top", "right", "bottom")
NAME = 60  # characters of a file's name that are repeated
NOTHING_PAINTED = "some place to be drawn anew: paint it, press Everything, or choose the whole picture"


class CanvasSession:
    """Answers, each from the fields of a request. Raises InputError naming the field, LiTError for anything else."""

    def __init__(self, studio: Studio):
        self.store, self.worker = studio.store, studio.worker
        self.everyone = not studio.public
        self._drawings = Drawings(studio)

    def upload(self, visitor: str, name: str, data: bytes) -> dict:
        """Open a file's bytes. name: as the visitor's machine calls it."""
        return _with_file(name, data, lambda file: self._open(visitor, file, name[-NAME:]))

    def picture(self, fields: dict) -> dict:
        """Open a drawn picture, `picture`, or show again what is `kept`."""
        visitor = checked_name(fields.get("visitor"))
        if "kept" in fields:
            return _described(self.store.sources.image(visitor, fields["kept"], self.everyone))
        file = self._file(fields.get("picture"))
        return self._open(visitor, file, file.name)

    def cut(self, fields: dict) -> dict:
        """Open what is `kept` without its background: of `colour`, "" for its border's, within `tolerance`."""
        visitor = checked_name(fields.get("visitor"))
        image = self.store.sources.image(visitor, fields.get("kept"), self.everyone)
        colour, tolerance = fields.get("colour"), fields.get("tolerance")
        if not isinstance(colour, str) or not isinstance(tolerance, int | float):
            raise LiTError(UNCLEAR)
        return self._kept(visitor, Source(cut_out(image, colour, tolerance)))

    def draw(self, fields: dict) -> dict:
        """Queue a drawing over what is `kept`; `mode` says over how much of it, with `mask` and `room`."""
        visitor = checked_name(fields.get("visitor"))
        settings, order = understood(settings_in(fields))
        source = self._source(visitor, fields)
        scale = scale_of(self.store.sources.image(visitor, fields["kept"], self.everyone).size)
        width, height = (side // scale for side in source.image.size)
        settings = replace(settings, width=width, height=height, output_scale=scale, image_sha256="", mask_sha256="")
        settings = check_given(settings, source)
        self.store.sources.keep(visitor, source)
        return {"job": self.worker.submit(visitor, settings, order).id}

    def again(self, fields: dict) -> dict:
        """What a drawing was drawn over, named by its `values`."""
        visitor, settings = checked_name(fields.get("visitor")), settings_in(fields)
        source = self.store.sources.of(visitor, settings, self.everyone)
        if source is None:
            raise LiTError(UNCLEAR)
        return self._kept(visitor, source) | {"mask": _base64(source.mask)}

    def carried(self, visitor: str, name: str, data: bytes) -> dict:
        """The same for a PNG, which may carry it inside."""

        def read(file: Path) -> dict:
            settings = read_png(file)[0]
            source = read_source(file, settings) or self.store.sources.of(visitor, settings, self.everyone)
            if source is None:
                raise LiTError("This was drawn over no picture")
            return self._kept(visitor, source) | {"mask": _base64(source.mask)}

        return _with_file(name, data, read)

    # In the small

    def _source(self, visitor, fields) -> Source:
        mode, room, mask = (fields.get(name) for name in ("mode", "room", "mask"))
        if mode not in MODES or not isinstance(mask, str) or not isinstance(room, list) or len(room) != len(SIDES):
            raise LiTError(UNCLEAR)
        image = self.store.sources.image(visitor, fields.get("kept"), self.everyone)
        if mode == "whole":
            return Source(image)
        around = None
        if mode == "room":
            if not any(room):
                raise InputError("room", Phrase("none"), "some on one side: pull a handle, or type how many pixels")
            image, around = with_room(image, **dict(zip(SIDES, room, strict=True)))
        painted = _mask(mask, image.size) if mask else None
        if painted is None or painted.getbbox() is None:
            painted = around
        elif around is not None:
            painted = ImageChops.lighter(painted, around)
        if painted is None:
            raise InputError("mask", Phrase("nothing painted"), NOTHING_PAINTED)
        source = Source.of(image, painted)
        assert source is not None  # of an image
        return source

    def _open(self, visitor, file: Path, name: str) -> dict:
        image = open_picture(file)
        opened = self._kept(visitor, Source(placed(image, canvas_of(image.size))))
        size = f"{opened['width']} × {opened['height']}"
        if max(image.size) > max(opened["width"], opened["height"]):
            larger = f"{image.size[0]} × {image.size[1]}"
            size = t("{size} pixels, made smaller from {larger}", size=size, larger=larger)
        else:
            size = t("{size} pixels", size=size)
        return opened | {"said": f"{name} · {size}"} | _words(file)

    def _kept(self, visitor, source: Source) -> dict:
        self.store.sources.keep(visitor, source)
        return _described(source.image)

    def _file(self, picture) -> Path:
        job, _, name = picture.partition("/") if isinstance(picture, str) else ("", "", "")
        return self._drawings.file(job, name)


def _described(image: Image.Image) -> dict:
    """A kept picture for the page. kept: its name.  data: it, as a PNG.  border: its border's colour.
    opaque: it has a background, which is drawn too."""
    return {
        "kept": Source(image).sha256["image_sha256"],
        "width": image.width,
        "height": image.height,
        "opaque": has_background(image),
        "border": border_colour(image),
        "data": _base64(image),
    }


def _words(file: Path) -> dict:
    """What a picture of this studio was drawn from: a first idea of what to draw over it."""
    try:
        settings = read_png(file)[0].resolved()
    except LiTError:
        return {}
    values = dict(zip(SETTINGS, to_values(settings)))
    return {"values": {name: values[name] for name in ("prompt", "style")}}


def _with_file(name: str, data: bytes, read: Callable[[Path], dict]) -> dict:
    with tempfile.TemporaryDirectory(prefix="lit-canvas-") as folder:
        file = Path(folder) / file_name(name)
        file.write_bytes(data)
        return read(file)


def _mask(data: str, size: tuple[int, int]) -> Image.Image:
    """A mask from the page, L: white on what is transparent, as it paints, or on black."""
    try:
        file = io.BytesIO(b64decode(data, validate=True))
        check_parts("mask", "mask.png", file)
        with Image.open(file, formats=["PNG"]) as mask:
            if mask.size != size:  # before any pixel is unpacked
                got, expected = (f"{width} × {height} pixels" for width, height in (mask.size, size))
                raise InputError("mask", got, Phrase("one of the picture's size, {size}", size=expected))
            return as_mask(mask)
    except InputError:
        raise
    except NoBase64 as error:
        raise LiTError(UNCLEAR) from error
    except Exception as error:  # whatever damage raises in Pillow
        raise InputError("mask", Phrase("a damaged file"), "a PNG") from error


def _base64(image: Image.Image | None) -> str:
    if image is None:
        return ""
    file = io.BytesIO()
    image.save(file, "PNG", compress_level=1)
    return b64encode(file.getvalue()).decode()
