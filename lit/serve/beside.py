"""What stands beside the page: the API's application behind its gate."""

import logging
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lit import environment
from lit.errors import LiTError
from lit.serve import a1111, api, openai, page
from lit.serve.callers import Doors
from lit.serve.errors import BROKEN, Refusal, refusal
from lit.serve.gate import HUB, REQUESTS, Gate
from lit.serve.limits import Allowance
from lit.serve.mcp import Assistants
from lit.serve.programs import Programs
from lit.serve.tools import TOOLS
from lit.studio.studio import Studio
from lit.version import __version__

log = logging.getLogger(__name__)

ABOUT = """Draws stickers from words, on the machine where this studio runs. The same settings give the same bytes as on
its page and its command line, and every PNG carries them inside.

Beside the studio's own addresses there are OpenAI's for images and A1111's for drawing from words; assistants are
answered at `mcp/`. Whatever goes wrong is answered with the field, what came, and what would do."""


class _Beside:
    def __init__(self, studio: Studio, requests: float | None):
        self.doors = Doors(studio.public, environment.api_keys(), environment.login())
        self.programs = Programs(studio)
        self.assistants = Assistants(self.programs)
        studio.blocks.mcp_server = True  # Gradio's config says so, by which a Space is known to have tools
        self.requests = Allowance(requests) if studio.public and requests else None
        self.api = application(self.programs, self.assistants, self.doors)

    def around(self, page):
        return Gate(page, self.api, self.doors, self.requests)

    @asynccontextmanager
    async def running(self):
        async with self.assistants.running():
            yield


def beside(studio: Studio, requests: float | None = REQUESTS) -> _Beside:
    """What `create_app` takes. requests: a minute of who shares the studio with strangers, None for no limit.

    Raises InputError for a login that is none.
    """
    return _Beside(studio, requests)


def application(programs: Programs, assistants: Assistants, doors: Doors) -> FastAPI:
    """All addresses below /api, /v1, /sdapi and /mcp. No page of documentation: FastAPI's own come from elsewhere."""
    app = FastAPI(
        title="LiT Studio",
        version=__version__,
        description=ABOUT,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        exception_handlers={
            Refusal: _refused,
            LiTError: _wrong,
            RequestValidationError: _invalid,
            HTTPException: _no_address,
            ClientDisconnect: _gone,
        },
    )
    app.add_middleware(Unbroken)
    for router in (api.router(programs), openai.router(programs), a1111.router(programs)):
        app.include_router(router)
    app.routes.extend(page.routes(doors))
    app.routes.extend(Route(path, assistants) for path in ("/mcp", "/mcp/", *HUB[:2]))
    app.routes.append(Route(HUB[2], _tools))
    return app


class Unbroken:
    """ASGI middleware: what nobody has thought of is in the log, and answered without a word of it.

    Starlette's own raises it again, by which the server would take the connection from whoever asks next on it.
    """

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        begun = False

        async def sending(message):
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception:
            log.exception("%s failed", scope["path"])
            if begun:
                raise
            path = _path(Request(scope))
            await Refusal(500, "", None, BROKEN, code="failed").response(path)(scope, receive, send)


async def _tools(request: Request) -> Response:
    """As Gradio tells Hugging Face of a Space's tools, without a connection of MCP's own."""
    told = ({name: tool[name] for name in ("name", "description", "inputSchema")} for tool in TOOLS)
    return JSONResponse([tool | {"meta": {"file_data_present": False}} for tool in told])


def _path(request: Request) -> str:
    return request.scope["path"].removeprefix(request.scope.get("root_path", ""))


def _answer(request: Request, error: Refusal) -> Response:
    if error.status == 422 and _path(request).startswith("/v1/"):
        error.status = 400  # as OpenAI's own, for its clients' exceptions
    return error.response(_path(request))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return _answer(request, error)


async def _wrong(request: Request, error: Exception) -> Response:
    assert isinstance(error, LiTError)
    return _answer(request, refusal(error))


async def _invalid(request: Request, error: Exception) -> Response:
    """Of an address's own fields, which FastAPI checks."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    return _answer(request, Refusal(422, str(first["loc"][-1]), first.get("input"), first["msg"]))


async def _no_address(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    said = {404: "no such address; see api for those that there are", 405: "another method"}
    expected = said.get(error.status_code, str(error.detail))
    return _answer(request, Refusal(error.status_code, "", None, expected, code="not_found"))


async def _gone(request: Request, error: Exception) -> Response:
    return Response(status_code=499)
