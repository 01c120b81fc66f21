"""What a page of another model than the embedded one begins with: its own scheduler, steps, guidance and size."""

from typing import TYPE_CHECKING

from lit.settings import DEFAULTS

if TYPE_CHECKING:
    from lit.stock.draws import Draws


def own_values(pipeline: "Draws") -> dict:
    """{name of a setting: value of its control} of what this model begins with otherwise than as declared; and
    "schedulers", those that it can be drawn with, where the declared one is not the first. {} for the embedded one."""
    own = {name: value for name, value in pipeline.usual().items() if value != DEFAULTS[name]}
    return own | ({"schedulers": list(pipeline.schedulers)} if "scheduler" in own else {})
