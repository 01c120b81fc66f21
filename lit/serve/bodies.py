"""What programs send: JSON with the fields that are known, and pictures, read and checked."""

import base64
import binascii
import json
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image
from starlette.requests import Request

from lit.errors import InputError
from lit.serve.errors import Refusal

LARGEST = 65536  # bytes of a request without a picture
PICTURE = 20 * 2**20  # bytes of a picture
SIDE = 2 * 1024  # pixels: as large as a drawing can be


async def body_of(request: Request, largest: int = LARGEST) -> bytes:
    """All of it, no more than `largest` bytes. Raises Refusal 413, starlette's ClientDisconnect."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise Refusal(413, "body", f"more than {largest} bytes", f"at most {largest} bytes", code="too_large")
    return bytes(body)


def object_in(body: bytes) -> dict:
    """The JSON object in a body; {} for an empty one. Raises Refusal 400."""
    try:
        found = json.loads(body, parse_constant=_Constant) if body.strip() else {}
        json.dumps(found, ensure_ascii=False).encode()  # half a character is none
        constants = list(_constants(found, ""))
    except (ValueError, RecursionError) as error:
        why = "deeper than anything here" if isinstance(error, RecursionError) else str(error)
        raise Refusal(400, "body", why, "a JSON object", code="invalid_json") from error
    if not isinstance(found, dict):
        raise Refusal(400, "body", type(found).__name__, "a JSON object", code="invalid_json")
    for name, value in constants:
        raise Refusal(400, name, str(value), "a number that JSON has", code="invalid_json")
    return found


async def fields_of(request: Request, largest: int = LARGEST) -> dict:
    return object_in(await body_of(request, largest))


def check_known(fields: Mapping[str, object], known: Collection[str]):
    """Raise InputError for the first field that is not known."""
    for name, value in fields.items():
        if name not in known:
            raise InputError(name, value, f"no field of that name, but of these: {', '.join(known)}")


def text_in(fields: dict, name: str) -> str:
    """A text among the fields. Raises InputError where there is none."""
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise InputError(name, value, "a text")
    return value


def whole_in(fields: dict, name: str, low: int, high: int, otherwise: int) -> int:
    """A whole number among the fields. Raises InputError for anything else."""
    value = fields.get(name)
    if value is None:
        return otherwise
    whole = type(value) is int or (isinstance(value, float) and value.is_integer())  # which infinity is not
    if not whole or not low <= value <= high:
        raise InputError(name, value, f"a whole number from {low} to {high}")
    return int(value)


def decoded(text: object, field: str) -> bytes:
    """base64, with or without a data URI's head. Raises InputError for anything else."""
    told = text.rpartition(",")[2] if isinstance(text, str) and text.startswith("data:") else text
    try:
        if isinstance(told, str) and told:
            return base64.b64decode(told, validate=True)
    except (binascii.Error, ValueError):
        pass
    raise InputError(field, text if isinstance(text, str) else None, "a PNG in base64")


@contextmanager
def laid_down(data: bytes) -> Iterator[Path]:
    """A PNG that came, as a file for as long as it is looked at. Raises InputError for what is none, or larger than any
    drawing: before a pixel is unpacked."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "picture.png"
        file.write_bytes(data)
        try:
            with Image.open(file, formats=["PNG"]) as image:
                size = image.size
        except Exception as error:  # whatever damage raises in Pillow
            raise InputError("image", f"{len(data)} bytes", "a PNG that can be read") from error
        if max(size) > SIDE:
            raise InputError("image", f"{size[0]} x {size[1]}", f"at most {SIDE} pixels a side")
        yield file


class _Constant(str):
    """NaN, Infinity or -Infinity, which Python reads and JSON does not have."""


def _constants(found: object, name: str) -> Iterator[tuple[str, _Constant]]:
    """Those in it, with the names of their fields."""
    if isinstance(found, _Constant):
        yield name, found
    parts = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for part, value in parts:
        yield from _constants(value, f"{name}.{part}" if name else str(part))
