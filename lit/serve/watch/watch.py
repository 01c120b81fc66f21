"""In front of page and API: each request has an id and a line in the log, and /metrics says how the studio is."""

import logging
import time
from contextlib import AbstractAsyncContextManager

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response

from lit.serve.callers import Doors, credentials, same, unknown
from lit.serve.watch.metrics import Metrics
from lit.studio.requests import HEADER, asked_by, id_of
from lit.studio.shell.app import Beside

log = logging.getLogger(__name__)

METRICS = "/metrics"
LET_IN = "Authorization: Bearer KEY with a key of LIT_API_KEY or the login of LIT_LOGIN"


class Watch:
    """What `create_app` takes as `beside`: watches what is `inside`, and the page. doors: who may read /metrics:
    anybody on a studio of one's own without a key, else who has one; on a shared studio without keys nobody."""

    def __init__(self, inside: Beside, metrics: Metrics, doors: Doors):
        self._inside, self._metrics, self._doors = inside, metrics, doors

    def around(self, page):
        return Watched(self._inside.around(page), self._metrics, self._doors)

    def running(self) -> AbstractAsyncContextManager:
        return self._inside.running()


class Watched:
    """ASGI middleware."""

    def __init__(self, app, metrics: Metrics, doors: Doors):
        self.app, self._metrics, self._doors = app, metrics, doors

    async def __call__(self, scope, receive, send):
        if scope["type"] not in ("http", "websocket"):
            return await self.app(scope, receive, send)
        headers, began, status = Headers(scope=scope), time.monotonic(), 0
        request = id_of(headers.get(HEADER, ""))
        path = scope["path"].removeprefix(scope.get("root_path", ""))

        async def tell(message):
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request
            await send(message)

        with asked_by(request):
            try:
                if path == METRICS and scope["type"] == "http":
                    await self._figures(headers)(scope, receive, tell)
                else:
                    await self.app(scope, receive, tell)
            finally:
                if scope["type"] == "http":
                    self._metrics.answered(status or 500)
                    # Without its query: that may be somebody's words.
                    said = {"method": scope["method"], "path": path, "status": status or 500}
                    log.info("answered", extra=said | {"seconds": round(time.monotonic() - began, 4)})

    def _figures(self, headers):
        if self._doors.closed:
            known = (*self._doors.keys, *([self._doors.login] if self._doors.login else []))
            if not [key for key in known for shown in credentials(headers) if same(shown, key)]:
                return unknown(LET_IN).response()
        return Response(self._metrics.text(), headers={"Content-Type": self._metrics.kind, "Cache-Control": "no-store"})
