"""Sweeps: one drawing for each combination of values of a few settings, as jobs of the page's own queue."""

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lit.errors import InputError
from lit.settings import SETTINGS, GenerationSettings

if TYPE_CHECKING:
    from lit.serve.programs import Programs

AXES = 3
MOST = 64  # pictures of a sweep: the queue holds a hundred jobs of everybody
FIXED = ("num_images_per_prompt", "image_sha256", "mask_sha256")


@dataclass(frozen=True)
class Cell:
    """values: of the axes, by their settings' names."""

    values: dict[str, Any]
    settings: GenerationSettings


def planned(programs: "Programs", settings: object, axes: object) -> list[Cell]:
    """The cells in the order of their axes, the last one changing first. settings: {name: value} of all else.

    Raises InputError for axes that are none, and for the first value that does not fit.
    """
    if not isinstance(settings, dict):
        raise InputError("settings", settings, "an object with at least a prompt")
    if not isinstance(axes, dict) or not 1 <= len(axes) <= AXES:
        raise InputError("axes", axes, f"an object with one to {AXES} settings and the values of each")
    for name, values in axes.items():
        if name not in SETTINGS or name in FIXED:
            raise InputError("axes", name, f"one of {', '.join(one for one in SETTINGS if one not in FIXED)}")
        if not isinstance(values, list) or not values:
            raise InputError(f"axes.{name}", values, "a list of values")
    count = 1
    for values in axes.values():
        count *= len(values)
    if count > MOST:
        raise InputError("axes", f"{count} pictures", f"at most {MOST} in all")
    cells = [dict(zip(axes, values)) for values in itertools.product(*axes.values())]
    return [Cell(values, programs.settings_in({"num_images_per_prompt": 1} | settings | values)) for values in cells]
