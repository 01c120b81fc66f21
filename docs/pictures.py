"""python -m docs.pictures: draw, with the embedded model, the pictures that the README and the page show.

docs/stickers.png                         stickers in twelve styles, the README's first picture
lit/studio/static/styles/STYLE.webp       the style picker's: one face in each style that people may choose
lit/studio/static/first/WORDS.webp        the stickers on the empty stage, of the page's EXAMPLES
lit/studio/static/scope/example.webp      what LinearScope's first view shows, and what its button opens: a drawing, and
                                          what two of its words give
"""

from pathlib import Path

import numpy as np
from PIL import Image

from lit.pipeline import LiTPipeline
from lit.scope.drawings.drawing import OpenedDrawing
from lit.settings import GenerationSettings
from lit.sheets import rows_of, sheet
from lit.studio.tabs.generate.controls import EXAMPLES
from lit.studio.tabs.scope.payload import measured, part_map, story
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
SCOPE = STATIC / "scope" / "example.webp"
SCOPE_WORDS, SCOPE_SEED = "a blue butterfly", 0  # EXAMPLE of static/scope/start.js
MEASURE = "luminance"
SCOPE_SIDE = 160  # pixels, as the view shows each of the three


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
    (root / SCOPE).parent.mkdir(parents=True, exist_ok=True)
    scope_example(pipe, **settings).save(root / SCOPE, quality=80, alpha_quality=80, method=6)


def scope_example(pipe: LiTPipeline, **settings) -> Image.Image:
    """A drawing, and what its last two words give to its brightness at the step that is opened first, on one scale."""
    opened = OpenedDrawing.open(pipe, GenerationSettings(SCOPE_WORDS, seed=SCOPE_SEED, output_scale=1, **settings))
    given = {one.label.piece: one.pixels for one in opened.step(story(opened.steps)).word_images()}
    parts = [given[word] for word in SCOPE_WORDS.split()[1:]]
    full = max(float(np.abs(measured(part, MEASURE)).max()) for part in parts)
    panels = [opened.image, *(part_map(part, MEASURE, full) for part in parts)]
    row = Image.new("RGBA", (SCOPE_SIDE * len(panels), SCOPE_SIDE))
    for number, panel in enumerate(panels):
        row.paste(panel.resize((SCOPE_SIDE, SCOPE_SIDE), Image.Resampling.LANCZOS), (SCOPE_SIDE * number, 0))
    return row


if __name__ == "__main__":
    pipeline = LiTPipeline.from_pretrained()
    pipeline.set_progress_bar_config(disable=True)
    draw(pipeline)
