"""The Library tab: all that has been drawn, by day; and what arrives at the page: a PNG, a link with settings.

Both are custom components: their files are in static/library/, whose modules ask the addresses of routes.py. What
arrives is taken whichever tab is open, so that component stands outside the tabs.
"""

import gradio as gr

from lit.studio.shell.component import build_component, out_of_its_tab
from lit.studio.shell.scripts import starting
from lit.studio.shell.theme import ASSETS
from lit.studio.studio import Studio
from lit.studio.tabs import TABS
from lit.studio.tabs.generate.controls import defaults
from lit.studio.tabs.library.routes import routes
from lit.studio.tabs.library.session import LibrarySession


def build(studio: Studio):
    """Lay the tab out."""
    session = LibrarySession(studio.store, studio.worker, studio.public)
    names = {"draw": TABS["generate"], "scope": TABS["scope"], "defaults": defaults()}
    build_component(studio, "library", TABS["library"], starting("library/start.js", **names))
    arriving = gr.HTML(
        "",
        label="A picture that has arrived",
        html_template=(ASSETS / "library" / "arriving.html").read_text("utf-8"),
        css_template=(ASSETS / "library" / "arriving.css").read_text("utf-8"),
        js_on_load=starting("library/arriving.js", **names),
        apply_default_css=False,
        elem_id="arriving",
    )
    out_of_its_tab(studio, arriving)
    studio.routes.extend(routes(session))
