"""Render pictures once into a cache of premultiplied RGBA pixels; what another cache holds is copied from there."""

import hashlib
import importlib.metadata
import io
import json
import multiprocessing
import os
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image
from tqdm import tqdm

from lit.data.tinting import INNER, tinted
from lit.errors import InputError

RENDER_VERSION = 1  # part of the cache's name: raise it when render() draws anything differently
DRAWN_FROM = ("image", "format", "tint")  # of a row
CHUNK = 32  # images a worker renders between two steps of the progress bar
POOL_FROM = 128  # fewer images are rendered before other processes have started
MAX_WORKERS = 32
COPIED = 256  # images copied from another cache at once
NAMED = 5  # unreadable pictures that are named


class Rendered(NamedTuple):
    """images: uint8 memmap (N, 4, size, size), copy-on-write; what did not render is transparent.
    unreadable: its places and why."""

    images: np.ndarray
    unreadable: dict[int, str]


def render(image: bytes, image_format: str, size: int, tint: str = "") -> np.ndarray:
    """Draw one SVG or WebP file as premultiplied RGBA: uint8 (4, size, size), centred if not square.

    tint: one of COLORS, in which a black icon is painted, a little smaller (`lit.data.tinting`); "" for as it is.
    Raises ValueError if the bytes do not render.
    """
    if tint:
        inner = round(size * INNER)
        before = (size - inner) // 2
        sides = (before, size - inner - before)
        return tinted(np.pad(render(image, image_format, inner), ((0, 0), sides, sides)), tint)
    if image_format == "svg":
        import resvg_py

        def draw(**side):
            drawn = resvg_py.svg_to_bytes(svg_string=image.decode("utf-8"), skip_system_fonts=True, **side)
            return Image.open(io.BytesIO(drawn))

        picture = draw(width=size)
        if picture.height > size:  # taller than wide: the height is the side that must fit
            picture = draw(height=size)
    else:
        picture = Image.open(io.BytesIO(image))
    picture = picture.convert("RGBA").convert("RGBa")  # RGBa: premultiplied, which also resizes rightly
    longest = max(picture.size)
    if longest != size:
        sides = [max(1, round(side * size / longest)) for side in picture.size]
        picture = picture.resize(sides, Image.Resampling.LANCZOS)
    pixels = np.asarray(picture)
    height, width = pixels.shape[:2]
    out = np.zeros((4, size, size), np.uint8)
    top, left = (size - height) // 2, (size - width) // 2
    out[:, top : top + height, left : left + width] = pixels.transpose(2, 0, 1)
    # Lanczos overshoots; premultiplied colour must not exceed its alpha.
    np.minimum(out[:3], out[3], out=out[:3])
    return out


def rendered(rows: list[dict], size: int, cache_dir: Path) -> Rendered:
    """All pictures of `rows`, from the cache or rendered into it now.

    The pixels are written to a temporary file and renamed when whole, and the JSON that makes them valid
    follows: an interrupted rendering leaves no cache behind. A picture that does not render is named, and transparent.
    Raises InputError where none does, or for a folder that cannot be written to.
    """
    marks = _marks(rows, size)
    name = hashlib.sha256("".join(marks).encode()).hexdigest()[:16]
    pixels_file = cache_dir / f"stickers-{size}-{name}.npy"
    note_file = pixels_file.with_suffix(".json")
    note = _note(note_file)
    if note is None or note["marks"] != marks or not pixels_file.is_file():
        try:
            cache_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError("cache_dir", str(cache_dir), "a folder that can be written to") from error
        partial = pixels_file.with_suffix(f".{os.getpid()}.part")
        try:
            unreadable = _fill(partial, rows, marks, size, cache_dir)
            partial.replace(pixels_file)
            note = {"size": size, "marks": marks, "unreadable": unreadable}
            partial.write_text(json.dumps(note))
            partial.replace(note_file)
        finally:
            partial.unlink(missing_ok=True)
    unreadable = {int(index): reason for index, reason in note["unreadable"].items()}
    _say(unreadable, rows)
    return Rendered(np.load(pixels_file, mmap_mode="c"), unreadable)


