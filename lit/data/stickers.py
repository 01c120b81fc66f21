"""Read the sticker Parquet files and render them once into a cache of premultiplied RGBA pixels."""

import hashlib
import importlib.metadata
import importlib.util
import io
import json
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from lit.environment import cache_folder
from lit.errors import InputError, LiTError
from lit.styles import STYLES

COLUMNS = ("key", "emoji", "style", "name", "keywords", "split", "format", "image")
SPLITS = ("train", "test")
FORMATS = ("svg", "webp")
READERS = {"pyarrow": "pyarrow", "resvg_py": "resvg-py"}  # module, package: the studio itself needs neither
SKIN_TONES = frozenset(f"1f3f{digit}" for digit in "bcdef")
FLAG_WEIGHT = 0.4  # flags are an eighth of the concepts and look alike: each counts less than an object
RENDER_VERSION = 1  # part of the cache's name: raise it when render() draws anything differently
CHUNK = 32  # images a worker renders between two steps of the progress bar
POOL_FROM = 128  # fewer images are rendered before other processes have started
MAX_WORKERS = 32


@dataclass(frozen=True)
class Sticker:
    """One drawing of one concept.

    key: code points in lower-case hex joined by "-".  base_key: the key without its skin tones (a bare swatch's as
    it is).  format: svg or webp.
    """

    key: str
    base_key: str
    emoji: str
    style: str
    style_id: int
    name: str
    keywords: tuple[str, ...]
    split: str
    format: str

    @property
    def has_skin_tone(self) -> bool:
        """Whether its key says so: of the bare swatches too."""
        return without_skin_tones(self.key) != self.key


class StickerData:
    """All stickers of a data set and their pixels, in one order (by key, then by style).

    stickers: list of N Sticker.
    images: uint8 memmap (N, 4, size, size), RGBA with colour premultiplied by alpha, rendered when first asked for,
        which takes minutes unless they lie in the cache.  Copy-on-write: what is written stays in this process.
    """

    def __init__(self, stickers: list[Sticker], images: np.ndarray | Callable[[], np.ndarray]):
        self.stickers, self._source = stickers, images

    @cached_property
    def images(self) -> np.ndarray:
        images = self._source() if callable(self._source) else self._source
        self._source = None  # with it the files that were rendered
        return images

    def __len__(self) -> int:
        return len(self.stickers)

    @classmethod
    def open(cls, path: str | Path, size: int = 256, cache_dir: str | Path | None = None) -> "StickerData":
        """Read the Parquet file, or the folder of them, at `path`; the pictures will have `size` pixels a side.

        cache_dir: where the rendered pixels lie; by default the variable LIT_CACHE, else ~/.cache/lit-studio.
        Raises InputError if there is nothing to read or a column is missing; `images`, if one does not render.
        """
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise InputError("size", size, "a positive whole number of pixels")
        rows = read_rows(path)
        stickers = [_sticker(row) for row in rows]
        folder = Path(cache_dir or cache_folder())
        return cls(stickers, lambda: rendered(rows, size, folder))

    def subset(self, split: str) -> np.ndarray:
        """Indices (int64) of a split, "train" or "test"."""
        return np.array([i for i, sticker in enumerate(self.stickers) if sticker.split == split], dtype=np.int64)


def without_skin_tones(key: str) -> str:
    """A key without its skin-tone code points; of the five bare swatches, which are nothing else, nothing is left."""
    return "-".join(part for part in key.split("-") if part not in SKIN_TONES)


def concept_weights(stickers: list[Sticker], indices: np.ndarray) -> np.ndarray:
    """Sampling weights (float64, as long as `indices`, sum one) that treat every concept alike.

    A concept counts 1, a flag FLAG_WEIGHT, however many drawings it has; inside a concept its styles share
    equally, and inside a style its skin tones.
    """
    chosen = [stickers[index] for index in indices]
    if not chosen:
        raise InputError("indices", "none", "at least one sticker")
    styles: dict[str, set[str]] = {}
    variants: dict[tuple[str, str], int] = {}
    for sticker in chosen:
        styles.setdefault(sticker.base_key, set()).add(sticker.style)
        pair = (sticker.base_key, sticker.style)
        variants[pair] = variants.get(pair, 0) + 1
    weights = np.array(
        [
            (FLAG_WEIGHT if sticker.name.startswith("flag:") else 1.0)
            / len(styles[sticker.base_key])
            / variants[sticker.base_key, sticker.style]
            for sticker in chosen
        ]
    )
    return weights / weights.sum()


