"""Sheets to print and cut: pages of stickers at 300 dots an inch, and their cut lines as SVG of the same page."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import cycle, islice

from PIL import Image, ImageDraw

from lit.errors import InputError, Phrase
from lit.export.encode import Encoded
from lit.export.fit import fit, grown_shape, on_ground
from lit.export.outline import area, outlines
from lit.export.sticker import Sticker
from lit.export.target import Made, Options, Progress, Target

DPI = 300
MM_AN_INCH = 25.4
EDGE = 10.0  # mm that printers leave clear, with room
CELL = 62.0  # mm of a sticker's place: three stand side by side on either page
GAP = 1.5  # mm from a cut line to its place's edge
BORDER = 2.5  # mm of white inside the cut line
CUT = "#ff00ff"  # the colour of cut lines
LINE = 0.4  # mm of a cut line where it is shown
SPECK = 30.0  # mm^2 within a cut line below which nothing is cut


@dataclass(frozen=True, kw_only=True)
class Sheet(Target):
    """Stickers on pages. page: its width and height in mm."""

    group: str = "Paper"
    page: tuple[float, float]

    @property
    def limits(self) -> str:
        width, height = self.page
        columns, rows = self.places
        return f"PNG {DPI} dpi of {width:g} x {height:g} mm with {columns * rows} stickers, cut lines as SVG"

    @property
    def places(self) -> tuple[int, int]:
        """How many stickers stand side by side, and below each other."""
        columns, rows = (int((side - 2 * EDGE) // CELL) for side in self.page)
        return columns, rows

    def check(self, moving: Sequence[bool], options: Options) -> None:
        if options.loop or any(moving):
            raise InputError(
                "loop", options.loop or Phrase("a moving picture"), "none: paper stands still; leave the loop out"
            )

    def make(self, stickers: Sequence[Sticker], options: Options, on_progress: Progress) -> Made:
        """As many pages as the stickers need; the last is filled up with them, from the first on."""
        made = Made()
        columns, rows = self.places
        first, cells = [], []  # of the first page, which fill the last one; and of the page at hand
        for i, sticker in enumerate(stickers):
            on_progress(i, len(stickers))
            cells.append(_cell(sticker))
            if len(cells) < columns * rows and i + 1 < len(stickers):
                continue
            first = first or cells
            picture, lines = self._page([*cells, *islice(cycle(first), columns * rows - len(cells))])
            number = i // (columns * rows) + 1
            made.add(f"sheet-{number}.png", _encoded(picture), picture.size, None)
            made.files[f"sheet-{number}-cut.svg"] = lines.encode()
            cells = []
        on_progress(len(stickers), len(stickers))
        return made

    def preview(self, sticker: Sticker, options: Options) -> Made:
        """The sticker on its place, with its cut lines."""
        picture, lines = _cell(sticker)
        draw = ImageDraw.Draw(picture)
        for line in lines:
            draw.line([*line, line[0]], fill=CUT, width=_dots(LINE))
        made = Made()
        made.add("place.png", _encoded(picture), picture.size, None)
        made.notes.append(Phrase("{side} x {side} mm on paper, to be cut along the line", side=f"{CELL:g}"))
        return made

    def _page(self, cells):
        columns, rows = self.places
        left, top = (side / 2 - count * CELL / 2 for side, count in zip(self.page, (columns, rows)))
        page = Image.new("RGB", (_dots(self.page[0]), _dots(self.page[1])), "white")
        paths = []
        for i, (picture, lines) in enumerate(cells):
            x, y = _dots(left + i % columns * CELL), _dots(top + i // columns * CELL)
            page.paste(picture, (x, y))
            paths += [_path(line, x, y) for line in lines]
        width, height = (f"{side:g}" for side in self.page)
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
            f'viewBox="0 0 {width} {height}">\n'
            f'<g id="cut" fill="none" stroke="{CUT}" stroke-width="0.1">\n' + "\n".join(paths) + "\n</g>\n</svg>\n"
        )
        return page, svg


def _cell(sticker):
    """A sticker on its place as it is printed, and the lines to cut it out by."""
    side, border = _dots(CELL), _dots(BORDER)
    (picture,) = fit(sticker.frames, (side, side), _dots(GAP) + border)
    lines = outlines(grown_shape(picture, border))
    whole = [line for line in lines if area(line) * _mm(1) ** 2 >= SPECK]
    return on_ground(picture, "white"), whole or lines


def _encoded(picture):
    data = io.BytesIO()
    picture.save(data, "PNG", dpi=(DPI, DPI))
    return Encoded(data.getvalue(), 1, "")


def _path(line, x, y):
    points = (f"{_mm(point[0] + x):.2f},{_mm(point[1] + y):.2f}" for point in line)
    return f'<path d="M{" ".join(points)}Z"/>'


def _dots(mm: float) -> int:
    return round(mm / MM_AN_INCH * DPI)


def _mm(dots: float) -> float:
    return dots * MM_AN_INCH / DPI
