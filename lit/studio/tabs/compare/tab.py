"""The Compare tab: one seed drawn in several ways, two of them side by side, or a grid of any two settings.

The tab is one custom component: static/compare/tab.html, its look in tab.css, its behaviour in the modules beside
them. They ask the addresses of addresses.py, and every picture is drawn by the studio's own worker.
"""

from lit.settings import DEFAULTS, SETTINGS
from lit.settings.declaration import Choice, Number
from lit.studio.shell.component import build_component
from lit.studio.shell.scripts import starting
from lit.studio.studio import Studio
from lit.studio.tabs import TABS
from lit.studio.tabs.compare.addresses import routes
from lit.studio.tabs.compare.axes import MOST, PUBLIC_MOST, declared
from lit.studio.tabs.generate.controls import FIRST_PROMPT


def build(studio: Studio):
    """Lay the tab out."""
    studio.routes.extend(routes(studio.worker))
    most = PUBLIC_MOST if studio.public else MOST
    script = starting("compare/start.js", varied=declared(), fields=fields(), most=most)
    build_component(studio, "compare", TABS["compare"], script)


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
