"""The tabs' scripts: ES modules in static/, served beside the page, and what starts one inside a component."""

import json
import posixpath
import re

import gradio as gr
from gradio.blocks import Block
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from lit.studio.shell.theme import ASSETS
from lit.studio.tabs import TABS

MOUNT = "/static-lit"
# What one types and presses first; all else starts once the first of these, the stage, has started.
FIRST: tuple[str, ...] = (
    "generate/start.js",
    "generate/reading.js",
    "generate/estimating.js",
    "live/start.js",
    "languages.js",
)


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


def first_modules() -> set[str]:
    """Places in static/ of the modules that a page which opens needs first, with what they import."""
    first = set(FIRST)
    waiting = list(first)
    while waiting:
        module = waiting.pop()
        imported = {posixpath.normpath(posixpath.join(posixpath.dirname(module), name)) for name in _imports(module)}
        waiting += imported - first
        first |= imported
    return first


def _modules() -> list[str]:
    return sorted(file.relative_to(ASSETS).as_posix() for file in ASSETS.rglob("*.js"))


def _imports(module: str) -> list[str]:
    return re.findall(
        r"""^(?:import|export)\b[^;"]*?"(\.[^"]+)";""", (ASSETS / module).read_text("utf-8"), re.MULTILINE
    )


def preloading() -> str:
    """Lines for the page's head that fetch all modules while somebody reads: a tab opens at once, and not after one
    round of questions a depth of imports. All but the first come once the stage has started: Gradio's own parts would
    wait behind them."""
    first = first_modules()
    links = [f'<link rel="modulepreload" href="{MOUNT[1:]}/{module}">' for module in sorted(first)]
    later = [module for module in _modules() if module not in first]
    later.sort(key=lambda module: module.split("/")[0] in TABS)  # what is heard on every tab before what is on one
    later = json.dumps([f"{MOUNT[1:]}/{module}" for module in later])
    return "\n".join([*links, f"<script>{LATER % later}</script>"])


LATER = """{
  const fetchThem = () => {
    for (const href of %s) {
      document.head.append(Object.assign(document.createElement("link"), { rel: "modulepreload", href }));
    }
  };
  window.litStanding = new Promise((stands) => {
    document.addEventListener("lit-started", ({ target }) => target.closest("#stage") && stands());
  });
  litStanding.then(() => (window.requestIdleCallback ? requestIdleCallback(fetchThem) : setTimeout(fetchThem, 1000)));
}"""


def before_gradio() -> str:
    """Lines for the page's head that run before Gradio's own scripts."""
    return f'<script type="module">\n{(ASSETS / "shell" / "frames.mjs").read_text("utf-8")}</script>'


def starting(module: str, **settings) -> str:
    """`js_on_load` of a gr.HTML: its behaviour is what `start` of a module does with the component.

    module: its place in static/.  settings: plain data for `start`, beside Gradio's element, props, server, watch and
    trigger.
    The texts of the component's template are in the page's language by then. Until it has ended nobody can press what
    does not listen yet; then the element says `lit-started`. The module's address is found from the page's own, which
    is under a sub-path behind some proxies.
    """
    fetched = f"from({json.dumps(module)})"
    if module not in FIRST:
        fetched = f"litStanding.then(() => {fetched})"
    return f"""
element.inert = true;
element.addEventListener("submit", (event) => {{
  if (event.target.method !== "dialog") event.preventDefault(); // a form never leaves the page
}});
const from = (name) => import(new URL({json.dumps(f"{MOUNT[1:]}/")} + name, document.baseURI));
Promise.all([{fetched}, from("languages.js").then(({{ translated }}) => translated(element))])
  .then(([{{ start }}]) => start({{ element, props, server, watch, trigger, ...{json.dumps(settings)} }}))
  .catch((error) => {{
    console.error(error);
    element.prepend("This part of the page could not be started. Reload it.");
  }})
  .finally(() => {{
    element.inert = false;
    element.dispatchEvent(new Event("lit-started", {{ bubbles: true }}));
  }});
"""


def saying(html: str) -> dict:
    """Arguments of a gr.HTML that only says something, in the page's language."""
    return {"html_template": html, "js_on_load": starting("languages.js")}


def translate_controls(blocks: gr.Blocks):
    """Once all tabs are built: the texts of Gradio's own controls in the page's language.

    By updates in the browser, and not by gr.I18n (6.31): that follows the browser only, so there could be no choice on
    the page, and its marks reach what programs are told of the endpoint.
    """
    shown = {block: texts for block in blocks.blocks.values() if (texts := texts_of(block))}
    js = f"""async () => {{
      const {{ controls }} = await import(new URL("{MOUNT[1:]}/languages.js", document.baseURI));
      return controls({json.dumps(list(shown.values()))});
    }}"""
    blocks.load(None, js=js, outputs=list(shown), api_visibility="private")


def texts_of(block: Block) -> dict:
    """What people read of a control of Gradio's: {property: text}, and of choices [label, value] each."""
    if isinstance(block, gr.HTML) or getattr(block, "visible", True) is False:
        return {}
    names = ("label", "info", "placeholder", *(("value",) if isinstance(block, gr.Button) else ()))
    texts: dict = {name: text for name in names if isinstance(text := getattr(block, name, None), str) and text}
    if choices := getattr(block, "choices", None):
        texts["choices"] = [list(choice) for choice in choices]
    return texts
