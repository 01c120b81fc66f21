"""What the page's scripts ask over HTTP: bodies of JSON, typed and checked, and how a refusal is answered."""

import json

from starlette.requests import Request
from starlette.responses import JSONResponse

from lit.errors import InputError, LiTError
from lit.settings import DEFAULTS, SETTINGS, GenerationSettings
from lit.studio.tabs.generate.controls import to_settings
from lit.studio.words import in_words

LARGEST = 65536  # bytes of a request
NAME = 64  # characters of a visitor's, a page's or a job's name
UNCLEAR = "The page asked for something else than this studio answers. Reload it"


async def body_of(request: Request) -> bytes:
    """The body as it comes, no more of it than may be. Only JSON: a form of another site's page sends none."""
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise LiTError(UNCLEAR)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise LiTError("That is more text than a sticker can be drawn from")
    return body


def parsed(body: bytes) -> dict:
    """The fields of a JSON object. Raises LiTError for anything else."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise LiTError(UNCLEAR) from error
    if not isinstance(fields, dict):
        raise LiTError(UNCLEAR)
    return fields


def name_in(fields: dict, field: str) -> str:
    """A short name among the fields. Raises LiTError where there is none."""
    value = fields.get(field)
    if not isinstance(value, str) or not 0 < len(value) <= NAME:
        raise LiTError(UNCLEAR)
    return value


def settings_in(fields: dict) -> GenerationSettings:
    """The settings among the fields: "values", {name of a setting: value of its control}, with defaults for the rest.

    Raises InputError for a value that does not fit, LiTError for anything else.
    """
    values = fields.get("values")
    if not isinstance(values, dict) or set(values) - set(SETTINGS):
        raise LiTError(UNCLEAR)
    pairs = SETTINGS.items()
    return to_settings(tuple(values.get(name, setting.to_page(DEFAULTS.get(name))) for name, setting in pairs))


def refusal(error: LiTError) -> JSONResponse:
    """What went wrong: a sentence, and the setting that it is about, "" for none."""
    wrong = isinstance(error, InputError)
    return JSONResponse({"error": in_words(error), "field": error.argument if wrong else ""}, 422 if wrong else 503)
