"""The Draw over tab: a picture from anywhere, drawn anew in whole, where somebody paints, or in room beside it.

One custom component: its files are in static/canvas/, whose modules ask the addresses of routes.py. What it has drawn
are jobs like any other. Pictures are sent to it from other tabs before it has been opened, so a second, empty
component stands outside the tabs and listens.
"""

import gradio as gr

from lit.sampling import registry
from lit.settings import SETTINGS
from lit.settings.source import STRENGTH
from lit.studio.shell.component import build_component, out_of_its_tab
from lit.studio.shell.scripts import starting
from lit.studio.studio import Studio
from lit.studio.tabs import TABS
from lit.studio.tabs.canvas.routes import routes
from lit.studio.tabs.canvas.session import MODES
from lit.studio.tabs.compare.tab import field_of

LEFT_OUT = ("width", "height", "output_scale", "image_sha256", "mask_sha256")  # the picture says them


def build(studio: Studio):
    """Lay the tab out."""
    studio.routes.extend(routes(studio))
    script = starting("canvas/start.js", fields=fields(), strengths=strengths())
    build_component(studio, "canvas", TABS["canvas"], script)
    sent = starting("canvas/sent.js", tab=TABS["canvas"])
    out_of_its_tab(studio, gr.HTML("", label="Sent to Draw over", js_on_load=sent))


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
