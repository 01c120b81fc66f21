"""The dream that ships, so that the tab is alive before anybody has dreamt: `python -m docs.dream` makes it."""

import io
import json
from functools import cache
from pathlib import Path

from PIL import Image

from lit.studio.shell.theme import ASSETS
from lit.studio.work.dreamt import DONE, FILE, QUALITY, Dreamt

FOLDER = ASSETS / "dream" / "prepared"
SHEET = "frames.webp"  # all frames, row by row
NAME = "prepared"  # its id
SIDE, COLUMNS = 128, 16  # pixels of a frame, and frames of a row
SMALL = {"quality": 20, "alpha_quality": 15, "method": 6}  # it is fetched by nobody, but kept by everybody


class Prepared(Dreamt):
    """A dream of which one file holds all frames."""

    def data(self, frame: int) -> bytes | None:
        return _frame(frame) if 0 <= frame < self.count else None


@cache
def prepared() -> Prepared:
    found = Prepared.open(FOLDER)
    found.id, found.state, found.doing = NAME, DONE, ""
    return found


def ship(dreamt: Dreamt, folder: Path = FOLDER):
    """Write a dream as the one that ships."""
    sheet = Image.new("RGBA", (SIDE * min(COLUMNS, dreamt.count), SIDE * -(-dreamt.count // COLUMNS)))
    for frame in range(dreamt.count):
        data = dreamt.data(frame)
        assert data is not None
        with Image.open(io.BytesIO(data)) as image:
            small = image.convert("RGBA").resize((SIDE, SIDE), Image.Resampling.LANCZOS)
        sheet.paste(small, _corner(frame))
    folder.mkdir(parents=True, exist_ok=True)
    sheet.save(folder / SHEET, "WEBP", **SMALL)
    record = json.loads((dreamt.folder / FILE).read_text("utf-8")) | {"visitor": "", "created": 0.0}
    (folder / FILE).write_text(json.dumps(record, ensure_ascii=False) + "\n", encoding="utf-8")


def _corner(frame: int) -> tuple[int, int]:
    return frame % COLUMNS * SIDE, frame // COLUMNS * SIDE


@cache
def _sheet() -> Image.Image:
    with Image.open(FOLDER / SHEET, formats=["WEBP"]) as image:
        return image.convert("RGBA")


@cache
def _frame(frame: int) -> bytes:
    left, top = _corner(frame)
    file = io.BytesIO()
    _sheet().crop((left, top, left + SIDE, top + SIDE)).save(file, "WEBP", quality=QUALITY)
    return file.getvalue()
