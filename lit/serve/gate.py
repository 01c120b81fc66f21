"""The gate: which addresses are the API's, who may ask there, and how often."""

import math
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.responses import Response

from lit.serve.callers import Doors, unknown
from lit.serve.errors import Refusal
from lit.serve.limits import Allowance

REQUESTS = 120  # a minute, of who shares the studio with strangers

# First parts of the path. Gradio has none of them.
OURS = ("api", "v1", "sdapi", "mcp")
# Where Gradio's own assistants' tools would be: Hugging Face looks for a Space's there, and reads them from the last.
HUB = ("/gradio_api/mcp", "/gradio_api/mcp/", "/gradio_api/mcp/schema")
# What needs no key: how to ask, and what can be asked for.
OPEN = ("/api", "/api/openapi.json", "/api/v1/settings", HUB[2])
# Gradio's own ways for programs to ask; the page uses none of them.
GRADIO = ("/gradio_api/run/", "/gradio_api/call/", "/gradio_api/api/", "/gradio_api/queue/join")
# What browsers fetch without a login, even where they have one: no person's.
PLAIN = ("/manifest.json", "/worker.js", "/away.html")


class Gate:
    """ASGI middleware around the page: what is the API's goes to `api`, once its caller is known; all else to the page,
    where a login is shown if there is one.

    The caller is in the scope's "lit.caller". requests: counts them, by caller; None for no limits.
    """

    def __init__(self, page, api, doors: Doors, requests: Allowance | None = None):
        self.page, self.api, self.doors, self.requests = page, api, doors, requests

    async def __call__(self, scope, receive, send):
        if scope["type"] not in ("http", "websocket"):
            return await self.page(scope, receive, send)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        ours = path in HUB or path.split("/")[1:2] and path.split("/")[1] in OURS
        headers = Headers(scope=scope)
        try:
            if path.startswith(GRADIO) and not (self.doors.keys or self.doors.login):
                self._count(_address(scope))  # which names its visitors itself, one a session
            elif ours or path.startswith(GRADIO):
                if path not in OPEN:
                    scope = scope | {"lit.caller": self._caller(headers, _address(scope))}
            elif not (self.doors.may_look(headers) or path in PLAIN):
                return await _log_in(scope, receive, send)
        except Refusal as error:
            if scope["type"] == "websocket":
                return await send({"type": "websocket.close", "code": 1008})
            return await error.response(path)(scope, receive, send)
        await (self.api if ours else self.page)(scope, receive, send)

    def _caller(self, headers: Mapping[str, str], address: str):
        try:
            caller = self.doors.caller(headers, address)
        except Refusal:
            self._count(f"unknown {address}")  # so that keys cannot be tried one after the other
            raise
        if caller.counted:
            self._count(caller.counted)
        return caller

    def _count(self, name: str):
        if self.requests is not None and (wait := self.requests.take(name)):
            most = f"{self.requests.most:g}"
            expected = f"at most {most} a minute; again in {math.ceil(wait)} s"
            raise Refusal(429, "requests", f"more than {most}", expected, code="rate_limit_exceeded", retry=wait)


async def _log_in(scope, receive, send):
    if scope["type"] == "websocket":
        return await send({"type": "websocket.close", "code": 1008})
    headers = {"WWW-Authenticate": 'Basic realm="LiT Studio", charset="UTF-8"', "Cache-Control": "no-store"}
    said = unknown("the user's name and password that this studio was started with (LIT_LOGIN)").said
    await Response(said, 401, headers, "text/plain")(scope, receive, send)


def _address(scope) -> str:
    client = scope.get("client")
    return client[0] if client else "nowhere"
