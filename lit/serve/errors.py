"""What goes wrong, as programs are told it: status, field, value, and what would do. Never a path or a traceback.

Everywhere in the shape of OpenAI's API, so that its clients raise their own exceptions; under /sdapi in A1111's.
"""

import math

from starlette.responses import JSONResponse

from lit.errors import InputError, LiTError
from lit.studio.work.database import StoreError

LONGEST = 200  # characters of a value that are repeated
BUSY = 30  # seconds after which it is worth trying again, where nothing better is known
BROKEN = "Something went wrong in the studio; its log says what"
KINDS = {401: "authentication_error", 429: "rate_limit_error", 500: "server_error", 501: "server_error"}
KINDS[503] = "server_error"


class Refusal(Exception):
    """An answer that is no result.

    status: of HTTP.  field: what it is about, "" for nothing in particular.  value: what came.  expected: what would
    do.  retry: seconds after which to try again, None for never.
    """

    def __init__(
        self,
        status: int,
        field: str,
        value: object,
        expected: str,
        code: str = "invalid_value",
        retry: float | None = None,
        said: str = "",
    ):
        self.status, self.field, self.value, self.expected = status, field, _shown(value), str(expected)
        self.code, self.retry = code, retry
        self.said = said or (f"{field}: got {self.value!r}; {expected}" if field else str(expected))
        super().__init__(self.said)

    @property
    def body(self) -> dict:
        """As OpenAI has it, and with value and expected beside."""
        error = {
            "message": self.said,
            "type": KINDS.get(self.status, "invalid_request_error"),
            "param": self.field or None,
            "code": self.code,
            "value": self.value,
            "expected": self.expected,
        }
        return {"error": error}

    @property
    def a1111(self) -> dict:
        """As A1111's API has it, and with field, value and expected beside."""
        about = {"field": self.field, "value": self.value, "expected": self.expected}
        return {"error": self.code, "detail": self.said, "body": "", "errors": self.said} | about

    def response(self, path: str = "") -> JSONResponse:
        """path: where it was asked, below the page's own."""
        headers = {}
        if self.retry is not None:
            headers["Retry-After"] = str(max(1, math.ceil(self.retry)))
        if self.status == 401:
            headers["WWW-Authenticate"] = 'Bearer realm="LiT Studio"'
        return JSONResponse(self.a1111 if path.startswith("/sdapi/") else self.body, self.status, headers)


def refusal(error: LiTError, status: int = 422) -> Refusal:
    """An error of the studio as an answer. status: for one about something that came."""
    if isinstance(error, InputError):
        return Refusal(status, str(error.argument), error.got, str(error.expected))
    code = "storage" if isinstance(error, StoreError) else "unavailable"
    return Refusal(503, "", None, str(error), code=code, retry=BUSY)


def not_there(field: str, value: object, what: str) -> Refusal:
    """404: there is none, or it is another's, which is not told apart."""
    return Refusal(404, field, value, f"the id of {what} that is yours and still there", code="not_found")


def _shown(value: object):
    """What came, cut short; nothing that JSON does not have."""
    if value is None or isinstance(value, bool | int) and abs(value) < 10**18:
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    text = value if isinstance(value, str) else repr(value)
    text = text.encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
