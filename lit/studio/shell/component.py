"""Part of the page as one custom component of our own: its markup and look are files in static/, its behaviour modules
beside them."""

import gradio as gr

from lit.studio.shell.theme import ASSETS
from lit.studio.studio import Studio


def build_component(
    studio: Studio, folder: str, label: str, script: str, file: str = "tab", server_functions: list | None = None
):
    """static/FOLDER/FILE.html, looking as the FILE.css beside it says. Its value is the visitor's id.

    script: its behaviour, as `starting` gives it.
    """
    html, css = ((ASSETS / folder / f"{file}.{kind}").read_text("utf-8") for kind in ("html", "css"))
    component = gr.HTML(
        "",
        label=label,
        html_template=html,
        css_template=css,
        js_on_load=script,
        apply_default_css=False,
        server_functions=server_functions,
        elem_id=folder,
        elem_classes="lit-own",
    )
    visitor = studio.visitor.state
    tell = {"fn": None, "js": "visitor => visitor || window.litVisitor", "inputs": [visitor], "outputs": [component]}
    gr.on([studio.blocks.load, visitor.change], **tell, api_visibility="private")


def out_of_its_tab(studio: Studio, component: gr.HTML):
    """Put a component beside the tabs, whose own are made when they are opened first: so it takes what is sent to a tab
    before."""
    assert component.parent is not None
    component.parent.children.remove(component)
    studio.blocks.add(component)
