"""The tabs' scripts: ES modules in static/, served beside the page, and what starts one inside a component."""

import json

from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from lit.studio.shell.theme import ASSETS

MOUNT = "/static-lit"


class Scripts(StaticFiles):
    """The folder static/ as the page reads it.

    Browsers ask each time whether a file is still the same, so that an update of the studio is seen; scripts are
    scripts whatever the system's registry calls .js, for as anything else a module is refused.
    """

    def __init__(self):
        super().__init__(directory=ASSETS)

    def file_response(self, full_path, *arguments, **more) -> Response:
        response = super().file_response(full_path, *arguments, **more)
        response.headers["Cache-Control"] = "no-cache"
        if str(full_path).endswith(".js") and response.status_code == 200:
            response.headers["Content-Type"] = "text/javascript; charset=utf-8"
        return response


def preloading() -> str:
    """Lines for the page's head that fetch all modules while somebody reads: a tab opens at once, and not after one
    round of questions a depth of imports."""
    modules = sorted(file.relative_to(ASSETS).as_posix() for file in ASSETS.rglob("*.js"))
    return "\n".join(f'<link rel="modulepreload" href="{MOUNT[1:]}/{module}">' for module in modules)


def starting(module: str, **settings) -> str:
    """`js_on_load` of a gr.HTML: its behaviour is what `start` of a module does with the component.

    module: its place in static/.  settings: plain data for `start`, beside Gradio's element, props, server, watch and
    trigger.
    The module's address is found from the page's own, which is under a sub-path behind some proxies.
    """
    return f"""
element.addEventListener("submit", (event) => {{
  if (event.target.method !== "dialog") event.preventDefault(); // a form never leaves the page
}});
import(new URL({json.dumps(f"{MOUNT[1:]}/{module}")}, document.baseURI))
  .then(({{ start }}) => start({{ element, props, server, watch, trigger, ...{json.dumps(settings)} }}))
  .catch((error) => {{
    console.error(error);
    element.prepend("This part of the page could not be started. Reload it.");
  }});
"""
