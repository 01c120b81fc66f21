"""What the studio says, in the language of whoever asks: English texts in the code are the keys, their translations are
in static/languages/, one file a language, for the page's scripts as well.

A request speaks the language that its Accept-Language asks for, which the scripts set to the page's; a task of the desk
that of the request that began it. All else, as a program's, the terminal's and the list's on the disk, is English.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "static" / "languages"
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
    """The text in the language that is spoken, with its {names} filled in; as it stands where it has no translation."""
    return _filled(catalogue(language()).get(text, text), values)


def plural(n: int, one: str, other: str, /, **values: object) -> str:
    """The text for n of something, {n} among its names. one, other: as English has them; the second is the key."""
    forms = catalogue(language()).get(other, {"one": one, "other": other})
    single = n < 2 if language() == "fr" else n == 1
    return _filled(forms.get("one", forms["other"]) if single else forms["other"], {"n": number(n)} | values)


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
    file = FOLDER / f"{code}.json"
    return json.loads(file.read_text("utf-8")) if code != ENGLISH else {}


def _filled(text: str, values: dict) -> str:
    return re.sub(r"\{(\w+)\}", lambda name: str(values.get(name[1], name[0])), text)
