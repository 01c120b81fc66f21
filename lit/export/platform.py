"""Places that take a file a sticker: how each is made, and the pack that they are put together in."""

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from lit.errors import InputError, Phrase
from lit.export.encode import Encoded, Form, Refused, encode
from lit.export.fit import fit
from lit.export.loops import animate
from lit.export.sticker import Sticker
from lit.export.target import WORDS_FILE, Made, Options, Progress, Target
from lit.export.video import MISSING, available
from lit.export.words import file_stem, free_stem, shortened

BORDER_OF = 512  # pixels of a canvas's shorter side that a border's width is given for
LONGEST_STEM = 40


@dataclass(frozen=True)
class Entry:
    """A sticker of a pack and the file made of it."""

    sticker: Sticker
    file: str


@dataclass(frozen=True, kw_only=True)
class Platform(Target):
    """A place that takes a file a sticker.

    still, moving: the files that it takes, moving None where it takes none that we can write; then no_loop says why.
    pack, pack_moving: how many stickers a pack has; pack_moving None where that is the same. More are refused, another
    number is written without the pack's own files.
    emoji: of a sticker, at most.  alt, alt_moving: characters of an alt text, at most.  named: characters of a name, at
    most; shortest: at least.  joint: between the words of a file's name.  numbered: files are called 01, 02, ...
    border: the width of the white border that it advises, in pixels of 512.
    one_kind: a pack is all still or all moving.  extras: adds the pack's own files to what was made.
    """

    still: Form
    moving: Form | None = None
    no_loop: str = ""
    pack: range = range(1, 1001)
    pack_moving: range | None = None
    emoji: int = 3
    alt: int = 255
    alt_moving: int = 255
    named: int = 128
    shortest: int = 1
    joint: str = "-"
    numbered: bool = False
    group: str = "Stickers"
    border: int = 0
    one_kind: bool = False
    extras: Callable[["Platform", Sequence[Entry], Options, Made], None] | None = None

    @property
    def limits(self) -> str:
        count = "" if self.pack[-1] >= 1000 else f"{_counts(self.pack)} a pack"
        return "; ".join(filter(None, [self.still.says, self.moving and self.moving.says, count]))

    def check(self, moving: Sequence[bool], options: Options) -> None:
        moving = [one or options.loop is not None for one in moving]
        pack = self._pack(any(moving))
        if len(moving) > pack[-1]:
            raise InputError(
                "pictures",
                len(moving),
                Phrase("{place} takes at most {most} a pack", place=Phrase(self.label), most=pack[-1]),
            )
        if any(moving):
            moves = options.loop or Phrase("a moving picture")
            if self.moving is None:
                raise InputError("loop", moves, self.no_loop)
            if self.moving.format == "webm" and not available():
                raise InputError("loop", moves, MISSING)
        if self.one_kind and any(moving) and not all(moving):
            raise InputError(
                "pictures",
                Phrase("some that move and some that do not"),
                Phrase("one kind in a pack of {place}", place=Phrase(self.label)),
            )

    def make(self, stickers: Sequence[Sticker], options: Options, on_progress: Progress) -> Made:
        made, entries = Made(), []
        with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:  # Pillow and numpy let others run
            for i, encoded in enumerate(pool.map(lambda sticker: self._tried(sticker, options), stickers)):
                on_progress(i + 1, len(stickers))
                sticker, form = stickers[i], self._form(stickers[i], options)
                if isinstance(encoded, Refused):
                    made.refused.append(Phrase("{name}: {why}", name=sticker.name, why=encoded.args[0]))
                    continue
                name = f"{self._stem(i, sticker, made)}.{form.suffix}"
                entries.append(Entry(sticker, name))
                made.add(name, encoded, form.size, form.limit)
        if not entries:
            return made
        pack = self._pack(any(moves(sticker, options) for sticker in stickers))
        if len(entries) not in pack:
            values = {"n": len(entries), "place": Phrase(self.label), "counts": _counts(pack)}
            one = "{n} sticker: files alone, for a pack of {place} has {counts}"
            other = "{n} stickers: files alone, for a pack of {place} has {counts}"
            made.notes.append(Phrase(one if len(entries) == 1 else other, **values))
        elif self.extras:
            self.extras(self, entries, options, made)
        made.files[WORDS_FILE] = self._pack_json(entries, options)
        return made

    def _form(self, sticker, options):
        return self.moving if self.moving and moves(sticker, options) else self.still

    def _tried(self, sticker, options):
        """The sticker's file, or why there can be none."""
        try:
            return self.encoded(sticker, self._form(sticker, options), options)
        except Refused as error:
            return error

    def encoded(self, sticker: Sticker, form: Form, options: Options) -> Encoded:
        """A sticker as a file of a form; a still moves where a loop is asked for. Raises Refused as `encode` does."""
        frames = sticker.frames
        if form.frames == (1, 1):
            frames = frames[:1]
        elif options.loop and not sticker.moves:
            frames = animate(fit(frames, form.size)[0], options.loop)
        border = self.border if options.border is None else options.border
        fitted = fit(frames, form.size, form.margin, round(border * min(form.size) / BORDER_OF))
        return encode(fitted, sticker.frame_ms, form, options.matte)

    def alt_of(self, sticker: Sticker, options: Options) -> str:
        return shortened(sticker.alt, self.alt_moving if moves(sticker, options) else self.alt)

    def _pack(self, moving):
        return self.pack_moving if moving and self.pack_moving else self.pack

    def _stem(self, i, sticker, made):
        if self.numbered:
            return f"{i + 1:02}"
        most = min(self.named, LONGEST_STEM)
        taken = {name.partition(".")[0] for name in made.files}
        return free_stem(file_stem(sticker.name, self.joint, most), taken, self.joint, most)

    def _pack_json(self, entries, options):
        stickers = []
        for entry in entries:
            sticker, settings = entry.sticker, entry.sticker.settings
            drawn = {"prompt": settings.prompt, "style": settings.style, "seed": settings.seed} if settings else {}
            name = shortened(sticker.name, self.named)
            words = {
                "file": entry.file,
                "name": name if len(name) >= self.shortest else entry.file.partition(".")[0],
                "emoji": sticker.emoji[: self.emoji],
                "alt": self.alt_of(sticker, options),
            }
            stickers.append(words | drawn)
        return as_json({"title": options.title, "author": options.author, "target": self.name, "stickers": stickers})


def as_json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode()


def _counts(pack):
    """How many stickers, in words: 3 to 30; 8, 16 or 24."""
    if pack.step > 1:
        return Phrase("{names} or {last}", names=", ".join(map(str, pack[:-1])), last=pack[-1])
    return Phrase("{low} to {high}", low=pack[0], high=pack[-1])


def moves(sticker: Sticker, options: Options) -> bool:
    return options.loop is not None or sticker.moves
