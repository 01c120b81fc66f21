"""What the export dialog may ask, typed and checked: here requests stop being a browser's plain data."""

import re

from lit.errors import InputError, LiTError, Phrase
from lit.export import TARGETS, Options, check_target
from lit.export.sticker import EMOJI
from lit.reading.emoji import emoji_in
from lit.studio.shell.bodies import UNCLEAR
from lit.studio.work.exports import Words

MOST = 200  # pictures at once: as many as any place takes in a pack
LARGEST = 400_000  # bytes of a request: the words of so many
FIELDS = {"title": "name of the pack", "author": "publisher"}  # as the page calls them
TEXT = 2000  # characters of a field


def pictures(fields: dict) -> list[str]:
    """`pictures`: names as the page has them, "JOB/FILE", each once. Raises InputError."""
    found = fields.get("pictures")
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise LiTError(UNCLEAR)
    if not 0 < len(found) <= MOST:
        raise InputError("pictures", len(found), Phrase("1 to {most} at once", most=MOST))
    return list(dict.fromkeys(found))


def targets(fields: dict) -> list[str]:
    """`targets`: names, each once. Raises InputError."""
    found = fields.get("targets")
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise LiTError(UNCLEAR)
    for name in found:
        check_target(name)
    if not found:
        raise InputError("places", Phrase("none"), "one place or more to export to")
    return [name for name in TARGETS if name in found]


def options(fields: dict) -> Options:
    """`title`, `author`: text; `loop`: a name or ""; `border`: a width or null. Raises InputError."""
    border = fields.get("border")
    if border is not None and type(border) is not int:
        raise LiTError(UNCLEAR)
    title, author, loop = (text(fields, name) for name in ("title", "author", "loop"))
    try:
        return Options(title=title, author=author, loop=loop or None, border=border)
    except InputError as error:
        raise InputError(FIELDS.get(error.argument, error.argument), error.got, error.expected) from error


def words(fields: dict) -> dict[str, Words]:
    """`words`: {picture: {"name", "alt", "emoji": text}} of those that somebody has written. Raises InputError."""
    found = fields.get("words", {})
    if not isinstance(found, dict) or not all(isinstance(one, dict) for one in found.values()):
        raise LiTError(UNCLEAR)
    return {name: Words(text(one, "name"), text(one, "alt"), emoji(text(one, "emoji"))) for name, one in found.items()}


def emoji(said: str) -> tuple[str, ...]:
    """The emoji of a text that has nothing else in it but spaces and commas. Raises InputError."""
    found = emoji_in(said)
    rest = list(said)
    for one in found:
        rest[one.start : one.end] = " " * (one.end - one.start)
    if not found or re.search(r"[^\s,]", "".join(rest)):
        raise InputError("emoji", said[:TEXT], Phrase("1 to {most} emoji and nothing else", most=EMOJI))
    return tuple(dict.fromkeys(said[one.start : one.end] for one in found))


def text(fields: dict, name: str) -> str:
    found = fields.get(name)
    if not isinstance(found, str) or len(found) > TEXT:
        raise LiTError(UNCLEAR)
    return found
