"""What the page may ask of the library, typed and checked: here requests stop being a browser's plain data."""

from lit.errors import LiTError
from lit.studio.shell.bodies import UNCLEAR
from lit.studio.work.library import AT_ONCE, Query

NAME = 64  # characters of a visitor's name
TEXT = 2000  # characters of words, of a tag, of a name


def visitor(fields: dict) -> str:
    """Who asks. Raises LiTError."""
    name = fields.get("visitor")
    if not isinstance(name, str) or not 0 < len(name) <= NAME:
        raise LiTError(UNCLEAR)
    return name


def query(fields: dict) -> Query:
    """{"words", "style", "model", "tag": text, "board": number or null, "favourite", "trash": truth}, each of which
    may be left out. Raises LiTError."""
    board = fields.get("board")
    return Query(
        words=text(fields, "words", ""),
        style=text(fields, "style", "") or None,
        model=text(fields, "model", ""),
        tag=text(fields, "tag", ""),
        board=None if board is None else number(fields, "board"),
        favourite=fields.get("favourite") is True,
        trash=fields.get("trash") is True,
    )


def names(fields: dict) -> list[str]:
    """`pictures`: the names of some. Raises LiTError."""
    found = fields.get("pictures")
    if not isinstance(found, list) or len(found) > AT_ONCE or not all(isinstance(name, str) for name in found):
        raise LiTError(UNCLEAR)
    return found


def number(fields: dict, name: str) -> int:
    found = fields.get(name)
    if type(found) is not int or not 0 <= found < 2**53:
        raise LiTError(UNCLEAR)
    return found


def text(fields: dict, name: str, otherwise: str | None = None) -> str:
    """A text without halves of characters. otherwise: for one that is left out."""
    found = fields.get(name, otherwise)
    if not isinstance(found, str) or len(found) > TEXT:
        raise LiTError(UNCLEAR)
    return found.encode("utf-8", "replace").decode()
