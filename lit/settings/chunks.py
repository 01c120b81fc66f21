"""The texts of a PNG by a stranger: read without its pixels, and never more than they may be.

A text chunk may name a thousandfold of its size (zTXt and iTXt are compressed), be cut, or be one of thousands.
"""

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from lit.errors import InputError, Phrase

SIGNATURE = b"\x89PNG\r\n\x1a\n"
LONGEST = 2**21  # bytes of a text, uncompressed; a large ComfyUI graph has 200,000
MOST = 2**22  # bytes of all texts
CHUNKS = 4096  # looked at, of all kinds


def read_texts(file: Path | BinaryIO) -> dict[str, str]:
    """Keyword to text of a PNG's tEXt, zTXt and iTXt chunks; the first of each keyword.

    What is damaged, too long or not to be unpacked is left out, and what stands behind a cut is not found.
    Raises InputError for what is no PNG, or cannot be read.
    """
    name = file.name if isinstance(file, Path) else "the picture"
    try:
        if isinstance(file, Path):
            with file.open("rb") as opened:
                return _texts(opened, name)
        return _texts(file, name)
    except FileNotFoundError as error:
        raise InputError("image", name, "a file that exists") from error
    except OSError as error:
        raise InputError(
            "image", name, Phrase("a PNG that can be read ({why})", why=error.strerror or error)
        ) from error


def _texts(file, name):
    if file.read(8) != SIGNATURE:
        raise InputError("image", name, "a PNG")
    texts, room = {}, MOST
    for kind, data in _chunks(file):
        pair = _pair(kind, data, min(LONGEST, room))
        if pair is not None and pair[0] not in texts:
            texts[pair[0]] = pair[1]
            room -= len(pair[1])
    return texts


def _chunks(file) -> Iterator[tuple[bytes, bytes]]:
    """Kind and content of the chunks with text; those of others are passed over."""
    for _ in range(CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            return
        length, kind = struct.unpack(">I4s", head)
        if kind == b"IEND":
            return
        if kind not in (b"tEXt", b"zTXt", b"iTXt") or length > LONGEST:
            file.seek(length + 4, 1)
            continue
        data, checksum = file.read(length), file.read(4)
        if len(data) < length or len(checksum) < 4:
            return
        if struct.unpack(">I", checksum)[0] == zlib.crc32(kind + data):
            yield kind, data


def _pair(kind, data, most):
    """Keyword and text of a chunk, None where it has none that may be read."""
    keyword, zero, rest = data.partition(b"\0")
    if not zero or not keyword:
        return None
    packed = False
    if kind == b"zTXt":
        packed, rest = True, rest[1:]
    elif kind == b"iTXt":
        packed, parts = rest[:1] == b"\1", rest[2:].split(b"\0", 2)
        if len(parts) < 3:
            return None
        rest = parts[2]
    if packed:
        try:
            unpacking = zlib.decompressobj()
            rest = unpacking.decompress(rest, most + 1)  # no more of a bomb than this
        except zlib.error:
            return None
    if len(rest) > most:
        return None
    return keyword.decode("latin-1"), _decoded(rest)


def _decoded(data):
    """UTF-8, which many programs write into tEXt too, where the standard says Latin-1."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")
