"""Pictures that follow the words, on the page: the switch, the picture, and what the controls tell of themselves.

What happens is in static/live/; it asks the addresses of live.py. Gradio's controls have their values even where
nothing of them is on the page (a closed "More"), so they are told to it by events that stay in the browser. Words it
reads where they are typed: Gradio's own event for that is sent by keys that write something, and by no others (6.31:
neither by Backspace nor by pasting).
"""

import gradio as gr

from lit.settings import SETTINGS
from lit.studio.shell.scripts import starting
from lit.studio.shell.theme import ASSETS
from lit.studio.tabs import TABS

TEXTS = tuple(name for name, setting in SETTINGS.items() if setting.control == "text")


def build_switch(places: dict[str, str]) -> gr.HTML:
    """The switch with what is said of it, and a small picture where the large one is out of sight.

    places: elem_id of each setting's control.
    """
    return gr.HTML(
        "",
        label="Draw while I type",
        html_template=(ASSETS / "live" / "switch.html").read_text("utf-8"),
        js_on_load=starting(
            "live/start.js", names=list(SETTINGS), texts=list(TEXTS), places=places, scope=TABS["scope"]
        ),
        elem_id="live-switch",
    )


def build_picture() -> tuple[gr.HTML, gr.Button, gr.Button]:
    """The live picture, and its buttons: to keep it, to look inside."""
    picture = gr.HTML((ASSETS / "live" / "picture.html").read_text("utf-8"), label="Live picture", elem_id="live")
    with gr.Row(elem_id="live-actions"):
        keep = gr.Button("Keep", size="md", elem_id="keep")
        inside = gr.Button("Look inside", size="md", elem_id="look-inside")
    return picture, keep, inside


def told(quiet: bool = False) -> str:
    """`js` of an event whose inputs are the visitor and all controls: the values are news.

    quiet: they have been set by the page itself, and nothing is to be drawn for that.
    """
    return f"""(visitor, ...values) => {{
      visitor ||= window.litVisitor;
      const detail = {{ visitor, values, quiet: {str(quiet).lower()} }};
      document.dispatchEvent(new CustomEvent("lit-settings", {{ detail }}));
    }}"""


# Something else is shown from now on.
END = """() => { document.dispatchEvent(new Event("lit-live-end")); }"""
LOOK_INSIDE = """() => { document.dispatchEvent(new Event("lit-live-look")); }"""

# As `visitor.named`, with the id of the live picture.
KEPT = """(visitor) => [visitor || window.litVisitor, document.querySelector(".lit-live")?.dataset.picture ?? ""]"""
