"""The LinearScope tab: a picture taken apart into the noise, the words and the biases that made it.

The tab is one custom component: assets/scope.html, its look in scope.css, its behaviour in the scope*.js files.
They ask a ScopeSession by the functions named here, and nothing is computed before somebody does.
"""

import json
import logging
from collections.abc import Callable

import gradio as gr

from lit.errors import LiTError
from lit.studio.fields import in_words
from lit.studio.shell.colours import colours_css
from lit.studio.shell.theme import ASSETS
from lit.studio.studio import Studio
from lit.studio.tabs.scope.session import ScopeSession

log = logging.getLogger(__name__)

SCRIPTS = ("scope_draw.js", "scope_point.js", "scope_panel.js", "scope_save.js", "scope.js")

# The saved page has no Gradio around it, follows the system's light or dark, and needs a ground of its own.
SAVED_PAGE = """
body { margin: 0; background: var(--lit-paper); font: 16px/1.45 system-ui, "Segoe UI", Roboto, sans-serif; }
main { max-width: 1240px; margin: 0 auto; padding: 20px; }
h1 { margin: 0; font-size: 1.5rem; }
.sc-words div { display: flex; flex-direction: column; align-items: center; text-align: center; gap: 4px; }
.sc-numbers { max-height: none !important; }
.sc-modes { flex-wrap: wrap; }
"""


def build(studio: Studio):
    """Lay the tab out."""
    session = ScopeSession(studio.store, studio.worker, studio.public)
    css = (ASSETS / "scope.css").read_text("utf-8")
    saved = f"const SAVED_CSS = {json.dumps(colours_css(system=True) + css + SAVED_PAGE)};"
    scripts = [(ASSETS / name).read_text("utf-8") for name in SCRIPTS]
    page = gr.HTML(
        "",  # the visitor's id, for the recent pictures
        label="LinearScope",
        html_template=(ASSETS / "scope.html").read_text("utf-8"),
        css_template=css,
        js_on_load="\n".join([saved, *scripts]),
        apply_default_css=False,
        server_functions=[_answering(getattr(session, name)) for name in session.ANSWERS],
        elem_id="scope",
    )
    blocks = gr.context.Context.root_block
    visitor = studio.visitor.state
    tell = {"fn": None, "js": "visitor => visitor", "inputs": [visitor], "outputs": [page]}
    gr.on([blocks.load, visitor.change], **tell, api_visibility="private")


def _answering(method: Callable[[dict], dict]) -> Callable[[dict], dict]:
    """A function that the page may call: what goes wrong comes back as a sentence under `error`."""

    def answer(request: dict) -> dict:
        try:
            if not isinstance(request, dict):
                raise LiTError("The page asked for something else than this studio answers. Reload it.")
            return method(request)
        except LiTError as error:
            return {"error": in_words(error)}
        except Exception as error:
            log.exception("LinearScope: %s failed", method.__name__)
            return {"error": f"That failed: {type(error).__name__}: {error}"}

    answer.__name__ = method.__name__
    return answer
