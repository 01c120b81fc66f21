"""GET api: the page "For programs", with what to paste for each client. Its words are in the studio's languages.

Where it is read its script says the address as the browser has it: a proxy may have another scheme, or a path in front.
"""

import html

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from lit.serve.callers import Doors
from lit.serve.snippets import snippets
from lit.studio.shell.colours import colours_css
from lit.studio.shell.theme import ASSETS, MONO_FONTS, SYSTEM_FONTS

FONTS = f"--lit-words: {', '.join(SYSTEM_FONTS)}; --lit-code: {', '.join(MONO_FONTS)};"
# No key is asked for, one that the studio knows, or any secret of the caller's own.
OPEN, KEYED, SHARED = "open", "keyed", "shared"


def routes(doors: Doors) -> list[Route]:
    template = (ASSETS / "programs" / "page.html").read_text("utf-8")
    kind = (KEYED if doors.keys or doors.login else SHARED) if doors.closed else OPEN
    template = template.replace("/*COLOURS*/", f"{colours_css()}:root {{{FONTS}}}").replace("KIND", kind)

    async def page(request: Request) -> Response:
        here = str(request.base_url)
        found = template
        for name, text in snippets(here, doors.closed).items():
            shown = html.escape(text, quote=False).replace(
                html.escape(here, quote=False).rstrip("/"), f'<span class="here">{html.escape(here.rstrip("/"))}</span>'
            )
            found = found.replace(f"<!--{name}-->", f'<pre tabindex="0" id="{name}">{shown}</pre>')
        return HTMLResponse(found, headers={"Cache-Control": "no-cache"})

    return [Route("/api", page)]
