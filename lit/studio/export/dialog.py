"""The export dialog. Any tab opens it by an event of the document: lit-export {pictures: [{id, said}]}.

It is one custom component beside the tabs: its files are in static/export/, whose modules ask the addresses of
addresses.py.
"""

from lit.export import GROUPS, LICENCE, LOOPS, TARGETS, Options
from lit.studio.export.addresses import routes
from lit.studio.shell.component import build_component
from lit.studio.shell.scripts import starting
from lit.studio.studio import Studio


def build(studio: Studio):
    """Put the dialog beside the tabs."""
    script = starting(
        "export/start.js",
        groups=groups(),
        loops=list(LOOPS),
        title=Options().title,
        author=Options().author,
        licence=LICENCE,
    )
    build_component(studio, "export", "Export", script, file="dialog")
    studio.routes.extend(routes(studio))


def groups() -> list[dict]:
    """The places by groups: [{"group", "places": [{"name", "label", "limits"}]}]."""
    return [
        {
            "group": group,
            "places": [
                {"name": one.name, "label": one.label, "limits": one.limits}
                for one in TARGETS.values()
                if one.group == group
            ],
        }
        for group in GROUPS
    ]