def read_rows(path: str | Path) -> list[dict]:
    """The rows of a Parquet file or of all Parquet files in a folder, sorted by key and style."""
    missing = [name for module, name in READERS.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise LiTError(
            f"reading stickers needs {' and '.join(missing)}; pip install {' '.join(missing)}, or lit-studio[train]"
        )
    import pyarrow.parquet as parquet  # here, not above: the rendering workers have no use for it

    path = Path(path).expanduser()
    # Not those with a dot in front: macOS writes ._name beside each file of ours.
    visible = sorted(file for file in path.glob("*.parquet") if not file.name.startswith("."))
    files = visible or ([path] if path.is_file() else [])
    if not files:
        raise InputError("path", str(path), "a Parquet file or a folder with *.parquet files")
    rows = []
    for file in files:
        try:
            present = parquet.read_schema(file).names
            missing = [column for column in COLUMNS if column not in present]
            if missing:
                raise InputError("path", str(file), f"a file with the columns {', '.join(missing)} as well")
            rows += parquet.read_table(file, columns=list(COLUMNS)).to_pylist()
        except OSError as error:  # pyarrow's ArrowInvalid is a ValueError, its ArrowIOError an OSError
            raise InputError("path", str(file), "a readable Parquet file") from error
        except ValueError as error:
            if isinstance(error, InputError):
                raise
            raise InputError("path", str(file), "a readable Parquet file") from error
    if not rows:
        raise InputError("path", str(path), "files with at least one row")
    return sorted(rows, key=lambda row: (row["key"], row["style"]))


def _sticker(row: dict) -> Sticker:
    for column, known in (("style", STYLES), ("split", SPLITS), ("format", FORMATS)):
        if row[column] not in known:
            raise InputError(column, row[column], f"one of {', '.join(known)}")
    plain = {name: row[name] for name in ("key", "emoji", "style", "name", "split", "format")}
    return Sticker(
        base_key=without_skin_tones(row["key"]) or row["key"],
        style_id=STYLES.index(row["style"]),
        keywords=tuple(row["keywords"] or ()),
        **plain,
    )


def render(image: bytes, image_format: str, size: int) -> np.ndarray:
    """Draw one SVG or WebP file as premultiplied RGBA: uint8 (4, size, size), centred if not square.

    Raises ValueError if the bytes do not render.
    """
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


def rendered(rows: list[dict], size: int, cache_dir: Path) -> np.ndarray:
    """All images of `rows`: uint8 memmap (N, 4, size, size), from the cache or rendered into it now.

    The pixels are written to a temporary file and renamed when whole, and the JSON that makes them valid
    follows: an interrupted rendering leaves no cache behind.
    """
    mark = _fingerprint(rows, size)
    pixels_file = cache_dir / f"stickers-{size}-{mark[:16]}.npy"
    note_file = pixels_file.with_suffix(".json")
    note = {"fingerprint": mark, "size": size, "count": len(rows)}
    if not _is_valid(pixels_file, note_file, note):
        try:
            cache_dir.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError("cache_dir", str(cache_dir), "a folder that can be written to") from error
        partial = pixels_file.with_suffix(f".{os.getpid()}.part")
        try:
            _render_all(rows, size, partial)
            partial.replace(pixels_file)
            partial.write_text(json.dumps(note, indent=1))
            partial.replace(note_file)
        finally:
            partial.unlink(missing_ok=True)
    return np.load(pixels_file, mmap_mode="c")


def _fingerprint(rows: list[dict], size: int) -> str:
    """SHA-256 over all that decides the pixels: which images, their order, the size, the renderers."""
    versions = [importlib.metadata.version(package) for package in ("resvg-py", "pillow")]
    digest = hashlib.sha256(json.dumps([RENDER_VERSION, size, *versions]).encode())
    for row in rows:
        head = json.dumps([row["key"], row["style"], row["format"], len(row["image"])])
        digest.update(head.encode())
        digest.update(row["image"])
    return digest.hexdigest()


def _is_valid(pixels_file: Path, note_file: Path, note: dict) -> bool:
    try:
        return pixels_file.is_file() and json.loads(note_file.read_text()) == note
    except (OSError, ValueError):
        return False


def _render_all(rows: list[dict], size: int, file: Path) -> None:
    """Render every row into a new .npy file; the workers write straight into it."""
    images = np.lib.format.open_memmap(file, mode="w+", dtype=np.uint8, shape=(len(rows), 4, size, size))
    images.flush()
    del images
    chunks = [
        (str(file), size, start, [(row["image"], row["format"]) for row in rows[start : start + CHUNK]])
        for start in range(0, len(rows), CHUNK)
    ]
    with tqdm(total=len(rows), desc=f"Rendering stickers at {size} px", unit="img") as bar:
        if len(rows) < POOL_FROM:
            _collect(map(_render_chunk, chunks), rows, bar)
            return
        # spawn: a forked copy of a process that already runs threads or CUDA may hang.  An executor, not a
        # Pool: when a worker dies, it says so, where a Pool waits for ever.
        executor = ProcessPoolExecutor(
            min(_cores(), MAX_WORKERS, len(chunks)), mp_context=multiprocessing.get_context("spawn")
        )
        try:
            _collect(executor.map(_render_chunk, chunks), rows, bar)
        finally:
            executor.shutdown(cancel_futures=True)


def _cores() -> int:
    """The cores this process may use: fewer than the machine has where it runs in a container."""
    if hasattr(os, "sched_getaffinity"):  # Linux
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _collect(outcomes, rows: list[dict], bar: tqdm) -> None:
    for count, failed in outcomes:
        if failed is not None:
            index, reason = failed
            row = rows[index]
            raise InputError("image", f"{row['key']} in {row['style']}", f"a file that renders ({reason})")
        bar.update(count)


def _render_chunk(chunk: tuple) -> tuple[int, tuple[int, str] | None]:
    """Render one chunk into the shared file: (images done, None) or (0, (index that failed, reason))."""
    file, size, start, sources = chunk
    images = np.load(file, mmap_mode="r+")
    for index, (image, image_format) in enumerate(sources, start):
        try:
            images[index] = render(image, image_format, size)
        except (ValueError, OSError) as error:
            return 0, (index, str(error))
    images.flush()
    return len(sources), None
