"""The Compare tab: one seed drawn in several ways, two of them side by side, or a grid of any two settings.

The tab is one custom component: static/compare/tab.html, its look in tab.css, its behaviour in the modules beside
them. They ask the addresses of addresses.py, and every picture is drawn by the studio's own worker.
"""

import gradio as gr

from lit.settings import DEFAULTS, SETTINGS
from lit.settings.declaration import Choice, Number
from lit.studio.shell.scripts import starting
from lit.studio.shell.theme import ASSETS
from lit.studio.studio import Studio
from lit.studio.tabs.compare.addresses import routes
from lit.studio.tabs.compare.axes import MOST, PUBLIC_MOST, declared
from lit.studio.tabs.generate.controls import FIRST_PROMPT


def build(studio: Studio):
    """Lay the tab out."""
    studio.routes.extend(routes(studio.worker))
    html, css = ((ASSETS / "compare" / name).read_text("utf-8") for name in ("tab.html", "tab.css"))
    page = gr.HTML(
        "",  # the visitor's id
        label="Compare",
        html_template=html,
        css_template=css,
        js_on_load=starting(
            "compare/start.js",
            varied=declared(),
            fields=fields(),
            most=PUBLIC_MOST if studio.public else MOST,
        ),
        apply_default_css=False,
        elem_id="compare",
    )
    visitor = studio.visitor.state
    tell = {"fn": None, "js": "visitor => visitor || window.litVisitor", "inputs": [visitor], "outputs": [page]}
    gr.on([studio.blocks.load, visitor.change], **tell, api_visibility="private")


def fields() -> list[dict]:
    """The form's fields, of what every picture has in common: one a setting that a picture of a comparison has."""
    return [field_of(name) for name in SETTINGS if name != "num_images_per_prompt"]


def field_of(name: str) -> dict:
    """A setting's field as the page makes it (static/compare/form.js)."""
    setting = SETTINGS[name]
    value = FIRST_PROMPT if name == "prompt" else setting.to_page(DEFAULTS.get(name))
    field = {"name": name, "label": setting.label, "value": value}
    if isinstance(setting, Choice):
        return field | {"kind": "choice", "options": [[value, text] for text, value in setting.options]}
    if isinstance(setting, Number):
        return field | {"kind": "number", "low": setting.low, "high": setting.high, "step": setting.step}
    return field | {"kind": "words"}
