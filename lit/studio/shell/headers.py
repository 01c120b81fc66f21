"""What every answer tells the browser: the page runs its own scripts alone, and asks no other host for anything. And
what runs before Gradio does, which is put into its page here, since the header names a page's scripts."""

import base64
import gzip
import hashlib
import re
from functools import partial

import brotli  # of Gradio's

GRADIO_PAGE = b"window.gradio_config"  # stands in it
# How Gradio packs a page where the browser can unpack it: what unpacks, and what packs as it does.
PACKINGS = {
    b"gzip": (gzip.decompress, partial(gzip.compress, compresslevel=6)),
    b"br": (brotli.decompress, partial(brotli.compress, quality=4)),
}
SCRIPT = re.compile(rb"<script(?![^>]*\ssrc\s*=)[^>]*>(.*?)</script", re.DOTALL | re.IGNORECASE)

# Gradio makes functions of texts ('unsafe-eval': a component's `js_on_load`, an event's `js`) and writes styles
# ('unsafe-inline'); its page's few scripts are known by their hashes, so that none can be written into the page.
POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-eval'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "media-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' data: blob:",
    "worker-src": "'self' blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}
SAFE = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (
        b"permissions-policy",
        b"camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), midi=(), display-capture=()",
    ),
)


class SafeHeaders:
    """ASGI middleware that adds them.

    framed_by: origins that may show the page in a frame.  inserted: HTML whose scripts Gradio's own put into the page.
    before_gradio: HTML to stand first in the head of Gradio's page; `inserted` comes when its scripts have run.
    A page is held back until it is whole, as its header names its scripts; all else goes through as it comes.
    """

    def __init__(self, app, framed_by: tuple[str, ...] = (), inserted: str = "", before_gradio: str = ""):
        self.app, self.before_gradio = app, before_gradio.encode()
        frames = " ".join(("'self'", *framed_by)) if framed_by else "'none'"
        own = " ".join((POLICY["script-src"], *scripts_of(inserted.encode())))
        self.policy = POLICY | {"script-src": own, "frame-ancestors": frames}

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        start, held = None, bytearray()

        async def sending(message):
            nonlocal start
            if message["type"] == "http.response.start":
                start = message
                if not _is_page(message):
                    await send(self._with_headers(message, b""))
            elif message["type"] == "http.response.body" and start is not None and _is_page(start):
                held.extend(message.get("body", b""))
                if not message.get("more_body"):
                    body = bytes(held)
                    unpack, pack = PACKINGS.get(_header(start, b"content-encoding"), (bytes, bytes))
                    page = unpack(body) if body else body
                    if GRADIO_PAGE in page:
                        page = page.replace(b"<head>", b"<head>" + self.before_gradio, 1)
                        body = pack(page)
                        start = _of_length(start, len(body))
                    await send(self._with_headers(start, page))
                    await send({"type": "http.response.body", "body": body})
            else:
                await send(message)

        await self.app(scope, receive, sending)

    def _with_headers(self, start, page: bytes):
        hashes = "".join(f" {one}" for one in scripts_of(page))
        policy = self.policy | {"script-src": self.policy["script-src"] + hashes}
        said = "; ".join(f"{name} {sources}" for name, sources in policy.items())
        headers = [(key, value) for key, value in start.get("headers", ()) if key.lower() != b"server"]
        return start | {"headers": [*headers, *SAFE, (b"content-security-policy", said.encode())]}


def scripts_of(page: bytes) -> list[str]:
    """The scripts that stand in a page, as Content-Security-Policy names them."""
    found = {hashlib.sha256(text).digest(): None for text in SCRIPT.findall(page) if text.strip()}
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in found]


def _header(start, name: bytes) -> bytes:
    return next((value for key, value in start.get("headers", ()) if key.lower() == name), b"")


def _is_page(start) -> bool:
    return _header(start, b"content-type").startswith(b"text/html")


def _of_length(start, length: int):
    headers = [(key, value) for key, value in start["headers"] if key.lower() != b"content-length"]
    return start | {"headers": [*headers, (b"content-length", str(length).encode())]}
