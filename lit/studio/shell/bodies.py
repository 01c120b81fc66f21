"""What a page sends to a tab's own addresses: JSON, read and checked."""

import json
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse

from lit.errors import LiTError
from lit.studio.languages import t

LARGEST = 65536  # bytes of a request
NAME = 64  # characters of a visitor's or a page's name
FILE_NAME = 100  # bytes of a file's name: its end, with the suffix
TOO_LONG = "That is more text than a sticker can be drawn from"
UNCLEAR = "The page asked for something else than this studio answers. Reload it"


async def read_body(
    request: Request,
    largest: int = LARGEST,
    kind: str = "application/json",
    too_large: str = TOO_LONG,
) -> bytes:
    """The body as it comes, no more of it than `largest` bytes. kind: one that no form of another site's page sends.

    Raises LiTError, starlette's ClientDisconnect where the page has gone.
    """
    if request.headers.get("content-type", "").split(";")[0].strip() != kind:
        raise LiTError(UNCLEAR)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise LiTError(too_large)
    return bytes(body)


def fields_of(body: bytes) -> dict:
    """The object in a body. Raises LiTError for anything else."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise LiTError(UNCLEAR) from error
    if not isinstance(fields, dict):
        raise LiTError(UNCLEAR)
    return fields


def checked_name(value: object) -> str:
    """A random name that a browser has made. Raises LiTError for anything else."""
    if not isinstance(value, str) or not 0 < len(value) <= NAME:
        raise LiTError(UNCLEAR)
    return value


def file_name(said: str) -> str:
    """The name of an uploaded file, as one that a folder of ours can have: without a way to another, short enough for
    every file system."""
    name = Path(said.replace("\\", "/").replace("\0", "")).name.encode("utf-8", "ignore")[-FILE_NAME:]
    name = name.decode("utf-8", "ignore")
    return name if name not in ("", ".", "..") else "picture.png"


async def unclear(request: Request, error: Exception) -> JSONResponse:
    """The answer to a name with half a character in it, which neither a file nor the database can have."""
    return JSONResponse({"error": t(UNCLEAR), "field": ""}, 422)
