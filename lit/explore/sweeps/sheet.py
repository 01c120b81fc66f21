"""A sweep as one picture: its drawings side by side, with labelled axes."""

import math
from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lit.errors import InputError, Phrase
from lit.explore.sweeps.axes import Axis
from lit.explore.sweeps.change import places_of

SIDE = 128  # pixels of a drawing
GAP = 4  # pixels around it
GREY, INK = "#667", "#223"
WIDEST = 4096  # pixels of a page, from which on grids of a third axis stand below each other
LINES = 2  # of a label


def sheet(pictures: Sequence[Image.Image | None], axes: Sequence[Axis], side: int = SIDE) -> Image.Image:
    """The pictures of a grid in its order (RGBA; None for one that is not drawn) as one RGB picture on white.

    The first axis runs along the columns, the second down the rows; of the third there is a grid for each value. Each
    picture is shrunk into a square of `side` pixels. Raises InputError where pictures and axes do not fit.
    """
    lengths = [len(axis.values) for axis in axes] + [1] * (3 - len(axes))
    if not 1 <= len(axes) <= 3 or math.prod(lengths) != len(pictures):
        raise InputError(
            "pictures", len(pictures), Phrase("{n}, as many as the axes have points", n=math.prod(lengths))
        )
    columns, rows, _ = lengths
    one = columns * rows
    grids = [
        _grid(pictures[i * one : (i + 1) * one], axes[:2], side, f"{axes[2].label}: {axes[2].text(value)}")
        for i, value in enumerate(axes[2].values)
    ] if len(axes) == 3 else [_grid(pictures, axes, side)]  # fmt: skip
    return _arranged(grids)


def strewn(
    pictures: Sequence[Image.Image],
    axes: Sequence[Axis],
    coordinates: Sequence[Sequence],
    change: np.ndarray | None = None,
    side: int = 64,
    width: int = 960,
) -> Image.Image:
    """Pictures at their places between two axes, as one RGB picture; later ones lie below.

    change: how fast the picture changes there, (rows, columns), as shades behind them: white for nothing.
    """
    across, down = axes
    font = ImageFont.load_default(14)
    left, top = 16 + max(int(font.getlength(down.text(end))) for end in (down.low, down.high)), 48
    page = Image.new("RGB", (left + width + side, top + width + side), "white")
    if change is not None and change.max() > 0:
        shade = Image.fromarray((255 - 150 * change / change.max()).astype(np.uint8)).resize((width, width))
        page.paste(shade.convert("RGB"), (left + side // 2, top + side // 2))
    for picture, (u, v) in reversed(list(zip(pictures, places_of(axes, coordinates), strict=True))):
        small = _shrunk(picture, side)
        x, y = left + round(u * width), top + round(v * width)
        page.paste(small, (x + (side - small.width) // 2, y + (side - small.height) // 2), small)
    draw = ImageDraw.Draw(page)
    middle = left + (width + side) / 2
    draw.text((middle, 6), across.label, fill=INK, font=font, anchor="ma")
    for end, x, anchor in ((across.low, left, "la"), (across.high, left + width + side, "ra")):
        draw.text((x, 26), across.text(end), fill=GREY, font=font, anchor=anchor)
    for end, y in ((down.low, top + side // 2), (down.high, top + width + side // 2)):
        draw.text((left - 8, y), down.text(end), fill=GREY, font=font, anchor="rm")
    _sideways(page, down.label, font, (2, top + (width + side) // 2))
    return page


def _grid(pictures, axes, side, title=""):
    """One grid of at most two axes with its labels."""
    across, down = axes[0], axes[1] if len(axes) == 2 else None
    font, place = ImageFont.load_default(13), side + 2 * GAP
    columns = [_wrapped(across.text(value), font, side) for value in across.values]
    rows = [_wrapped(down.text(value), font, side) for value in down.values] if down else [""]
    line = 16
    left = (12 + line + max(int(font.getlength(part)) for row in rows for part in row.split("\n"))) if down else GAP
    head = line + 4 if title else 0
    top = head + line + 4 + line * max(text.count("\n") + 1 for text in columns)
    page = Image.new("RGB", (left + place * len(columns) + GAP, top + place * len(rows) + GAP), "white")
    draw = ImageDraw.Draw(page)
    if title:
        draw.text((left, 2), _wrapped(title, font, place * len(columns)).split("\n")[0], fill=INK, font=font)
    label = _wrapped(across.label, font, place * len(columns)).split("\n")[0]
    draw.text((left + place * len(columns) / 2, head + 2), label, fill=INK, font=font, anchor="ma")
    for i, text in enumerate(columns):
        at = left + place * (i + 0.5), top - 2
        draw.text(at, text, fill=GREY, font=font, anchor="md", align="center")
    if down:
        for j, text in enumerate(rows):
            draw.text((left - 4, top + place * (j + 0.5)), text, fill=GREY, font=font, anchor="rm", align="right")
        _sideways(page, down.label, font, (2, top + place * len(rows) // 2))
    for number, picture in enumerate(pictures):
        j, i = divmod(number, len(columns))
        x, y = left + place * i + GAP, top + place * j + GAP
        if picture is None:
            draw.rectangle((x, y, x + side - 1, y + side - 1), outline="#ccd")
            continue
        small = _shrunk(picture, side)
        page.paste(small, (x + (side - small.width) // 2, y + (side - small.height) // 2), small)
    return page


def _arranged(grids):
    """Grids beside each other, and below where the page would be too wide."""
    width, height = max(grid.width for grid in grids), max(grid.height for grid in grids)
    columns = max(1, min(len(grids), WIDEST // width))
    rows = -(-len(grids) // columns)
    page = Image.new("RGB", (width * columns, height * rows), "white")
    for number, grid in enumerate(grids):
        page.paste(grid, (number % columns * width, number // columns * height))
    return page


def _shrunk(picture, side):
    picture = picture.convert("RGBa")
    scale = side / max(picture.size)
    size = tuple(max(1, round(one * scale)) for one in picture.size)
    return (picture if scale == 1 else picture.resize(size, Image.Resampling.LANCZOS)).convert("RGBA")


def _sideways(page, text, font, at):
    """Text that reads upwards, its left edge and its middle at a place."""
    text = _wrapped(text, font, page.height - at[0]).split("\n")[0]
    box = Image.new("L", (max(1, int(font.getlength(text)) + 2), 18))
    ImageDraw.Draw(box).text((1, 1), text, fill=255, font=font)
    box = box.rotate(90, expand=True)
    page.paste(INK, (at[0], max(0, at[1] - box.height // 2)), box)


def _wrapped(text, font, width):
    """At most two lines no wider than that, broken between words or, where one is too long, in it; what is left out
    is an ellipsis."""
    lines, rest = [], list(" ".join(text.split()))
    while rest and len(lines) < LINES:
        fits = 1
        while fits < len(rest) and font.getlength("".join(rest[: fits + 1])) <= width:
            fits += 1
        if fits < len(rest) and " " in rest[1 : fits + 1]:
            fits = len(rest[: fits + 1]) - rest[: fits + 1][::-1].index(" ") - 1
        lines.append("".join(rest[:fits]).strip())
        rest = list("".join(rest[fits:]).lstrip())
    if rest and lines:
        lines[-1] = lines[-1][:-1] + "…"
    return "\n".join(lines)
