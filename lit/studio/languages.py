"""What the studio says, in the language of whoever asks: English texts in the code are the keys, their translations are
in static/languages/, one file a language, for the page's scripts as well; those of errors' words, which only the studio
says, are in static/languages/errors/.

A request speaks the language that its Accept-Language asks for, which the scripts set to the page's; a task of the desk
that of the request that began it. All else, as a program's, the terminal's and the list's on the disk, is English.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

from lit.errors import Phrase, filled

FOLDER = Path(__file__).parent / "static" / "languages"
ERRORS = "errors"  # the folder in it for the words of errors, which no script says
ENGLISH = "en"
CODES = (ENGLISH, *sorted(file.stem for file in FOLDER.glob("*.json")))
MARKS = {"de": ".,", "es": ".,", "fr": "\u202f,"}  # between thousands, and before decimals, where not as in English

_language: ContextVar[str] = ContextVar("language", default=ENGLISH)


def language() -> str:
    """The code of the language that is spoken here."""
    return _language.get()


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Inside, texts are in this language, one of CODES; English for any other."""
    before = _language.set(code if code in CODES else ENGLISH)
    try:
        yield
    finally:
        _language.reset(before)


def t(text: str, **values: object) -> str:
    """The text in the language that is spoken, with its {names} filled in; as it stands where it has no translation.

    A `Phrase`, as the text or among the values, is said by its own template and values.
    """
    if isinstance(text, Phrase):
        text, values = text.template, text.values
    return _said(catalogue(language()).get(text, text), values)


def plural(n: int, one: str, other: str, /, **values: object) -> str:
    """The text for n of something, {n} among its names. one, other: as English has them; the second is the key."""
    forms = catalogue(language()).get(other, {"one": one, "other": other})
    single = n < 2 if language() == "fr" else n == 1
    return _said(forms.get("one", forms["other"]) if single else forms["other"], {"n": number(n)} | values)


def number(value: float, decimals: int = 0) -> str:
    """A number with so many decimals, as it is written in the language."""
    written = f"{value:,.{decimals}f}"
    thousands, point = MARKS.get(language(), ",.")
    return "".join({",": thousands, ".": point}.get(sign, sign) for sign in written)


def asked_for(accepted: str) -> str:
    """The code of CODES that an Accept-Language header would like most, English where it names none."""
    wished = []
    for part in accepted.split(","):
        name, _, weight = part.partition(";q=")
        code = name.strip().lower().split("-")[0]
        try:
            wished.append((float(weight or 1), code))
        except ValueError:
            continue
    wished.sort(key=lambda wish: -wish[0])
    return next((code for _, code in wished if code in CODES), ENGLISH)


class Speaking:
    """ASGI middleware: a request is answered in the language that it asks for."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        headers = dict(scope.get("headers", ()))
        with speaking(asked_for(headers.get(b"accept-language", b"").decode("latin-1"))):
            await self.app(scope, receive, send)


@cache
def catalogue(code: str) -> dict:
    """{text: its translation, or {"one", "other"} of one with numbers}; empty for English."""
    if code == ENGLISH:
        return {}
    page, errors = (json.loads((folder / f"{code}.json").read_text("utf-8")) for folder in (FOLDER, FOLDER / ERRORS))
    return page | errors


def _said(text: str, values: dict) -> str:
    return filled(text, {name: t(value) if isinstance(value, Phrase) else value for name, value in values.items()})
