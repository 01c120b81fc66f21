"""What a page may ask of long work that is kept, sweeps and dreams, over HTTP: one address for all of it."""

import asyncio
from typing import Generic, Protocol, TypeVar

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lit.errors import LiTError
from lit.studio.languages import t
from lit.studio.shell.bodies import UNCLEAR, checked_name, fields_of, read_body
from lit.studio.tabs.compare.axes import Refused
from lit.studio.words import in_words
from lit.studio.work.lasting import Lasting, Long
from lit.studio.work.worker import Worker

PATIENCE = 20.0  # seconds after which a page is told to ask again: some proxies end what takes a minute
POLL = 0.1  # seconds between two looks whether something has changed


class Followed(Long, Protocol):
    """One that a page looks at. version: grows with all that changes."""

    version: int

    def stop(self) -> None: ...


T = TypeVar("T", bound=Followed)


class LastingSession(Generic[T]):
    """Answers, each from the fields of a request, with plain data. Raises LiTError for what cannot be answered.

    kind: the field that names one of them.  asked: the answers that a page may ask for, `look` among them.
    """

    kind: str
    asked: tuple[str, ...]

    def __init__(self, worker: Worker, lasting: Lasting[T]):
        self.worker, self.lasting = worker, lasting

    def stop(self, fields: dict) -> dict:
        self._own(fields).stop()
        return {}

    def go_on(self, fields: dict) -> dict:
        self.lasting.go_on(self._own(fields))
        return {}

    def throw_away(self, fields: dict) -> dict:
        self.lasting.throw_away(self._own(fields))
        return {}

    def bring_back(self, fields: dict) -> dict:
        self.lasting.bring_back(self._own(fields))
        return {}

    async def until_changed(self, fields: dict):
        """Return once the one that is looked at is another than was seen, or after PATIENCE."""
        one, seen, waited = self._looked_at(fields), fields.get("seen"), 0.0
        while one.version == seen and waited < PATIENCE and not self.worker.closing:
            await asyncio.sleep(POLL)
            waited += POLL

    def _looked_at(self, fields: dict) -> T:
        return self._own(fields)

    def _own(self, fields: dict) -> T:
        visitor = checked_name(fields.get("visitor"))
        return self.lasting.find(fields.get(self.kind), visitor)


def ask_route(path: str, session: LastingSession) -> Route:
    """POST path/NAME for all that may be asked. What goes wrong is answered with a sentence and the field that it is
    about."""

    async def ask(request: Request) -> Response:
        try:
            name, fields = request.path_params["name"], fields_of(await read_body(request))
            if name not in session.asked:
                raise LiTError(UNCLEAR)
            if name == "look":
                await session.until_changed(fields)
            return JSONResponse(await run_in_threadpool(getattr(session, name), fields))
        except Refused as error:
            return JSONResponse({"error": t(str(error)), "field": error.field}, 422)
        except LiTError as error:
            return JSONResponse({"error": in_words(error), "field": ""}, 409)
        except ClientDisconnect:
            return Response(status_code=204)

    return Route(f"{path}/{{name}}", ask, methods=["POST"])
