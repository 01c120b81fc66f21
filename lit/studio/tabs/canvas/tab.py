"""The Draw over tab: a picture from anywhere, drawn anew in whole, where somebody paints, or in room beside it.

One custom component: its files are in static/canvas/, whose modules ask the addresses of routes.py. What it has drawn
are jobs like any other. Pictures are sent to it from other tabs before it has been opened, so a second, empty
component stands outside the tabs and listens.
"""

import gradio as gr

from lit.sampling import registry
from lit.settings import SETTINGS
from lit.settings.source import STRENGTH
from lit.studio.shell.scripts import starting
from lit.studio.shell.theme import ASSETS
from lit.studio.studio import Studio
from lit.studio.tabs import TABS
from lit.studio.tabs.canvas.routes import routes
from lit.studio.tabs.canvas.session import MODES
from lit.studio.tabs.compare.tab import field_of

LEFT_OUT = ("width", "height", "image_sha256", "mask_sha256")  # the picture says them


def build(studio: Studio):
    """Lay the tab out."""
    studio.routes.extend(routes(studio))
    html, css = ((ASSETS / "canvas" / name).read_text("utf-8") for name in ("tab.html", "tab.css"))
    page = gr.HTML(
        "",  # the visitor's id
        label=TABS["canvas"],
        html_template=html,
        css_template=css,
        js_on_load=starting("canvas/start.js", fields=fields(), strengths=strengths()),
        apply_default_css=False,
        elem_id="canvas",
    )
    arriving = gr.HTML("", label="Sent to Draw over", js_on_load=starting("canvas/sent.js", tab=TABS["canvas"]))
    # Out of its tab, whose components are made when that is opened.
    assert arriving.parent is not None
    arriving.parent.children.remove(arriving)
    studio.blocks.add(arriving)
    visitor = studio.visitor.state
    tell = {"fn": None, "js": "visitor => visitor || window.litVisitor", "inputs": [visitor], "outputs": [page]}
    gr.on([studio.blocks.load, visitor.change], **tell, api_visibility="private")


def strengths() -> dict[str, float]:
    """Of each mode, where nothing is said of it: all is drawn anew where one has said of which part."""
    return {mode: STRENGTH if mode == "whole" else 1.0 for mode in MODES}


def fields() -> list[dict]:
    """The form's fields, one a setting that a drawing over a picture has. Of the schedulers those that can begin
    anywhere."""
    found = [field_of(name) for name in SETTINGS if name not in LEFT_OUT]
    for field in found:
        if field["name"] == "scheduler":
            field["options"] = [option for option in field["options"] if option[0] in registry.STARTING]
    return found
