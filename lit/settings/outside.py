"""Pictures by a stranger: whether to open one is as little work as its size says.

Pillow refuses what would unpack to gigabytes. It takes hundreds of megabytes, a million chunks, and a JPEG with
thousands of passes over its pixels, each of which is half a minute's work in a file of a few megabytes.
"""

import struct
from typing import BinaryIO

from PIL import Image

from lit.errors import InputError, Phrase
from lit.settings.chunks import SIGNATURE

LARGEST = 4096  # pixels of a side
CHUNKS = 20_000  # of a PNG: the largest that is taken, in the 8 kB that encoders make of its pixels, has 2,500
SCANS = 100  # of a JPEG: a progressive one has about ten


def check_size(argument: str, image: Image.Image):
    """Before any pixel is unpacked. Raises InputError for more than 4096 pixels a side."""
    if max(image.size) > LARGEST:
        got = Phrase("{width} x {height} pixels", width=image.width, height=image.height)
        raise InputError(argument, got, Phrase("at most {most} pixels a side; make it smaller first", most=LARGEST))


def check_parts(argument: str, name: str, file: BinaryIO):
    """Before Pillow sees the file, which is read from its start and left there. Raises InputError for more parts than a
    picture has."""
    file.seek(0)
    head = file.read(8)
    if head == SIGNATURE:
        many = _chunks(file) > CHUNKS
    else:
        # In its pixels a 255 has a zero behind it, so this is nothing but the start of a scan.
        many = head.startswith(b"\xff\xd8") and file.read().count(b"\xff\xda") > SCANS
    file.seek(0)
    if many:
        raise InputError(argument, name, Phrase("a picture that can be read ({why})", why="too many parts"))


def _chunks(file) -> int:
    """How many there are up to the last, or to one more than a picture may have."""
    for count in range(CHUNKS + 1):
        head = file.read(8)
        if len(head) < 8:
            return count
        length, kind = struct.unpack(">I4s", head)
        if kind == b"IEND":
            return count + 1
        file.seek(length + 4, 1)
    return CHUNKS + 1
