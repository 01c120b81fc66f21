"""The settings in what the page's scripts ask over HTTP, and how a refusal is answered."""

from collections.abc import Awaitable, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from lit.errors import InputError, LiTError
from lit.settings import DEFAULTS, SETTINGS, GenerationSettings
from lit.studio.shell.bodies import UNCLEAR, fields_of, read_body
from lit.studio.tabs.generate.controls import to_settings
from lit.studio.words import in_words


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
    if not isinstance(error, InputError):
        return JSONResponse({"error": in_words(error), "field": ""}, 503)
    field = error.argument.partition(", ")[0]  # of "prompt, character 3" too
    return JSONResponse({"error": in_words(error), "field": field}, 422)


async def in_json(request: Request) -> dict:
    """The fields of a body of JSON."""
    return fields_of(await read_body(request))


def answering(
    answer: Callable[[dict], dict], fields: Callable[[Request], Awaitable[dict]] = in_json
) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint that answers a request's fields in a thread, or says what is wrong with them. fields: how they are
    read."""

    async def endpoint(request: Request) -> Response:
        try:
            return JSONResponse(await run_in_threadpool(answer, await fields(request)))
        except LiTError as error:
            return refusal(error)
        except ClientDisconnect:
            return Response(status_code=204)

    return endpoint
