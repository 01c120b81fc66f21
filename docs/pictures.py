"""python -m docs.pictures: draw, with the embedded model, the pictures that the README and the page show.

docs/stickers.png                         one sticker in each style, the README's first picture
lit/studio/static/styles/STYLE.webp       the style picker's: one face in all eight styles
lit/studio/static/first/WORDS.webp        the stickers on the empty stage, of the page's EXAMPLES
"""

from pathlib import Path

from PIL import Image

from lit.pipeline import LiTPipeline
from lit.sheets import rows_of, sheet
from lit.studio.tabs.generate.controls import EXAMPLES
from lit.styles import STYLES

ROOT = Path(__file__).parents[1]
STICKERS = Path("docs") / "stickers.png"
STATIC = Path("lit") / "studio" / "static"
STYLE_PICTURES = STATIC / "styles"

SHEET = (
    ("a frog on top of a car", "fluent-flat"),
    ("a green horse", "fluent-3d"),
    ("a green apple to the left of a red apple", "noto"),
    ("a crab", "fluent-mono"),
    ("a bird on top of a cactus", "twemoji"),
    ("an orange whale", "fluent-color"),
    ("a lion", "blob"),
    ("a volcano", "emojione"),
)
FACE, FACE_SEED = "smiling face with sunglasses", 1
FACE_SIDE = 92  # pixels: twice what the picker shows
FIRST_SIDE = 192  # pixels, as the stage shows them on a fine screen


def draw(pipe: LiTPipeline, root: Path = ROOT, **settings) -> None:
    """Write all pictures under `root`. settings: of each drawing."""
    images = [pipe(prompt, style=style, seed=0, **settings).images[0] for prompt, style in SHEET]
    for folder in (STICKERS.parent, STYLE_PICTURES, STATIC / "first"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    sheet(rows_of(images, 4)).save(root / STICKERS)
    for style in STYLES:
        face = pipe(FACE, style=style, seed=FACE_SEED, **settings).images[0]
        face = face.resize((FACE_SIDE, FACE_SIDE), Image.Resampling.LANCZOS)
        face.save(root / STYLE_PICTURES / f"{style}.webp", quality=90, method=6)
    for one in EXAMPLES:
        first = pipe(one.words, style=one.style, seed=one.seed, **settings).images[0]
        first = first.resize((FIRST_SIDE, FIRST_SIDE), Image.Resampling.BICUBIC)
        first.save(root / STATIC / one.picture, quality=80, method=6)


if __name__ == "__main__":
    pipeline = LiTPipeline.from_pretrained()
    pipeline.set_progress_bar_config(disable=True)
    draw(pipeline)
