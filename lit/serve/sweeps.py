"""Sweeps: one drawing for each combination of values of a few settings, as jobs of the page's own queue."""

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request

from lit.errors import InputError
from lit.serve import answers
from lit.serve.bodies import check_known
from lit.serve.callers import Caller
from lit.settings import SETTINGS, GenerationSettings, schema

if TYPE_CHECKING:
    from lit.serve.programs import Programs

AXES = 3
MOST = 64  # pictures of a sweep: the queue holds a hundred jobs of everybody
FIXED = ("num_images_per_prompt", "image_sha256", "mask_sha256")
VARIED = tuple(name for name in SETTINGS if name not in FIXED)
# JSON Schema of what a sweep is asked with.
SWEEP = {
    "type": "object",
    "properties": {
        "settings": schema() | {"description": "all that does not change"},
        "axes": {
            "type": "object",
            "description": "the values of each setting that changes, such as {'guidance_scale': [1, 4, 7]}; at most"
            f" {MOST} pictures in all",
            "propertyNames": {"enum": list(VARIED)},
            "minProperties": 1,
            "maxProperties": AXES,
            "additionalProperties": {"type": "array", "minItems": 1},
        },
    },
    "required": ["settings", "axes"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Cell:
    """values: of the axes, by their settings' names."""

    values: dict[str, Any]
    settings: GenerationSettings


def planned(programs: "Programs", fields: dict) -> list[Cell]:
    """The cells in the order of their axes, the last one changing first.

    Raises InputError for axes that are none, and for the first value that does not fit.
    """
    check_known(fields, ("settings", "axes"))
    settings, axes = fields.get("settings"), fields.get("axes")
    if not isinstance(settings, dict):
        raise InputError("settings", settings, "an object with at least a prompt")
    if not isinstance(axes, dict) or not 1 <= len(axes) <= AXES:
        raise InputError("axes", axes, f"an object with one to {AXES} settings and the values of each")
    for name, values in axes.items():
        if name not in VARIED:
            raise InputError("axes", name, f"one of {', '.join(VARIED)}")
        if not isinstance(values, list) or not values:
            raise InputError(f"axes.{name}", values, "a list of values")
    count = math.prod(map(len, axes.values()))
    if count > MOST:
        raise InputError("axes", f"{count} pictures", f"at most {MOST} in all")
    cells = [dict(zip(axes, values)) for values in itertools.product(*axes.values())]
    programs.settings_in(cells[0] | settings)  # what an axis replaces has to fit as well
    return [Cell(values, programs.settings_in({"num_images_per_prompt": 1} | settings | values)) for values in cells]


def swept(programs: "Programs", caller: Caller, cells: list[Cell], request: Request) -> list[answers.Cell]:
    """Queue all of them, or none."""
    jobs = programs.submit_all(caller, [cell.settings for cell in cells])
    return [answers.Cell(values=one.values, job=programs.seen(job, request)) for one, job in zip(cells, jobs)]
