"""The LinearScope tab: a picture taken apart into the noise, the words and the biases that made it.

The tab is one custom component: static/scope/tab.html, its look in tab.css, its behaviour in the modules beside
them. They ask a ScopeSession by the names in REQUESTS, and nothing is computed before somebody does.
"""

from lit.studio.shell.colours import colours_css
from lit.studio.shell.component import build_component
from lit.studio.shell.scripts import starting
from lit.studio.shell.theme import ASSETS
from lit.studio.studio import Studio
from lit.studio.tabs import TABS
from lit.studio.tabs.scope.requests import REQUESTS
from lit.studio.tabs.scope.session import ScopeSession


def build(studio: Studio):
    """Lay the tab out."""
    session = ScopeSession(studio.store, studio.worker, studio.public)
    css, saved_css = ((ASSETS / "scope" / name).read_text("utf-8") for name in ("tab.css", "saved.css"))
    script = starting("scope/start.js", savedCss=colours_css(system=True) + css + saved_css)
    answers = [session.answering(name) for name in REQUESTS]
    build_component(studio, "scope", TABS["scope"], script, server_functions=answers)
