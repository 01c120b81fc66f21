"""python -m docs.icons: the page's icons, as `python -m lit export --to favicon` makes them of its logo.

lit/studio/static/icons/    192 and 512 pixels, 512 that may be masked, and the touch icon

Needs resvg-py, of requirements-train.txt.
"""

import io
import shutil
import tempfile
from pathlib import Path

import resvg_py
from PIL import Image

from lit.export import Options, Sticker, export
from lit.studio.shell.colours import PAPER

STATIC = Path(__file__).parents[1] / "lit" / "studio" / "static"
SIDE = 1024  # pixels of the logo, from which the icons are made smaller
ICONS = ("icon-192.png", "icon-512.png", "icon-maskable-512.png", "apple-touch-icon.png")


def logo() -> Image.Image:
    """The page's logo, RGBA, SIDE pixels."""
    drawn = resvg_py.svg_to_bytes(svg_string=(STATIC / "logo.svg").read_text("utf-8"), width=SIDE, height=SIDE)
    return Image.open(io.BytesIO(bytes(drawn))).convert("RGBA")


def draw(folder: Path = STATIC / "icons") -> None:
    """Write all icons into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    sticker = Sticker.brought([logo()], "LiT Studio")
    with tempfile.TemporaryDirectory() as made:
        export([sticker], "favicon", made, Options(matte=PAPER[0]))
        for icon in ICONS:
            (found,) = Path(made).rglob(icon)
            shutil.copyfile(found, folder / icon)


if __name__ == "__main__":
    draw()
