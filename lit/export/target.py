"""What a target is: a place that takes stickers, and what is made for it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from PIL import Image

from lit.errors import InputError, Phrase, listed
from lit.export.encode import Encoded
from lit.export.loops import check_loop
from lit.export.sticker import NAME, Sticker
from lit.export.words import check_words

Progress = Callable[[int, int], None]
WORDS_FILE = "pack.json"  # what is known of each sticker, for people and programs that put a pack together by hand
GROUPS = ("Stickers", "Emoji", "Icons", "Paper")


@dataclass(frozen=True, kw_only=True)
class Options:
    """What may be said of an export.

    title, author: of the pack.  loop: one of LOOPS, which makes stills move; None leaves them.
    border: width of a white one around each shape, in pixels of a canvas of 512; None for what the target advises.
    Icons have none, and a sheet has its own.
    matte: a colour, behind the soft edges of GIFs (None: the picture's own) and icons that are opaque (None: white).

    Raises InputError for a value that does not fit.
    """

    title: str = "Stickers"
    author: str = "LiT Studio"
    loop: str | None = None
    border: int | None = None
    matte: str | None = None

    def __post_init__(self):
        check_loop(self.loop)
        if self.border is not None and not 0 <= self.border <= 64:
            raise InputError("border", self.border, "a whole number from 0 to 64, in pixels of 512")
        for name in ("title", "author"):
            check_words(name, getattr(self, name), NAME)
        try:
            Image.new("RGB", (1, 1), self.matte or "white")
        except ValueError as error:
            raise InputError("matte", self.matte, "a colour, such as white or #36393f") from error


@dataclass(frozen=True)
class File:
    """A picture among what was made.

    name: of the file, in its folder.  size: pixels.  limit: bytes that the target takes, None where it sets no limit.
    how: the quality, colours and frames that the limit left, in words, "" for all.
    """

    name: str
    size: tuple[int, int]
    bytes: int
    limit: int | None
    frames: int = 1
    how: str = ""

    @property
    def said(self) -> str:
        """Its size, and of what moves how many frames it has, as a phrase."""
        kilobytes, frames = f"{self.bytes / 1000:.1f}", Phrase("{n} frames", n=self.frames) if self.frames > 1 else ""
        size = Phrase("{size} KB", size=kilobytes)
        if self.limit is not None:
            size = Phrase("{size} of {limit} KB", size=kilobytes, limit=f"{self.limit / 1000:g}")
        return listed(filter(None, (f"{self.size[0]} x {self.size[1]}", size, frames, self.how)))

    def __str__(self) -> str:
        return str(self.said)


@dataclass
class Made:
    """What a target's pack is: each file's bytes by its name, the pictures among them, and what is to be said.

    refused: a sentence for each sticker that is not among them.  notes: sentences about the pack.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    pictures: list[File] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, encoded: Encoded, size: tuple[int, int], limit: int | None) -> None:
        """Put a picture among the files."""
        self.files[name] = encoded.data
        self.pictures.append(File(name, size, len(encoded.data), limit, encoded.frames, encoded.how))


@dataclass(frozen=True, kw_only=True)
class Target:
    """A place to export to.

    name: as the command line has it.  label: as people read it.  group: one of GROUPS, which it is shown among.
    """

    name: str
    label: str
    group: str

    @property
    def limits(self) -> str:
        """What it takes, in one line."""
        raise NotImplementedError

    def check(self, moving: Sequence[bool], options: Options) -> None:
        """Raise InputError for what can be said before any work. moving: of each sticker, whether it moves."""

    def make(self, stickers: Sequence[Sticker], options: Options, on_progress: Progress) -> Made:
        """What the stickers become. What `on_progress` raises ends it."""
        raise NotImplementedError

    def preview(self, sticker: Sticker, options: Options) -> Made:
        """One sticker as it will look there; where it becomes files of its own, with the bytes that they will have."""
        return self.make([sticker], options, lambda done, total: None)
