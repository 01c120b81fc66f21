"""The export dialog. Any tab opens it by an event of the document: lit-export {pictures: [{id, said}]}.

It is one custom component beside the tabs: its files are in static/export/, whose modules ask the addresses of
addresses.py.
"""

import gradio as gr

from lit.export import GROUPS, LICENCE, LOOPS, TARGETS, Options
from lit.studio.export.addresses import routes
from lit.studio.shell.scripts import starting
from lit.studio.shell.theme import ASSETS
from lit.studio.studio import Studio


def build(studio: Studio):
    """Put the dialog beside the tabs."""
    page = gr.HTML(
        "",  # the visitor's id
        label="Export",
        html_template=(ASSETS / "export" / "dialog.html").read_text("utf-8"),
        css_template=(ASSETS / "export" / "dialog.css").read_text("utf-8"),
        js_on_load=starting(
            "export/start.js",
            groups=groups(),
            loops=list(LOOPS),
            title=Options().title,
            author=Options().author,
            licence=LICENCE,
        ),
        apply_default_css=False,
        elem_id="export",
    )
    visitor = studio.visitor.state
    tell = {"fn": None, "js": "visitor => visitor || window.litVisitor", "inputs": [visitor], "outputs": [page]}
    gr.on([studio.blocks.load, visitor.change], **tell, api_visibility="private")
    studio.routes.extend(routes(studio))


def groups() -> list[dict]:
    """The places by groups: [{"group", "places": [{"name", "label", "limits"}]}]."""
    return [
        {
            "group": group,
            "places": [
                {"name": one.name, "label": one.label, "limits": one.limits}
                for one in TARGETS.values()
                if one.group == group
            ],
        }
        for group in GROUPS
    ]