def _say(unreadable: dict[int, str], rows: list[dict]):
    if unreadable:
        some = [f"{rows[i]['key']} in {rows[i]['style']} ({unreadable[i]})" for i in list(unreadable)[:NAMED]]
        more = f" and {len(unreadable) - NAMED} more" if len(unreadable) > NAMED else ""
        print(f"left out, {len(unreadable)} of {len(rows)} do not render: {', '.join(some)}{more}", file=sys.stderr)


def _marks(rows: list[dict], size: int) -> list[str]:
    """For each row a hash over all that decides its pixels: the image, the size, the renderers, its tint."""
    versions = [importlib.metadata.version(package) for package in ("resvg-py", "pillow")]
    head = json.dumps([RENDER_VERSION, size, *versions]).encode()
    return [
        hashlib.sha256(head + (row["format"] + row["tint"]).encode() + row["image"]).hexdigest()[:24] for row in rows
    ]


def _note(file: Path) -> dict | None:
    try:
        note = json.loads(file.read_text())
        return note if isinstance(note, dict) and {"marks", "unreadable"} <= set(note) else None
    except (OSError, ValueError):
        return None


def _fill(file: Path, rows: list[dict], marks: list[str], size: int, cache_dir: Path) -> dict[int, str]:
    """Put every row's pixels into a new .npy file: copied where another cache has them, else rendered. Returns what
    did not render."""
    images = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=(len(rows), 4, size, size))
    wanted = dict(enumerate(marks))
    for note_file in sorted(cache_dir.glob(f"stickers-{size}-*.json")):
        note, pixels_file = _note(note_file), note_file.with_suffix(".npy")
        if note is None or not pixels_file.is_file():
            continue
        places = {mark: i for i, mark in enumerate(note["marks"]) if str(i) not in note["unreadable"]}
        found = [(index, places[mark]) for index, mark in wanted.items() if mark in places]
        there = np.load(pixels_file, mmap_mode="r")
        for start in range(0, len(found), COPIED):
            to, of = np.array(found[start : start + COPIED]).T
            images[to] = there[of]
        for index, _ in found:
            del wanted[index]
    images.flush()
    del images
    unreadable = _render_all(rows, list(wanted), size, file)
    if len(unreadable) == len(rows):
        index, reason = next(iter(unreadable.items()))
        row = rows[index]
        raise InputError("image", f"{row['key']} in {row['style']}", f"a file that renders, as none does ({reason})")
    return unreadable


def _render_all(rows: list[dict], indices: list[int], size: int, file: Path) -> dict[int, str]:
    """Render rows into a .npy file; the workers write straight into it. Returns what did not render."""
    chunks = [
        (str(file), size, [(i, *(rows[i][of] for of in DRAWN_FROM)) for i in indices[start : start + CHUNK]])
        for start in range(0, len(indices), CHUNK)
    ]
    with tqdm(total=len(indices), desc=f"Rendering stickers at {size} px", unit="img", disable=not indices) as bar:
        if len(indices) < POOL_FROM:
            return _collect(map(_render_chunk, chunks), bar)
        # spawn: a forked copy of a process that already runs threads or CUDA may hang.  An executor, not a
        # Pool: when a worker dies, it says so, where a Pool waits for ever.
        executor = ProcessPoolExecutor(
            min(_cores(), MAX_WORKERS, len(chunks)), mp_context=multiprocessing.get_context("spawn")
        )
        try:
            return _collect(executor.map(_render_chunk, chunks), bar)
        finally:
            executor.shutdown(cancel_futures=True)


def _cores() -> int:
    """The cores this process may use: fewer than the machine has where it runs in a container."""
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _collect(outcomes: Iterable[tuple[int, dict[int, str]]], bar: tqdm) -> dict[int, str]:
    unreadable = {}
    for count, failed in outcomes:
        unreadable |= failed
        bar.update(count)
    return unreadable


def _render_chunk(chunk: tuple) -> tuple[int, dict[int, str]]:
    """Render one chunk into the shared file: images done, and the places of those that failed with the reasons."""
    file, size, sources = chunk
    images, failed = np.load(file, mmap_mode="r+"), {}
    for index, image, image_format, tint in sources:
        try:
            images[index] = render(image, image_format, size, tint)
        except (ValueError, OSError, Image.DecompressionBombError) as error:
            failed[index] = str(error)
    images.flush()
    return len(sources), failed
