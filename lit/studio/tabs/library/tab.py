"""The Library tab: all that has been drawn, by day; and what arrives at the page: a PNG, a link with settings.

Both are custom components: their files are in static/library/, whose modules ask the addresses of routes.py. What
arrives is taken whichever tab is open, so that component stands outside the tabs.
"""

import gradio as gr
from gradio.components import Component

from lit.errors import LiTError
from lit.settings import DEFAULTS, SETTINGS
from lit.studio.shell.scripts import starting
from lit.studio.shell.theme import ASSETS
from lit.studio.studio import Studio
from lit.studio.tabs import TABS
from lit.studio.tabs.generate.controls import PLACES, to_settings, to_values
from lit.studio.tabs.generate.following import told
from lit.studio.tabs.generate.stage import notice_html
from lit.studio.tabs.library.routes import routes
from lit.studio.tabs.library.session import LibrarySession
from lit.studio.words import in_words


def build(studio: Studio):
    """Lay the tab out. The Generate tab has to be there already: its controls are filled."""
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

    places = {block.elem_id: block for block in studio.blocks.blocks.values() if isinstance(block, Component)}
    fields, notice = [places[PLACES[name]] for name in SETTINGS], places["notice"]
    quick = {"show_progress": "hidden", "api_visibility": "private", "queue": False}
    filled = arriving.submit(fill, fields, [*fields, notice], **quick)
    filled.then(None, js=told(), inputs=[visitor, *fields], api_visibility="private")
    studio.routes.extend(routes(session))


def fill(event: gr.EventData, *values) -> list:
    """The controls' new values, from {"values": {setting: value of its control}}, and a sentence; those that are not
    named stay."""
    told_values = getattr(event, "values", None)
    wanted = told_values if isinstance(told_values, dict) else {}
    named = dict(zip(SETTINGS, values)) | {name: value for name, value in wanted.items() if name in SETTINGS}
    try:
        settings = to_settings(tuple(named.values()))
    except LiTError as error:
        return [*[gr.skip() for _ in SETTINGS], notice_html(in_words(error), "error")]
    said = "The controls now say what this picture was drawn with."
    if set(wanted) != set(SETTINGS):
        said = "The words are in place; steps, size and guidance stay as they were."
    return [*to_values(settings), notice_html(said)]
