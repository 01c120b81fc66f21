"""Small versions of pictures, made once."""

import contextlib
import io
import os
import secrets
from pathlib import Path

from PIL import Image

from lit.studio.work.jobs import JobStore
from lit.studio.work.library import thumbnail_of

SIDE = 192  # pixels, at most
LARGEST = 4096  # of a picture's side: a file with another has not been drawn here


def thumbnail(store: JobStore, name: str, picture: Path) -> bytes:
    """The picture as a small WebP with its transparency, kept beside the pictures. name: as the library's.

    Where the disk is full it is made all the same. Raises OSError for a file that is gone or damaged.
    """
    file = thumbnail_of(store, name)
    with contextlib.suppress(OSError):
        return file.read_bytes()
    data = _small(picture)
    part = file.with_name(f".{secrets.token_hex(8)}.part")
    with contextlib.suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            part.write_bytes(data)
            os.replace(part, file)
        finally:
            part.unlink(missing_ok=True)
    return data


def _small(picture):
    data = io.BytesIO()
    try:
        with Image.open(picture, formats=["PNG"]) as image:
            if max(image.size) > LARGEST:
                raise OSError("too large a picture")
            small = image.convert("RGBA")
    except OSError:
        raise
    except Exception as error:  # whatever a damaged chunk raises in Pillow
        raise OSError(f"damaged: {error}") from error
    small.thumbnail((SIDE, SIDE))
    small.save(data, "WEBP", quality=80, method=2)
    return data.getvalue()
