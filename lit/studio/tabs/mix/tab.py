"""The Mix tab: two to four prompts or stickers as one picture, by shares; and the way between two of them.

Custom components: static/mix/tab.html with its look in tab.css and its behaviour in the modules beside them, which ask
the addresses of addresses.py; and outside the tabs, whose components are made when they are opened, what takes a
sticker from elsewhere on the page.
"""

import gradio as gr

from lit.explore.blends import FRAMES, MIXED, MOST
from lit.studio.shell.component import build_component, out_of_its_tab
from lit.studio.shell.scripts import starting
from lit.studio.studio import Studio
from lit.studio.tabs import TABS
from lit.studio.tabs.generate.controls import defaults
from lit.studio.tabs.mix.addresses import routes
from lit.studio.tabs.mix.loops import FRAME_MS
from lit.styles import in_use, label


def build(studio: Studio):
    """Lay the tab out."""
    studio.routes.extend(routes(studio.worker))
    script = starting(
        "mix/start.js",
        draw=TABS["generate"],
        styles=[["any", "Any"], *([style, label(style)] for style in in_use())],
        defaults=defaults(),
        mixed=list(MIXED),
        most=MOST,
        frames=FRAMES,
        pace=FRAME_MS,
    )
    build_component(studio, "mix", TABS["mix"], script)
    taking = starting("mix/taking.js", tab=TABS["mix"])
    out_of_its_tab(studio, gr.HTML("", label="A sticker to mix", js_on_load=taking, elem_id="mix-taking"))
