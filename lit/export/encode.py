"""Frames as bytes of a format, in the best quality that stays under a limit."""

import bisect
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from PIL import Image

from lit.errors import Phrase, listed
from lit.export.fit import on_ground
from lit.export.palette import in_one_palette
from lit.export.video import webm

QUALITY = ("webp", "webm")  # formats that have one; the others have colours
COLORS: tuple[int, ...] = (256, 192, 128, 96, 64, 48, 32, 24, 16)
ALL = 1 << 32  # colours: as they are
SLACK = 1.1  # what is expected of a few frames is this much too high or too low
THINNING = (1, 2, 3, 4)  # every frame, every second one, ...


class Refused(Exception):
    """What cannot be made to fit, in words."""


@dataclass(frozen=True, kw_only=True)
class Form:
    """A file as a place takes it.

    format: "png", "apng", "webp", "gif" or "webm".  size: of the canvas in pixels, width and height.  limit: bytes, at
    most.  margin: clear pixels at each side.  Of what moves: frames: how many, least and most.  shortest: milliseconds
    of a frame, at least.  seconds: of one round, and of all where plays are counted, at most.  plays: rounds at most, 0
    for without end.
    """

    format: str
    size: tuple[int, int]
    limit: int
    margin: int = 0
    frames: tuple[int, int] = (1, 1)
    shortest: int = 10
    seconds: float = math.inf
    plays: int = 0

    @property
    def suffix(self) -> str:
        return {"apng": "png"}.get(self.format, self.format)

    @property
    def says(self) -> str:
        kind = {"png": "PNG", "apng": "APNG", "webp": "WebP", "gif": "GIF", "webm": "WEBM"}[self.format]
        moving = "animated " if self.format == "webp" and self.frames[1] > 1 else ""
        most = f", {self.frames[0]} to {self.frames[1]} frames" if 1 < self.frames[1] < 1000 else ""
        time = f", up to {self.seconds:g} s" if self.seconds < math.inf else ""
        return f"{moving}{kind} {self.size[0]} x {self.size[1]}, up to {self.limit // 1000} KB{most}{time}"


@dataclass(frozen=True)
class Encoded:
    """data: the file.  frames: how many are in it.  how: the quality, colours and frames that the limit left, in
    words, "" for all."""

    data: bytes
    frames: int
    how: str


@dataclass(frozen=True)
class _Level:
    """One way to write a file: every `thinning`-th frame, in a quality or a number of colours."""

    thinning: int
    value: int


