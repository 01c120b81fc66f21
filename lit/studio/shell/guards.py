"""What stands between the page and other people's pages.

A browser lets any web site send requests to 127.0.0.1. Two checks keep such sites out: the Host header has
to be a name of ours (or a rebound DNS name would do), and what another site's page sends is refused.
"""

import ipaddress
import re

from lit.errors import InputError

LOCAL_HOSTS = ("127.0.0.1", "localhost", "[::1]")

# Sec-Fetch-Site as browsers set it; a page cannot. Programs such as gradio_client send none.
OWN_SITES = (b"same-origin", b"none")

HOST = re.compile(r"\*|(\*\.)?[\w-]+(\.[\w-]+)*")


def allowed_hosts(more: tuple[str, ...] = ()) -> list[str]:
    """Names for Starlette's TrustedHostMiddleware: this machine's own, and those given.

    more: names, addresses, or *.example.com for all names below one. Raises InputError for anything else.
    """
    return [*LOCAL_HOSTS, *map(_as_in_the_header, more)]


def _as_in_the_header(host):
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]").split("%")[0])
    except ValueError:
        if HOST.fullmatch(host):
            return host
        raise InputError("host", host, "a name alone, such as studio.example or *.example.com") from None
    return f"[{address}]" if address.version == 6 else str(address)


class RefuseForeignSites:
    """ASGI middleware: 403 for requests that another site's page makes.

    Following a link to the studio stays possible: a GET that navigates changes nothing.
    Plain ASGI, because Starlette's BaseHTTPMiddleware buffers streams, and progress is one.
    """

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        if scope["type"] not in ("http", "websocket") or self._own(scope):
            await self.app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            headers = [(b"content-type", b"text/plain; charset=utf-8")]
            await send({"type": "http.response.start", "status": 403, "headers": headers})
            await send({"type": "http.response.body", "body": b"Requests from other sites are refused."})

    @staticmethod
    def _own(scope) -> bool:
        headers = dict(scope["headers"])
        site = headers.get(b"sec-fetch-site")
        if site is None or site in OWN_SITES:
            return True
        return scope.get("method") == "GET" and headers.get(b"sec-fetch-mode") == b"navigate"
