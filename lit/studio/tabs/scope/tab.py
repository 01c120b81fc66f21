"""The LinearScope tab: a picture taken apart into the noise, the words and the biases that made it.

The tab is one custom component: static/scope/tab.html, its look in tab.css, its behaviour in the modules beside
them. They ask a ScopeSession by the names in REQUESTS, and nothing is computed before somebody does.
"""

import gradio as gr

from lit.studio.shell.colours import colours_css
from lit.studio.shell.scripts import starting
from lit.studio.shell.theme import ASSETS
from lit.studio.studio import Studio
from lit.studio.tabs.scope.requests import REQUESTS
from lit.studio.tabs.scope.session import ScopeSession


def build(studio: Studio):
    """Lay the tab out."""
    session = ScopeSession(studio.store, studio.worker, studio.public)
    files = ("tab.html", "tab.css", "saved.css")
    html, css, saved_css = ((ASSETS / "scope" / name).read_text("utf-8") for name in files)
    page = gr.HTML(
        "",  # the visitor's id, for the recent pictures
        label="LinearScope",
        html_template=html,
        css_template=css,
        js_on_load=starting("scope/start.js", savedCss=colours_css(system=True) + css + saved_css),
        apply_default_css=False,
        server_functions=[session.answering(name) for name in REQUESTS],
        elem_id="scope",
    )
    visitor = studio.visitor.state
    tell = {"fn": None, "js": "visitor => visitor", "inputs": [visitor], "outputs": [page]}
    gr.on([studio.blocks.load, visitor.change], **tell, api_visibility="private")
