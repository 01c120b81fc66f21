"""python -m docs.pictures: draw, with the embedded model, the pictures that the README and the page show.

docs/stickers.png                         stickers in twelve styles, the README's first picture
lit/studio/static/styles/STYLE.webp       the style picker's: one face in each style that people may choose
lit/studio/static/first/WORDS.webp        the stickers on the empty stage, of the page's EXAMPLES
"""

from pathlib import Path

from PIL import Image

from lit.pipeline import LiTPipeline
from lit.sheets import rows_of, sheet
from lit.studio.tabs.generate.controls import EXAMPLES
from lit.styles import offered

ROOT = Path(__file__).parents[1]
STICKERS = Path("docs") / "stickers.png"
STATIC = Path("lit") / "studio" / "static"
STYLE_PICTURES = STATIC / "styles"

SHEET = (
    ("a panda riding a bicycle", "noto"),
    ("a ghost holding a balloon", "fluent-3d"),
    ("a dog wearing a hat", "fluent-flat"),
    ("a penguin wearing sunglasses", "twemoji"),
    ("a teddy bear in a boat", "fluent-color"),
    ("a rocket", "streamline"),
    ("a potion bottle", "pixel-crawl"),
    ("a lion", "blob"),
    ("a happy planet", "kawaii"),
    ("a cat in a cup", "fluent-mono"),
    ("an owl wearing a crown", "emojione"),
    ("a wizard hat", "game-icons-color"),
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
    for style in offered(pipe.styles):
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
