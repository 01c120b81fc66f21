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


def build_reading(prompt: str) -> gr.HTML:
    """The line under the words that says how they are read. prompt: elem_id of the words' control."""
    html = '<div id="reading" aria-live="polite"></div>'
    return gr.HTML(
        "", label="How it is read", html_template=html, js_on_load=starting("generate/reading.js", prompt=prompt)
    )


def build_estimate() -> gr.HTML:
    """The line beside Generate that says what it will take here."""
    html = '<p id="estimate" class="lit-beside"></p>'
    script = starting("generate/estimating.js", names=list(SETTINGS), texts=list(TEXTS))
    return gr.HTML("", label="What it takes", html_template=html, js_on_load=script)


def build_models() -> gr.HTML:
    """Which model draws, and what is known of it; models are put on the list here."""
    html = (ASSETS / "generate" / "models.html").read_text("utf-8")
    return gr.HTML("", label="Models", html_template=html, js_on_load=starting("generate/models.js"), elem_id="models")


def told(event: str = "lit-settings", quiet: bool = False) -> str:
    """`js` of an event whose inputs are the visitor and all controls: the page's scripts are told what they say.

    event: of the document.  quiet: the page itself has set them, and nothing is to be drawn for that.
    """
    return f"""(visitor, ...values) => {{
      visitor ||= window.litVisitor;
      const detail = {{ visitor, values, quiet: {str(quiet).lower()} }};
      window.litControls = detail;
      // For scripts that are still on their way.
      if (!window.litListens && "{event}" !== "lit-settings") window.litPressed = "{event}";
      document.dispatchEvent(new CustomEvent("{event}", {{ detail }}));
    }}"""
