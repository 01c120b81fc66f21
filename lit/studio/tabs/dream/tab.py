"""The Dream tab: a generator run in a loop, its frames beside the graph of what follows what, found again later.

Custom components: static/dream/tab.html with its look in tab.css and its behaviour in the modules beside them, which
ask the addresses of addresses.py; and outside the tabs, whose components are made when they are opened, what takes a
sticker from elsewhere on the page.
"""

import gradio as gr

from lit.studio.shell.component import build_component, out_of_its_tab
from lit.studio.shell.scripts import starting
from lit.studio.studio import Studio
from lit.studio.tabs import TABS
from lit.studio.tabs.dream.addresses import routes
from lit.studio.tabs.generate.controls import controlled


def build(studio: Studio):
    """Lay the tab out."""
    studio.routes.extend(routes(studio))
    build_component(studio, "dream", TABS["dream"], starting("dream/start.js", **controlled()))
    sent = gr.HTML("", label="A sticker to dream on", js_on_load=starting("dream/sent.js", tab=TABS["dream"]))
    out_of_its_tab(studio, sent)
