"""The Mix tab: two to four prompts or stickers as one picture, by shares; and the way between two of them.

Custom components: static/mix/tab.html with its look in tab.css and its behaviour in the modules beside them, which ask
the addresses of addresses.py; and outside the tabs, whose components are made when they are opened, what takes a
sticker from elsewhere on the page.
"""

import gradio as gr

from lit.explore.blends import FRAMES, MIXED, MOST
from lit.settings import DEFAULTS, SETTINGS
from lit.studio.shell.scripts import starting
from lit.studio.shell.theme import ASSETS
from lit.studio.studio import Studio
from lit.studio.tabs import TABS
from lit.studio.tabs.mix.addresses import routes
from lit.studio.tabs.mix.loops import FRAME_MS
from lit.styles import in_use, label


def build(studio: Studio):
    """Lay the tab out."""
    studio.routes.extend(routes(studio.worker))
    html, css = ((ASSETS / "mix" / name).read_text("utf-8") for name in ("tab.html", "tab.css"))
    page = gr.HTML(
        "",  # the visitor's id
        label=TABS["mix"],
        html_template=html,
        css_template=css,
        js_on_load=starting(
            "mix/start.js",
            draw=TABS["generate"],
            styles=[["any", "Any"], *([style, label(style)] for style in in_use())],
            defaults={name: setting.to_page(DEFAULTS.get(name)) for name, setting in SETTINGS.items()},
            mixed=list(MIXED),
            most=MOST,
            frames=FRAMES,
            pace=FRAME_MS,
        ),
        apply_default_css=False,
        elem_id="mix",
    )
    script = starting("mix/taking.js", tab=TABS["mix"])
    taking = gr.HTML("", label="A sticker to mix", js_on_load=script, elem_id="mix-taking")
    assert taking.parent is not None
    taking.parent.children.remove(taking)
    studio.blocks.add(taking)
    visitor = studio.visitor.state
    tell = {"fn": None, "js": "visitor => visitor || window.litVisitor", "inputs": [visitor], "outputs": [page]}
    gr.on([studio.blocks.load, visitor.change], **tell, api_visibility="private")
