"""The Dream tab: a generator run in a loop, its frames beside the graph of what follows what, found again later.

Custom components: static/dream/tab.html with its look in tab.css and its behaviour in the modules beside them, which
ask the addresses of addresses.py; and outside the tabs, whose components are made when they are opened, what takes a
sticker from elsewhere on the page.
"""

import gradio as gr

from lit.settings import DEFAULTS, SETTINGS
from lit.studio.shell.scripts import starting
from lit.studio.shell.theme import ASSETS
from lit.studio.studio import Studio
from lit.studio.tabs import TABS
from lit.studio.tabs.dream.addresses import routes
from lit.studio.tabs.generate.controls import PLACES
from lit.studio.tabs.generate.following import TEXTS


def build(studio: Studio):
    """Lay the tab out."""
    studio.routes.extend(routes(studio))
    html, css = ((ASSETS / "dream" / name).read_text("utf-8") for name in ("tab.html", "tab.css"))
    page = gr.HTML(
        "",  # the visitor's id
        label=TABS["dream"],
        html_template=html,
        css_template=css,
        js_on_load=starting(
            "dream/start.js",
            names=list(SETTINGS),
            texts={name: PLACES[name] for name in TEXTS},
            defaults={name: setting.to_page(DEFAULTS.get(name)) for name, setting in SETTINGS.items()},
        ),
        apply_default_css=False,
        elem_id="dream",
    )
    sent = gr.HTML("", label="A sticker to dream on", js_on_load=starting("dream/sent.js", tab=TABS["dream"]))
    # Out of its tab, whose components are made when that is opened.
    assert sent.parent is not None
    sent.parent.children.remove(sent)
    studio.blocks.add(sent)
    visitor = studio.visitor.state
    tell = {"fn": None, "js": "visitor => visitor || window.litVisitor", "inputs": [visitor], "outputs": [page]}
    gr.on([studio.blocks.load, visitor.change], **tell, api_visibility="private")
