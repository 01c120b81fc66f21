"""What the page may ask of LinearScope, typed and checked: here requests stop being a browser's plain data.

Each class is one kind of request; `of` makes it from what came and raises InputError for what does not fit: another
type, a number out of all bounds, text that cannot be written down. Whether a picture, step or layer of that name
exists is for those to say who have them.
"""

import base64
import binascii
import reprlib
from dataclasses import dataclass, field
from pathlib import PurePath

from lit.errors import InputError, LiTError, Phrase
from lit.settings import GenerationSettings
from lit.studio.languages import language
from lit.studio.shell.bodies import UNCLEAR
from lit.studio.tabs.scope.models import OWN
from lit.studio.tabs.scope.payload import MEASURES

WHOLE_WAY = "trajectory"  # among the layers: from the first noise, through all steps
PARTS = ("sum", "reads", "spreads")  # of an answer: what adds up, where it reads, where it spreads
TEXT = 500  # characters of a name, or of what is to be drawn
UPLOAD = 20_000_000  # characters of a PNG as base64
WHOLE = 2**31  # whole numbers are smaller


@dataclass(frozen=True)
class PicturesRequest:
    """visitor: whose pictures, "" for somebody new."""

    visitor: str

    @classmethod
    def of(cls, request: object) -> "PicturesRequest":
        return cls(_text(_fields(request), "visitor"))


@dataclass(frozen=True)
class Upload:
    """A file that a visitor sent. name: as they call it, to be shown only.  data: its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True)
class OpenRequest:
    """Which picture to look into, and the model to draw it with.

    source: a PNG, the name that `pictures` gave to a recent one, or settings to draw.  visitor: who asks, "" for
    somebody new; theirs may be what a PNG was drawn over.
    """

    source: Upload | str | GenerationSettings
    model: str
    visitor: str = ""

    @classmethod
    def of(cls, request: object) -> "OpenRequest":
        fields = _fields(request)
        model = _text(fields, "model") or OWN
        if "png" in fields:
            return cls(_upload(fields), model, _text(fields, "visitor"))
        if "recent" in fields:
            return cls(_text(fields, "recent"), model)
        settings = GenerationSettings(
            prompt=_text(fields, "prompt").strip(), style=_text(fields, "style") or None, seed=_seed(fields),
            output_scale=1,  # its maps are of the pixels that are drawn
        )  # fmt: skip
        return cls(settings.validate(), model)


@dataclass(frozen=True)
class Place:
    """A map to ask. drawing: the id of an opened picture.  step: from 0.  layer: "" for the picture, WHOLE_WAY, or
    a layer's name.  path: of attention.  channel: what is measured.  language: of the answers."""

    drawing: str
    step: int
    layer: str = ""
    path: str = "value"
    channel: str = "luminance"
    language: str = field(default_factory=language)

    @classmethod
    def of(cls, request: object) -> "Place":
        fields = _fields(request)
        channel = _text(fields, "channel") or "luminance"
        if channel not in MEASURES:
            raise InputError("channel", channel, Phrase("one of {names}", names=", ".join(MEASURES)))
        return cls(
            _text(fields, "drawing"),
            _whole("step", fields.get("step"), "a whole number"),
            _text(fields, "layer"),
            _text(fields, "path") or "value",
            channel,
        )

    @property
    def whole_way(self) -> bool:
        return self.layer == WHOLE_WAY


@dataclass(frozen=True)
class Spot:
    """A box of the picture at a place. box: left, top, right, bottom in pixels."""

    place: Place
    box: tuple[int, int, int, int]

    @classmethod
    def of(cls, request: object) -> "Spot":
        place, box = Place.of(request), _fields(request).get("box")
        expected = "four whole numbers: left, top, right, bottom"
        if not isinstance(box, list) or len(box) != 4:
            raise InputError("point", shown(box), expected)
        left, top, right, bottom = (_whole("point", side, expected) for side in box)
        return cls(place, (left, top, right, bottom))

    @property
    def middle(self) -> tuple[float, float]:
        left, top, right, bottom = self.box
        return (left + right) / 2, (top + bottom) / 2


@dataclass(frozen=True)
class LookRequest:
    """What to find out about a spot. part: one of PARTS; with the sum come the maps that are known."""

    spot: Spot
    part: str

    @classmethod
    def of(cls, request: object) -> "LookRequest":
        spot, part = Spot.of(request), _text(_fields(request), "part") or PARTS[0]
        if part not in PARTS:
            raise InputError("part", part, Phrase("one of {names}", names=", ".join(PARTS)))
        return cls(spot, part)


@dataclass(frozen=True)
class TaskRequest:
    """task: the id that the beginning of a task was answered with.  away: its page does not ask for a while."""

    task: str
    away: bool = False

    @classmethod
    def of(cls, request: object) -> "TaskRequest":
        fields = _fields(request)
        return cls(_text(fields, "task"), fields.get("away") is True)


# What the page may call, each with one request and one answer: methods of ScopeSession.
REQUESTS = {
    "pictures": PicturesRequest,
    "open": OpenRequest,
    "look": LookRequest,
    "near": Spot,
    "words": Place,
    "sweep": Spot,
    "modes": Place,
    "prepare": Place,
    "progress": TaskRequest,
    "stop": TaskRequest,
}


# In the small


def _fields(request: object) -> dict:
    if not isinstance(request, dict):
        raise LiTError(UNCLEAR)
    return request


def _text(fields: dict, name: str) -> str:
    """A field's text, "" for one that is missing."""
    value = fields.get(name)
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > TEXT or value != _writable(value):
        raise InputError(name, shown(value), Phrase("text of at most {most} characters", most=TEXT))
    return value


def _whole(name: str, value: object, expected: str) -> int:
    if type(value) is not int or not -WHOLE < value < WHOLE:
        raise InputError(name, shown(value), expected)
    return value


def _seed(fields: dict) -> int:
    """A seed as the page sends it: a number, or its digits."""
    text = shown(fields.get("seed")) or ""
    if not (text.isascii() and text.isdecimal()):
        raise InputError("seed", text, "a whole number, 0 or more")
    return int(text)


def _upload(fields: dict) -> Upload:
    name = PurePath(_text(fields, "file")).name[-60:] or "picture.png"
    encoded = fields["png"]
    if not isinstance(encoded, str) or len(encoded) > UPLOAD:
        raise InputError("image", name, Phrase("a PNG of at most {n} MB", n=UPLOAD * 3 // 4 // 1_000_000))
    try:
        return Upload(name, base64.b64decode(encoded, validate=True))
    except (ValueError, binascii.Error) as error:
        raise InputError("image", name, "a PNG") from error


def shown(value: object) -> str | None:
    """A value as an error can show it: short, and fit to be written as UTF-8."""
    if value is None:
        return None
    try:
        return _writable(value if isinstance(value, str) and len(value) < 60 else reprlib.repr(value))
    except ValueError:  # more digits than Python writes
        return f"a huge {type(value).__name__}"


def _writable(text: str) -> str:
    """The text without halves of characters, which UTF-8 has no bytes for, and without zero bytes."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "?")
