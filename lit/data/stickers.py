"""The stickers of one or several data sets: what each shows and how, and their pixels."""

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from lit.data.names import cleaned_keywords, cleaned_name
from lit.data.rendering import Rendered, rendered
from lit.data.rows import read_rows
from lit.data.sampling import USUAL, Sampling
from lit.environment import cache_folder
from lit.errors import InputError
from lit.styles import DATA_STYLES

SKIN_TONES = frozenset(f"1f3f{digit}" for digit in "bcdef")


@dataclass(frozen=True)
class Sticker:
    """One drawing of one concept.

    key: code points in lower-case hex joined by "-", or "word:" and a name.  base_key: the key without its skin tones
    (a bare swatch's as it is).  style_id: the style's place in DATA_STYLES.  name, keywords: as people say it.
    format: svg or webp.  license: SPDX id, "" where the set does not say.
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
    license: str = ""

    @property
    def has_skin_tone(self) -> bool:
        """Whether its key says so: of the bare swatches too."""
        return without_skin_tones(self.key) != self.key


class StickerData:
    """All stickers of one or several data sets and their pixels, in one order (by key, then by style).

    stickers: list of N Sticker.
    images: uint8 memmap (N, 4, size, size), RGBA with colour premultiplied by alpha, rendered when first asked for,
        which takes minutes unless they lie in the cache.  Copy-on-write: what is written stays in this process.
    """

    def __init__(self, stickers: list[Sticker], images: np.ndarray | Callable[[], Rendered]):
        self.stickers, self._source = stickers, images
        self._unreadable: dict[int, str] = {}

    @cached_property
    def images(self) -> np.ndarray:
        images = self._source
        if callable(images):
            images, self._unreadable = images()
        self._source = None  # with it the files that were rendered
        return images

    def __len__(self) -> int:
        return len(self.stickers)

    @classmethod
    def open(
        cls,
        paths: str | Path | Sequence[str | Path],
        size: int = 256,
        cache_dir: str | Path | None = None,
        sampling: Sampling = USUAL,
    ) -> "StickerData":
        """Read Parquet files, or folders of them; the pictures will have `size` pixels a side.

        cache_dir: where the rendered pixels lie; by default the variable LIT_CACHE, else ~/.cache/lit-studio. What has
        been rendered there for another choice of sets is copied.
        sampling: rows that it does not take are left out, of `stickers` too.
        Raises InputError if there is nothing to read or a column is missing; `images`, if none renders.
        """
        if not isinstance(size, int) or isinstance(size, bool) or size < 1:
            raise InputError("size", size, "a positive whole number of pixels")
        read = read_rows(paths)
        rows = [row for row in read if sampling.takes(row["style"], row["license"])]
        if not rows:
            raise InputError("data", f"{len(read)} rows, all of sets that are left out", "sets that are used")
        if left := Counter(row["style"] for row in read if not sampling.takes(row["style"], row["license"])):
            told = ", ".join(f"{style} {count:,}" for style, count in sorted(left.items()))
            print(f"left out by the table [data]: {told}", file=sys.stderr)
        folder = Path(cache_dir or cache_folder())
        return cls([_sticker(row) for row in rows], lambda: rendered(rows, size, folder))

    def subset(self, *splits: str) -> np.ndarray:
        """Indices (int64) of splits ("train", "test", "unseen") in their order; once rendered, of what is readable."""
        numbers = [i for i, one in enumerate(self.stickers) if one.split in splits and i not in self._unreadable]
        return np.array(numbers, dtype=np.int64)


def without_skin_tones(key: str) -> str:
    """A key without its skin-tone code points; of the five bare swatches, which are nothing else, nothing is left."""
    return "-".join(part for part in key.split("-") if part not in SKIN_TONES)


def _sticker(row: dict) -> Sticker:
    plain = {name: row[name] for name in ("key", "emoji", "style", "split", "format", "license")}
    return Sticker(
        base_key=without_skin_tones(row["key"]) or row["key"],
        style_id=DATA_STYLES.index(row["style"]),
        name=cleaned_name(row["name"], row["style"]),
        keywords=tuple(cleaned_keywords(row["keywords"], row["style"])),
        **plain,
    )
