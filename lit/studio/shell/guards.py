"""What stands between the page and other people's pages.

A browser lets any web site send requests to 127.0.0.1. Two checks keep such sites out: the Host header has
to be a name of ours (or a rebound DNS name would do), and what another site's page sends is refused. A third closes
what Gradio would serve and the page does not use.
"""

import ipaddress
import re
from pathlib import Path
from urllib.parse import urlsplit

from lit.errors import InputError

LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")

# Sec-Fetch-Site as browsers set it; a page cannot. Programs such as gradio_client send none.
OWN_SITES = (b"same-origin", b"none")

BODY = 2**25  # bytes of a request: a picture has 20 MB at most
TOO_LARGE = "A request has at most 32 MB."

HOST = re.compile(r"\*|(\*\.)?[\w-]+(\.[\w-]+)*")

NAMING = (b"x-forwarded-host", b"x-gradio-server")  # headers by which a proxy may say how it was reached

# Instead of a name: addresses, and names that nobody can register, as a home or a company network gives them.
NEARBY = "(nearby)"
NEARBY_ENDINGS = ("local", "lan", "home", "internal", "localhost", "home.arpa")

# What the page and gradio_client ask of Gradio. The rest of it fetches addresses for whoever asks (`file=https:...`,
# `proxy=`), scales the icon to any size (`pwa_icon/`), or keeps files that nothing here takes (`upload`).
USED = re.compile(
    r"/|/(config|theme\.css|favicon\.ico|robots\.txt)/?|/(static|assets|svelte)/[\w./@+~-]{1,200}"
    r"|/gradio_api/(info|app_id|startup-events|theme\.css|reset|cancel|component_server|queue/(join|data|status))/?"
    r"|/gradio_api/(heartbeat|run|call)/[^/]+(/[^/]+)?/?"
    r"|/gradio_api/file=(?P<file>.+)",
    re.ASCII,
)


def allowed_hosts(more: tuple[str, ...] = ()) -> list[str]:
    """Names for `KnownHosts`: this machine's own, and those given.

    more: names, addresses, *.example.com for all names below one, * for all, or NEARBY. Raises InputError for anything
    else.
    """
    return [*LOCAL_HOSTS, *map(_as_in_the_header, more)]


def _as_in_the_header(host):
    if host == NEARBY:
        return host
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]").split("%")[0])
    except ValueError:
        if HOST.fullmatch(host):
            return host
        raise InputError("host", host, "a name alone, such as studio.example or *.example.com") from None
    return f"[{address}]" if address.version == 6 else str(address)


class KnownHosts:
    """ASGI middleware: 400 for a Host that is none of `allowed_hosts()`; headers that name another are left out, for
    Gradio would write them into the page as its own address."""

    def __init__(self, app, hosts: list[str]):
        self.app, self.hosts = app, [host.lower() for host in hosts]

    async def __call__(self, scope, receive, send):
        if scope["type"] in ("http", "websocket") and not self._known(scope):
            said = "The studio does not know this host. Whoever runs it can add the name: --allow-host NAME"
            await _refuse(scope, send, 400, said)
        elif scope["type"] in ("http", "websocket"):
            headers = [(key, value) for key, value in scope["headers"] if key not in NAMING or self._fits(value)]
            await self.app(scope | {"headers": headers}, receive, send)
        else:
            await self.app(scope, receive, send)

    def _known(self, scope) -> bool:
        named = [value for key, value in scope["headers"] if key == b"host"]
        return len(named) == 1 and self._fits(named[0])

    def _fits(self, header: bytes) -> bool:
        host = re.sub(r":\d*$", "", header.decode("latin-1").lower())
        return any(_fits(host, pattern) for pattern in self.hosts)


def _fits(host: str, pattern: str) -> bool:
    if pattern == NEARBY:
        return _is_nearby(host)
    if pattern.startswith("*."):
        return host.endswith(pattern[1:])
    return pattern in ("*", host)


def _is_nearby(host: str) -> bool:
    try:
        return bool(ipaddress.ip_address(host.removeprefix("[").removesuffix("]")))
    except ValueError:
        fits = re.fullmatch(r"[\w-]+(\.[\w-]+)*", host, re.ASCII)
        return bool(fits) and ("." not in host or host.endswith(tuple(f".{end}" for end in NEARBY_ENDINGS)))


class RefuseForeignSites:
    """ASGI middleware: 403 for requests that another site's page makes.

    Browsers say it in Sec-Fetch-Site; where the page is neither encrypted nor on this machine, in Origin alone.
    Following a link to the studio stays possible: a GET that navigates changes nothing.
    Plain ASGI, because Starlette's BaseHTTPMiddleware buffers streams, and progress is one.
    """

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] not in ("http", "websocket") or self._own(scope):
            await self.app(scope, receive, send)
        else:
            await _refuse(scope, send, 403, "Requests from other sites are refused.")

    @staticmethod
    def _own(scope) -> bool:
        headers = dict(scope["headers"])
        site = headers.get(b"sec-fetch-site")
        if site is None:
            origin = headers.get(b"origin")
            return origin is None or urlsplit(origin).netloc.lower() == headers.get(b"host", b"").lower()
        if site in OWN_SITES:
            return True
        return scope.get("method") == "GET" and headers.get(b"sec-fetch-mode") == b"navigate"


class BoundedBodies:
    """ASGI middleware: 413 for a body that is larger than any question or picture. Each address has less to say of its
    own; Gradio would read whatever comes into memory."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        told = dict(scope["headers"]).get(b"content-length", b"0")
        if not told.isdigit() or int(told) > BODY:
            await _refuse(scope, send, 413, TOO_LARGE)
            return
        size, started = 0, False

        async def counted():
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > BODY:
                raise _TooLarge
            return message

        async def sending(message):
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, counted, sending)
        except _TooLarge:
            if not started:
                await _refuse(scope, send, 413, TOO_LARGE)


class _TooLarge(Exception):
    pass


class OnlyUsed:
    """ASGI middleware in front of Gradio: 404 for its addresses that nothing here uses, and for files that are none of
    its copies. cache: the folder of those. A path may begin with the request's own root path."""

    def __init__(self, app, cache: Path):
        self.app, self.cache = app, cache.resolve()

    async def __call__(self, scope, receive, send):
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] in ("http", "websocket") and not self._used(path):
            await _refuse(scope, send, 404, "Not found.")
        else:
            await self.app(scope, receive, send)

    def _used(self, path: str) -> bool:
        found = USED.fullmatch(path)
        if found is None or found["file"] is None:
            return found is not None
        try:
            file = Path(found["file"]).resolve()
            return file.is_relative_to(self.cache) and file.is_file()
        except (OSError, ValueError):  # no name that a file could have
            return False


async def _refuse(scope, send, status: int, said: str):
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008})
        return
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    if status == 413:
        headers.append((b"connection", b"close"))  # what else comes is not read
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": said.encode()})
