"""A sweep taken away: as one picture with labelled axes, or as one page that needs nothing beside it."""

import numpy as np
from PIL import Image

from lit.errors import LiTError
from lit.explore.sweeps.page import page
from lit.explore.sweeps.results import along
from lit.explore.sweeps.sheet import sheet, strewn
from lit.studio.work.swept import GRID, Cell, Swept


def sheet_of(swept: Swept) -> Image.Image:
    """All that is drawn, with labels: in columns and rows, or of an adaptive sweep over two settings each in its place.
    Raises LiTError for a picture that is gone."""
    axes = swept.order.axes
    if swept.order.way == GRID:
        return sheet([_opened(swept, cell) if cell.file else None for cell in swept.cells], axes)
    cells = sorted(swept.done, key=lambda cell: cell.point.coordinates)
    pictures, coordinates = [_opened(swept, cell) for cell in cells], [cell.point.coordinates for cell in cells]
    if len(axes) == 1:
        return sheet(pictures, [along(axes[0], [value for (value,) in coordinates])])
    return strewn(pictures, axes, coordinates, change_of(swept))


def page_of(swept: Swept, title: str) -> str:
    """The same as the text of an HTML file."""
    cells = sorted(swept.done, key=lambda cell: cell.place)
    pictures, points = [_opened(swept, cell) for cell in cells], [cell.point for cell in cells]
    axes, found = swept.order.axes, (swept.curve, change_of(swept), swept.flips)
    if swept.order.way == GRID or len(axes) > 1:
        return page(title, axes, points, pictures, *found, grid=swept.order.way == GRID)
    lines = [along(axis, [value for (value,) in (point.coordinates for point in points)]) for axis in axes]
    return page(title, lines, points, pictures, *found)


def change_of(swept: Swept) -> np.ndarray | None:
    """How fast the picture changes over two settings, (rows, columns), None where that is not known."""
    return np.array(swept.change["map"]) if swept.change.get("map") else None


def _opened(swept: Swept, cell: Cell) -> Image.Image:
    try:
        with Image.open(swept.folder / cell.file, formats=["PNG"]) as image:
            return image.convert("RGBA")
    except Exception as error:  # whatever a damaged file raises in Pillow
        raise LiTError("A picture of this sweep is gone or damaged") from error
