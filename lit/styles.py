"""The drawing styles: those that every model of ours knows, those of further data, and those of the model in use."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

EMBEDDED = Path(__file__).parent / "weights"

# The name of each style that comes first in every model, and what people read for it; what a network knows if nothing
# is said, and what the page shows at once.
STYLE_LABELS = {
    "noto": "Noto",
    "twemoji": "Twemoji",
    "blob": "Blob",
    "emojione": "EmojiOne",
    "fluent-3d": "Fluent 3D",
    "fluent-color": "Fluent color",
    "fluent-flat": "Fluent flat",
    "fluent-mono": "Fluent mono",
}
STYLES = tuple(STYLE_LABELS)


class Further(NamedTuple):
    """A style of the drawings. offered: whether people may choose it of a model that knows it; what the others taught
    a model is drawn where no style is chosen."""

    label: str
    offered: bool = False


FURTHER_STYLES = {
    "mulberry": Further("Mulberry"),
    "openmoji": Further("OpenMoji"),
    "openclipart": Further("Clip art"),
    "openclipart-ink": Further("Ink"),
    "pixel-crawl": Further("Pixel art", offered=True),
    "pixel-ultica": Further("Small pixels"),
    "streamline-emoji": Further("Streamline emoji"),
    "streamline": Further("Outline", offered=True),
    "stickies": Further("Stickies"),
    "scratch": Further("Scratch"),
    "bigheads": Further("Big heads"),
    "kawaii": Further("Kawaii", offered=True),
    "bioicons": Further("Science"),
    "glitch": Further("Glitch"),
    "crops": Further("Crops"),
    "blobfox": Further("Blob fox"),
    "gopher": Further("Gopher"),
    "game-icons": Further("Game icon", offered=True),
    "game-icons-color": Further("Color icon", offered=True),  # the same, painted: lit/data/tinting.py
}
# What a row of data may say. A place in this list is a sticker's `style_id`; a network has a list of its own, and what
# goes into it is numbered by that (`numbering`).
DATA_STYLES = (*STYLES, *FURTHER_STYLES)


def label(style: str) -> str:
    """What people read for a style; of one that nobody here knows, its name."""
    return STYLE_LABELS.get(style) or (FURTHER_STYLES[style].label if style in FURTHER_STYLES else style)


def offered(styles: Iterable[str]) -> tuple[str, ...]:
    """Those of a model's styles that people may choose, in its order; what only that model knows is among them."""
    return tuple(style for style in styles if style not in FURTHER_STYLES or FURTHER_STYLES[style].offered)


def known_to(model: str | Path) -> tuple[str, ...]:
    """The styles of a model by its folder, from its config alone; STYLES where there is no such file, as of a model on
    the hub that nobody has loaded yet."""
    try:
        told = json.loads((Path(model) / "transformer" / "config.json").read_text(encoding="utf-8"))["styles"]
    except (OSError, ValueError, KeyError, TypeError):
        return STYLES
    return tuple(told) if isinstance(told, list) and all(isinstance(style, str) for style in told) else STYLES


_in_use = offered(known_to(EMBEDDED))


def in_use() -> tuple[str, ...]:
    """What people may choose of the model that this process draws with: the embedded one, unless `use` said another."""
    return _in_use


def use(styles: Iterable[str]):
    """Let these be the styles that people may choose; `lit.settings.use_styles` tells the settings, too."""
    global _in_use
    _in_use = tuple(styles)


def numbering(styles: Iterable[str]) -> list[int]:
    """Each of DATA_STYLES' number in a network's own list, -1 for those that it lacks."""
    place = {style: number for number, style in enumerate(styles)}
    return [place.get(style, -1) for style in DATA_STYLES]


def split_style(prompt: str, styles: Iterable[str] | None = None) -> tuple[str, str | None]:
    """Take a style named at the end of a prompt off it: "a dragon, fluent 3d" -> ("a dragon", "fluent-3d").

    styles: of a model, of which those count that people may choose, by name or label; None for those in use. Only a
    last part behind a comma counts, so that "a blob of paint" stays what it says.
    Returns the prompt and the style's name, or the prompt unchanged and None.
    """
    head, comma, tail = prompt.rpartition(",")
    words = " ".join(tail.lower().replace("-", " ").split()).removesuffix(" style")
    for style in in_use() if styles is None else offered(styles):
        if comma and head.strip() and words in (style.replace("-", " "), label(style).lower()):
            return head.strip(), style
    return prompt, None
