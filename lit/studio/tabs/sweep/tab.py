"""The Sweep tab: one to three settings varied, all over a grid or where the picture changes, and found again later.

Custom components: static/sweep/tab.html with its look in tab.css and its behaviour in the modules beside them, which
ask the addresses of addresses.py; and outside the tabs, whose components are made when they are opened, what takes a
sticker from elsewhere on the page.
"""

import gradio as gr

from lit.explore.sweeps.adaptive import BUDGET
from lit.settings import SETTINGS
from lit.settings.declaration import Choice, Number
from lit.studio.shell.component import build_component, out_of_its_tab
from lit.studio.shell.scripts import starting
from lit.studio.studio import Studio
from lit.studio.tabs import TABS
from lit.studio.tabs.generate.controls import controlled
from lit.studio.tabs.sweep.addresses import routes
from lit.studio.tabs.sweep.asked import PART, PART_LABEL, VARIED
from lit.studio.tabs.sweep.examples import EXAMPLES


def build(studio: Studio):
    """Lay the tab out."""
    studio.routes.extend(routes(studio))
    script = starting(
        "sweep/start.js",
        varied=declared(),
        **controlled(),
        examples=EXAMPLES,
        draw=TABS["generate"],
        budget=BUDGET,
    )
    build_component(studio, "sweep", TABS["sweep"], script)
    sent = starting("sweep/sent.js", tab=TABS["sweep"], library=TABS["library"])
    out_of_its_tab(studio, gr.HTML("", label="A sticker to sweep over", js_on_load=sent))


def declared() -> list[dict]:
    """All that may be varied, as the page needs it to offer it. kind: "choice" (`options`: [value, label] each),
    "number" (its limits; `walks`: whether there is something between two), "words", or "part" of the prompt."""
    return [_declared(name) for name in VARIED]


def _declared(name) -> dict:
    if name == PART:
        return {"name": PART, "label": PART_LABEL, "kind": "part"}
    setting = SETTINGS[name]
    shown = {"name": name, "label": "Prompt" if name == "prompt" else setting.label}
    if isinstance(setting, Choice):
        return shown | {"kind": "choice", "options": [[value, text] for text, value in setting.options]}
    if isinstance(setting, Number):
        walks = name not in ("seed", "variation_seed")
        limits = {"low": setting.low, "high": setting.high, "shown": setting.shown}
        return shown | {"kind": "number", "walks": walks} | limits
    return shown | {"kind": "words"}
