"""The page as an application of its own: its manifest, its icons, and what is shown while the studio is away.

GET manifest.json  names, colours and icons; where they are is told from the manifest's own place, below a path too
GET worker.js      the service worker (static/shell/worker.mjs), which keeps one page and nothing else
GET away.html      that page

Gradio's own manifest (`pwa=True`, 6.31) stands at the top of the site wherever the page is, has one icon in two sizes
and no service worker.
"""

import hashlib
import json
import re

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from lit.studio.languages import CODES, ENGLISH, catalogue
from lit.studio.shell.colours import PAPER, colours_css
from lit.studio.shell.scripts import MOUNT
from lit.studio.shell.theme import ASSETS

ICONS = (("icon-192.png", 192, "any"), ("icon-512.png", 512, "any"), ("icon-maskable-512.png", 512, "maskable"))
TEXTS = re.compile(r"<(?:h1|p|button)[^>]*>([^<]+)<")  # of the page that is shown while the studio is away
FRESH = {"Cache-Control": "no-cache"}  # asked about each time: an update of the studio is seen

MANIFEST = {
    "name": "LiT Studio",
    "short_name": "LiT Studio",
    "description": "Stickers from words, drawn by a small model.",
    "start_url": "./",
    "scope": "./",
    "display": "standalone",
    "background_color": PAPER[0],
    "theme_color": PAPER[0],
    "icons": [
        {"src": f"{MOUNT[1:]}/icons/{name}", "sizes": f"{side}x{side}", "type": "image/png", "purpose": purpose}
        for name, side, purpose in ICONS
    ],
}
HEAD = f"""<link rel="apple-touch-icon" href="{MOUNT[1:]}/icons/apple-touch-icon.png">
<meta name="theme-color" content="{PAPER[0]}" media="(prefers-color-scheme: light)">
<meta name="theme-color" content="{PAPER[1]}" media="(prefers-color-scheme: dark)">"""


def logo() -> str:
    """The page's logo as SVG."""
    return (ASSETS / "logo.svg").read_text("utf-8")


def routes() -> list[Route]:
    """The addresses. The worker's text names the page that it keeps by its hash, so that another page is another
    worker, which browsers take at once."""
    away = (ASSETS / "shell" / "away.html").read_text("utf-8")
    said = {
        code: {text: catalogue(code).get(text, text) for text in TEXTS.findall(away)}
        for code in CODES
        if code != ENGLISH
    }
    away = away.replace("{/*TEXTS*/}", json.dumps(said, ensure_ascii=False))
    away = away.replace("/*COLOURS*/", colours_css(system=True)).replace("<!--LOGO-->", logo())
    digest = hashlib.sha256(away.encode()).hexdigest()[:16]
    worker = (ASSETS / "shell" / "worker.mjs").read_text("utf-8").replace("VERSION_OF_AWAY", digest)

    async def manifest(request: Request) -> Response:
        return JSONResponse(MANIFEST, media_type="application/manifest+json", headers=FRESH)

    async def page(request: Request) -> Response:
        return Response(away, media_type="text/html; charset=utf-8", headers=FRESH)

    async def script(request: Request) -> Response:
        return Response(worker, media_type="text/javascript; charset=utf-8", headers=FRESH)

    return [Route("/manifest.json", manifest), Route("/away.html", page), Route("/worker.js", script)]