def encode(frames: Sequence[Image.Image], frame_ms: int, form: Form, matte: str | None = None) -> Encoded:
    """Write frames of form.size, of `frame_ms` milliseconds each, in the best way that stays under form.limit.

    First the quality (WebP, WEBM) or the colours (PNG, GIF) are lowered, then frames are left out, each time more.
    matte: the colour behind the soft edges of a GIF, None for their own.

    Raises Refused where nothing fits, or a round is too long.
    """
    check_time(len(frames), frame_ms, form)
    levels = _levels(form, len(frames), frame_ms)
    rounds = form.plays and max(1, min(form.plays, int(form.seconds * 1000 // (len(frames) * frame_ms))))

    @cache
    def written(level: _Level) -> bytes:
        kept, durations = _thinned(frames, frame_ms, level.thinning)
        return WRITERS[form.format](kept, durations, level.value, rounds, matte)

    def expected(level: _Level) -> float:
        """Bytes, from a few of the frames."""
        if len(frames) == 1 or form.format == "webm":  # a video tells what has changed: a few of it say little of all
            return len(written(level))
        kept, durations = _thinned(frames, frame_ms, level.thinning)
        every = math.ceil(len(kept) / 3)
        data = WRITERS[form.format](kept[::every], durations[::every], level.value, rounds, matte)
        return len(data) / len(kept[::every]) * len(kept)

    hoped = form.limit * (SLACK if len(frames) > 1 else 1)
    first = bisect.bisect_left(levels, True, key=lambda level: expected(level) <= hoped)
    for level in levels[first:] or levels[-1:]:
        data = written(level)
        if len(data) <= form.limit:
            kept = math.ceil(len(frames) / level.thinning)
            return Encoded(data, kept, _how(level, form, kept, len(frames)))
    raise Refused(
        Phrase(
            "{size} KB in the lowest quality; at most {limit} KB are taken",
            size=f"{len(data) / 1000:.1f}",
            limit=f"{form.limit / 1000:g}",
        )
    )


def check_time(count: int, frame_ms: int, form: Form) -> None:
    """Raise Refused for frames that no way of writing brings into the form's time and number."""
    seconds = count * frame_ms / 1000
    if count > 1 and seconds > form.seconds:
        raise Refused(
            Phrase(
                "a round takes {seconds} s; at most {most} s are taken",
                seconds=f"{seconds:g}",
                most=f"{form.seconds:g}",
            )
        )
    if count < form.frames[0]:
        raise Refused(Phrase("{count} frames; at least {least} are taken", count=count, least=form.frames[0]))
    if not _thinnings(form, count, frame_ms):
        raise Refused(
            Phrase(
                "{count} frames of {frame_ms} ms; {most} at most, {shortest} ms or more each",
                count=count,
                frame_ms=frame_ms,
                most=form.frames[1],
                shortest=form.shortest,
            )
        )


def _thinnings(form, count, frame_ms):
    if count == 1:
        return [1]
    least, most = form.frames
    # Beyond the usual steps only as far as the most frames that are taken ask for it.
    steps = sorted({*THINNING, math.ceil(count / most)})
    return [n for n in steps if least <= math.ceil(count / n) <= most and n * frame_ms >= form.shortest]


def _levels(form, count, frame_ms):
    steps = _thinnings(form, count, frame_ms)
    if form.format in QUALITY:
        good = [95, 90, 85, 80, 75, 70, 65, 60, 55, 50, 45, 40]
        values = [good] + [good[4:]] * (len(steps) - 1)
        values[-1] = values[-1] + [35, 30, 25, 20, 15, 10, 5, 1]
    else:
        values = [list(COLORS[:5])] * len(steps)
        values[-1] = list(COLORS)
        if form.format != "gif":
            values[0] = [ALL, *values[0]]
    return [_Level(step, value) for step, column in zip(steps, values) for value in column]


def _how(level, form, kept, count):
    n, quality = level.value, form.format in QUALITY
    parts = (
        [Phrase("quality {n}", n=n) if quality else Phrase("{n} colours", n=n)]
        if level.value < (256 if form.format == "gif" else ALL)
        else []
    )
    return listed([*parts, *([Phrase("{n} of {all} frames", n=kept, all=count)] if kept < count else [])])


def _thinned(frames, frame_ms, thinning):
    """Every thinning-th frame, each lasting until the next one."""
    starts = range(0, len(frames), thinning)
    return [frames[i] for i in starts], [frame_ms * min(thinning, len(frames) - i) for i in starts]


def _webp(frames, durations, value, rounds, matte):
    moving = {"save_all": True, "append_images": frames[1:], "duration": durations, "loop": rounds}
    if len(frames) > 1:
        return _saved(frames[0], "WEBP", quality=value, method=2, **moving)  # 4 saves 3% and takes twice as long
    return _saved(frames[0], "WEBP", quality=value, method=4)


def _png(frames, durations, value, rounds, matte):
    if value < ALL:
        frames = in_one_palette(frames, value)
    moving = {"save_all": True, "append_images": frames[1:], "duration": durations, "loop": rounds}
    return _saved(frames[0], "PNG", **(moving if len(frames) > 1 else {}))


def _gif(frames, durations, value, rounds, matte):
    pages = in_one_palette([_hard_edged(frame, matte) for frame in frames], value)
    moving = {"save_all": True, "append_images": pages[1:], "duration": durations, "disposal": 2, "loop": rounds}
    return _saved(pages[0], "GIF", transparency=0, optimize=False, **(moving if len(pages) > 1 else {}))


def _hard_edged(frame, matte):
    """One bit of alpha: half and more is whole, on the matte where there is one, else in its own colour."""
    whole = frame.getchannel("A").point([255 * (alpha >= 128) for alpha in range(256)])
    ground = on_ground(frame, matte) if matte else frame.convert("RGB")
    edged = Image.new("RGBA", frame.size)
    edged.paste(ground, mask=whole)
    return edged


def _saved(image, format, **options):
    data = io.BytesIO()
    image.save(data, format, **options)
    return data.getvalue()


def _webm(frames, durations, value, rounds, matte):
    return webm(frames, durations, value)


Writer = Callable[[list[Image.Image], list[int], int, int, str | None], bytes]
WRITERS: dict[str, Writer] = {"webp": _webp, "png": _png, "apng": _png, "gif": _gif, "webm": _webm}
