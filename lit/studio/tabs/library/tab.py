"""The Library tab: all that has been drawn, by day; and what arrives at the page: a PNG, a link with settings.

Both are custom components: their files are in static/library/, whose modules ask the addresses of routes.py. What
arrives is taken whichever tab is open, so that component stands outside the tabs.
"""

import gradio as gr

from lit.settings import DEFAULTS, SETTINGS
from lit.studio.shell.scripts import starting
from lit.studio.shell.theme import ASSETS
from lit.studio.studio import Studio
from lit.studio.tabs import TABS
from lit.studio.tabs.library.routes import routes
from lit.studio.tabs.library.session import LibrarySession


def build(studio: Studio):
    """Lay the tab out."""
    session = LibrarySession(studio.store, studio.worker, studio.public)
    defaults = {name: setting.to_page(DEFAULTS.get(name)) for name, setting in SETTINGS.items()}
    names = {"draw": TABS["generate"], "scope": TABS["scope"], "defaults": defaults}
    page = gr.HTML(
        "",  # the visitor's id
        label=TABS["library"],
        html_template=(ASSETS / "library" / "tab.html").read_text("utf-8"),
        css_template=(ASSETS / "library" / "tab.css").read_text("utf-8"),
        js_on_load=starting("library/start.js", **names),
        apply_default_css=False,
        elem_id="library",
    )
    arriving = gr.HTML(
        "",
        label="A picture that has arrived",
        html_template=(ASSETS / "library" / "arriving.html").read_text("utf-8"),
        css_template=(ASSETS / "library" / "arriving.css").read_text("utf-8"),
        js_on_load=starting("library/arriving.js", **names),
        apply_default_css=False,
        elem_id="arriving",
    )
    # Out of its tab, whose components are made when that is opened.
    assert arriving.parent is not None
    arriving.parent.children.remove(arriving)
    studio.blocks.add(arriving)
    visitor = studio.visitor.state
    tell = {"fn": None, "js": "visitor => visitor", "inputs": [visitor], "outputs": [page]}
    gr.on([studio.blocks.load, visitor.change], **tell, api_visibility="private")

    studio.routes.extend(routes(session))
