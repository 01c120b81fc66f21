"""What a sweep leaves: a sheet, a page, and in words where the picture flips."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from lit.explore.sweeps.axes import Axis
from lit.explore.sweeps.change import curve_of_change, flips, map_of_change
from lit.explore.sweeps.grid import Grid, Sweep
from lit.explore.sweeps.page import flip_in_words, page
from lit.explore.sweeps.sheet import sheet, strewn
from lit.explore.sweeps.walk import Drawn

SHEET, PAGE = "sheet.png", "sweep.html"


def write_results(folder: Path, sweep: Sweep, drawn: Sequence[Drawn], threshold: float, title: str) -> list[str]:
    """Write both files of what is drawn so far; the lines to say: their names, and the flips."""
    if not drawn:
        return []
    axes, points = sweep.axes, [one.point for one in drawn]
    pictures, coordinates = [one.picture for one in drawn], [one.point.coordinates for one in drawn]
    seen = [one.features for one in drawn if one.features is not None]
    features = np.stack(seen) if len(seen) == len(drawn) else None
    numeric = features is not None and len(drawn) > 2 and all(axis.numeric for axis in axes)
    found = flips(axes, coordinates, features, threshold) if features is not None and len(drawn) > 2 else []
    curve = curve_of_change(axes[0], [one[0] for one in coordinates], features) if numeric and len(axes) == 1 else ()
    change = map_of_change(axes, coordinates, features) if numeric and len(axes) == 2 else None
    gridded = isinstance(sweep, Grid) or len(axes) == 1
    if isinstance(sweep, Grid):
        at = dict(zip(coordinates, pictures, strict=True))
        whole = sheet([at.get(point.coordinates) for point in sweep.points], axes)
    elif len(axes) == 1:
        axes = (along(axes[0], [one[0] for one in coordinates]),)
        order = sorted(range(len(drawn)), key=lambda i: coordinates[i])
        whole = sheet([pictures[i] for i in order], axes)
    else:
        whole = strewn(pictures, axes, coordinates, change)
    whole.save(folder / SHEET, optimize=True)
    text = page(title, axes, points, pictures, curve, change, found, grid=gridded)
    (folder / PAGE).write_text(text, encoding="utf-8")
    told = [flip_in_words(sweep.axes, flip) for flip in found]
    if numeric and not told:
        told = ["no flip: the picture changes evenly, or so little that nobody sees it"]
    return [str(folder / SHEET), str(folder / PAGE), *told]


def along(axis: Axis, values: Sequence[float]) -> Axis:
    """The axis with the values that were drawn, in order."""
    return replace(axis, values=tuple(sorted(set(values))))
