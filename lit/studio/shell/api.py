"""GET api: how a program asks for pictures, from the declarations of the settings."""

import html
import json

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from lit.settings import DEFAULTS, SETTINGS
from lit.studio.shell.colours import colours_css
from lit.studio.shell.theme import MONO_FONTS, SYSTEM_FONTS

EXAMPLE = "a blue dragon"
LOOKS = f"""
body {{ max-width: 60rem; margin: 0 auto; padding: 24px 16px 60px; background: var(--lit-paper); color: var(--lit-ink);
  font: 1rem/1.5 {", ".join(SYSTEM_FONTS)}; }}
a {{ color: var(--lit-sky); }}
code, pre {{ font-family: {", ".join(MONO_FONTS)}; font-size: 0.9em; }}
pre {{ padding: 14px; border: 1.5px solid var(--lit-line); border-radius: 14px; background: var(--lit-card);
  white-space: pre-wrap; overflow-wrap: anywhere; }}
table {{ width: 100%; border-collapse: collapse; }}
:is(td, th) {{ padding: 6px 12px 6px 0; border-top: 1.5px solid var(--lit-line); text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }}
"""
# The address as the browser has it: a proxy may have another scheme, and a path in front.
HERE = "for (const one of document.querySelectorAll('.here')) one.textContent = new URL('./', location).href"


def routes() -> list[Route]:
    async def page(request: Request) -> Response:
        return HTMLResponse(_page(), headers={"Cache-Control": "no-cache"})

    return [Route("/api", page)]


def _page() -> str:
    values = [EXAMPLE if name == "prompt" else SETTINGS[name].to_page(DEFAULTS[name]) for name in SETTINGS]
    rows = "".join(map(_row, SETTINGS))
    return f"""<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>LiT Studio: API</title>
<style>{colours_css(system=True)}{LOOKS}</style>
<main>
<h1>API</h1>
<p>A program draws by one address. What it asks for waits in the queue like any press of Generate, and comes back as PNG
files that carry their settings. <a href="./">To the studio</a></p>
<h2>Python</h2>
<pre>from gradio_client import Client

studio = Client("<span class="here"></span>")
files = studio.predict(prompt="{EXAMPLE}", num_images_per_prompt=2, api_name="/generate")</pre>
<h2>Any other</h2>
<pre>curl <span class="here"></span>gradio_api/run/generate -H "Content-Type: application/json" \\
  -d '{_text({"data": values})}'</pre>
<p>All values, in the order of the table. The answer has a path and a url for each picture.</p>
<h2>Settings</h2>
<table><thead><tr><th scope="col">Name</th><th scope="col">Without it</th><th scope="col">What it is</th></tr></thead>
<tbody>{rows}</tbody></table>
</main>
<script>{HERE}</script>
</html>"""


def _row(name: str) -> str:
    setting = SETTINGS[name]
    default = _text(setting.to_page(DEFAULTS[name])) if name in DEFAULTS else "has to be given"
    described = html.escape(setting.description)
    return f'<tr><th scope="row"><code>{name}</code></th><td><code>{default}</code></td><td>{described}</td></tr>'


def _text(value: object) -> str:
    return html.escape(json.dumps(value), quote=False)
