"""MCP at /mcp/ by streamable HTTP: assistants use the five tools of lit.serve.tools.

The official SDK (`mcp`), and not Gradio's MCP server: `gradio[mcp]` 6.31 asks for an older pydantic than the studio
has, would take the address of whoever calls first for its own, and encodes pictures anew, without their settings. The
SDK is imported (0.5 s) when the first assistant asks, so that it costs the start of the page nothing. What is asked is
complete in itself (stateless): no session is kept, and none can be lost.

A Hugging Face Space brings the SDK's version 1 along, everything else version 2; both are served.
"""

import asyncio
import logging
from contextlib import asynccontextmanager, suppress
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from lit.serve.bodies import body_of
from lit.serve.errors import Refusal
from lit.serve.programs import Programs
from lit.serve.tools import TOOLS, Tools
from lit.version import __version__

log = logging.getLogger(__name__)

INSTRUCTIONS = (
    "LiT Studio draws stickers with a transparent background from a few English words such as 'a blue dragon'. The same"
    " settings always give the same picture. Call describe_settings for names and limits before you use more than"
    " prompt, style and seed."
)


class Assistants:
    """An ASGI application, open between `running()`'s beginning and end."""

    def __init__(self, programs: Programs):
        self._tools = Tools(programs)
        self._manager: Any = None
        self._missing = False

    @asynccontextmanager
    async def running(self):
        self._wanted, self._ready, self._over = asyncio.Event(), asyncio.Event(), asyncio.Event()
        serving = asyncio.create_task(self._serve())
        try:
            yield
        finally:
            self._over.set()
            if not self._wanted.is_set():
                serving.cancel()
            with suppress(asyncio.CancelledError):
                await serving

    async def __call__(self, scope, receive, send):
        self._wanted.set()
        await self._ready.wait()
        if self._manager is None:
            expected = "pip install 'mcp>=2.3,<3': this studio was installed without it"
            return await Refusal(501, "", None, expected, code="not_installed").response()(scope, receive, send)
        try:
            body = await body_of(Request(scope, receive))
        except Refusal as error:
            return await error.response()(scope, receive, send)
        gone = asyncio.Event()
        watching = asyncio.create_task(_watch(receive, gone))
        try:
            await self._manager.handle_request(scope | {"lit.gone": gone}, _Again(body, gone), send)
        finally:
            watching.cancel()

    async def _serve(self):
        """In one task from the beginning to the end, as the SDK's groups of tasks need it."""
        await self._wanted.wait()
        try:
            manager = await run_in_threadpool(_manager, self._tools)
            async with manager.run():
                self._manager = manager
                self._ready.set()
                await self._over.wait()
        except ImportError:
            log.warning("assistants are not answered: the package mcp is not installed")
        finally:
            self._manager = None
            self._ready.set()


async def _watch(receive, gone: asyncio.Event):
    """Set `gone` once there is nobody at the other end."""
    while (await receive())["type"] != "http.disconnect":
        pass
    gone.set()


class _Again:
    """`receive` for a body that has been read."""

    def __init__(self, body: bytes, gone: asyncio.Event):
        self._body: bytes | None = body
        self._gone = gone

    async def __call__(self):
        if self._body is not None:
            body, self._body = self._body, None
            return {"type": "http.request", "body": body, "more_body": False}
        await self._gone.wait()
        return {"type": "http.disconnect"}


def _manager(tools: Tools):
    from mcp import types
    from mcp.server.lowlevel import Server
    from mcp.server.streamable_http_manager import StreamableHTTPSessionManager

    # By the names on the wire, which both versions of the SDK understand.
    listed = [types.Tool.model_validate(tool) for tool in TOOLS]
    about: dict[str, Any] = {"version": __version__, "instructions": INSTRUCTIONS}

    async def call(name: str, arguments: dict | None, request: Request):
        return types.CallToolResult.model_validate(await tools.call(name, arguments or {}, request))

    if hasattr(Server, "call_tool"):  # version 1
        server: Any = Server("lit-studio", **about)

        async def list_tools_1():
            return listed

        async def call_tool_1(name, arguments):
            return await call(name, arguments, server.request_context.request)

        server.list_tools()(list_tools_1)
        server.call_tool(validate_input=False)(call_tool_1)
    else:

        async def list_tools(context, params):
            return types.ListToolsResult(tools=listed)

        async def call_tool(context, params):
            return await call(params.name, params.arguments, context.request)

        server = Server("lit-studio", **about, on_list_tools=list_tools, on_call_tool=call_tool)
    return StreamableHTTPSessionManager(server, stateless=True)
