"""The id of the request that asked for what is being done, so that a log can be followed from a press to a file.

It comes as X-Request-ID, or is made, and goes back under the same name. A job keeps it in its order.
"""

import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HEADER = "x-request-id"
FITS = re.compile(r"[\w.:-]{1,64}", re.ASCII)  # what is no more than a name

_request: ContextVar[str] = ContextVar("request", default="")


def request_id() -> str:
    """The id of the request that is being answered here, "" where there is none."""
    return _request.get()


@contextmanager
def asked_by(request: str) -> Iterator[None]:
    """Inside, what is asked for is asked by this request."""
    token = _request.set(request)
    try:
        yield
    finally:
        _request.reset(token)


def id_of(sent: str) -> str:
    """What was sent as X-Request-ID, or one of our own where that is none."""
    return sent if FITS.fullmatch(sent) else secrets.token_hex(8)
