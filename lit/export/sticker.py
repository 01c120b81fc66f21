"""What is exported: a picture, or the frames of a moving one, with the words that go with it; and files as such."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from PIL import Image, ImageOps, UnidentifiedImageError

from lit.errors import InputError, Phrase
from lit.export.fit import seen_box
from lit.export.words import check_words, emoji_of, name_of
from lit.settings import GenerationSettings, read_png
from lit.styles import label

FRAME_MS = 50  # 20 frames a second, which GIF (hundredths of a second) can say too
LARGEST_SIDE = 4096  # of a picture that is opened, in pixels
NAME, ALT, EMOJI = 128, 255, 20  # the most that any place takes: characters, characters, emoji
# How files begin that are often taken for PNG or WebP, and what they are.
BEGINNINGS = (
    (rb"\xff\xd8\xff", "a JPEG"),
    (rb"GIF8", "a GIF"),
    (rb"....ftyp(heic|heix|heim|heis|hevc|mif1|msf1)", "a HEIC photo"),
    (rb"....ftypavif", "an AVIF"),
    (rb"(\xef\xbb\xbf)?\s*(<\?xml.*)?(<!.*)?<svg", "an SVG drawing"),
    (rb"BM", "a BMP"),
    (rb"II\*\0|MM\0\*", "a TIFF"),
    (rb"%PDF", "a PDF"),
)


@dataclass(frozen=True)
class Sticker:
    """A picture on its way out.

    frames: RGBA pictures of one size, straight alpha; one for a still.  name: "blue dragon".  alt: what a screen
    reader says.  emoji: what stands for it, best first.  settings: what drew it, None for a picture from elsewhere.
    frame_ms: how long a frame lasts.
    """

    frames: Sequence[Image.Image]
    name: str
    alt: str
    emoji: tuple[str, ...]
    settings: GenerationSettings | None = None
    frame_ms: int = FRAME_MS

    def __post_init__(self):
        if len(self.frames) != 1 and len({frame.size for frame in self.frames}) != 1:
            raise InputError("frames", [frame.size for frame in self.frames], "one picture or more, all of one size")

    @property
    def moves(self) -> bool:
        return len(self.frames) > 1

    def worded(self, name: str, alt: str, emoji: Sequence[str]) -> "Sticker":
        """The same with other words. Raises InputError for words that no place takes."""
        check_said(name, alt, emoji)
        return replace(self, name=" ".join(name.split()), alt=" ".join(alt.split()), emoji=tuple(emoji))

    @classmethod
    def drawn(cls, frames: Sequence[Image.Image], settings: GenerationSettings, frame_ms: int = FRAME_MS) -> "Sticker":
        """What this studio drew, named by its prompt and style."""
        settings = settings.resolved()
        style = f", {label(settings.style)}" if settings.style else ""
        return cls._named(frames, settings.prompt, style, settings, frame_ms)

    @classmethod
    def brought(cls, frames: Sequence[Image.Image], title: str, frame_ms: int = FRAME_MS) -> "Sticker":
        """A picture from elsewhere, named by a title."""
        return cls._named(frames, title, "", None, frame_ms)

    @classmethod
    def _named(cls, frames, title, style, settings, frame_ms):
        name = name_of(title)
        frames = frames if isinstance(frames, OnDisk) else tuple(_rgba(frame) for frame in frames)
        return cls(frames, name, name[:1].upper() + name[1:] + style, emoji_of(name), settings, frame_ms)


def check_said(name: str, alt: str, emoji: Sequence[str]) -> None:
    """Raise InputError for a sticker's words that no place takes."""
    check_words("name", name, NAME)
    check_words("alt text", alt, ALT)
    if not 0 < len(emoji) <= EMOJI:
        raise InputError("emoji", " ".join(emoji), Phrase("1 to {most} emoji", most=EMOJI))


class OnDisk(Sequence[Image.Image]):
    """The still picture of a file, opened anew whenever it is looked at: many large ones are not in memory at once.

    Looking raises InputError as `read_sticker` does.
    """

    def __init__(self, path: Path):
        self.path = path

    def __len__(self):
        return 1

    def __getitem__(self, index):
        return [_opened(self.path)][index]


def read_sticker(path: str | Path) -> Sticker:
    """Open a PNG or WebP. One of this studio is named by its settings, any other by its file.

    Its picture is opened again when it is made into something. Raises InputError for what is missing, another kind of
    file whatever its name says, damaged, moving, over 4096 x 4096 pixels, or empty.
    """
    path = Path(path)
    check_picture(path)
    return named_sticker(path)


def check_picture(path: Path) -> None:
    """Raise InputError for what `read_sticker` refuses."""
    image = _opened(path)
    try:
        seen_box([image])
    except InputError as error:
        raise InputError("picture", path.name, error.expected) from error


def named_sticker(path: Path) -> Sticker:
    """A file's sticker by the words in it alone: its picture is not looked at."""
    try:
        settings, _ = read_png(path)
    except InputError:  # of another program, or without settings that can be read: a picture all the same
        return Sticker.brought(OnDisk(path), re.sub(r"[\W_]+", " ", path.stem).rstrip(" 0123456789"))
    return Sticker.drawn(OnDisk(path), settings)


def _opened(path):
    try:
        with path.open("rb") as file:
            head = file.read(1024)
            _check_beginning(path, head)
            file.seek(0)
            with Image.open(file, formats=["PNG", "WEBP"]) as image:
                if max(image.size) > LARGEST_SIDE:
                    got = Phrase(
                        "{name}, {width} x {height} pixels", name=path.name, width=image.width, height=image.height
                    )
                    raise InputError(
                        "picture", got, Phrase("a picture of at most {most} x {most} pixels", most=LARGEST_SIDE)
                    )
                if getattr(image, "n_frames", 1) > 1:
                    raise InputError("picture", path.name, "a still picture: this one moves")
                return _rgba(ImageOps.exif_transpose(image))
    except InputError:
        raise
    except FileNotFoundError as error:
        raise InputError("picture", str(path), "a file that exists") from error
    except Image.DecompressionBombError as error:
        raise InputError(
            "picture", path.name, Phrase("a picture of at most {most} x {most} pixels", most=LARGEST_SIDE)
        ) from error
    except UnidentifiedImageError as error:  # whose words are of the file's place
        raise InputError("picture", path.name, "a PNG or WebP that can be read; this one is damaged") from error
    except OSError as error:  # no permission, a folder, cut off
        raise InputError(
            "picture", path.name, Phrase("a PNG or WebP that can be read ({why})", why=error.strerror or error)
        ) from error
    except Exception as error:  # whatever a damaged chunk raises in Pillow: struct.error, zlib.error, SyntaxError, ...
        raise InputError("picture", path.name, Phrase("a PNG or WebP that can be read ({why})", why=error)) from error


def _check_beginning(path, head):
    for pattern, kind in BEGINNINGS:
        if re.match(pattern, head, re.DOTALL | re.IGNORECASE):
            raise InputError("picture", path.name, Phrase("a PNG or WebP: inside, this is {kind}", kind=Phrase(kind)))
    if not head.startswith(b"\x89PNG\r\n\x1a\n") and not (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        raise InputError("picture", path.name, "a PNG or WebP: inside, this is another kind of file")


def _rgba(image):
    if image.mode.startswith(("I", "F")):  # 16 bits a grey level, which Pillow would cut off at 255
        image = image.convert("I").point(lambda grey: grey / 256).convert("L")
    return image.convert("RGBA")
