"""python -m docs.pictures: draw, with the embedded model, the pictures that the README and the page show.

docs/stickers.png                         one sticker in each style, the README's first picture
lit/studio/static/styles/STYLE.webp       the style picker's: one face in all eight styles
"""

from pathlib import Path

from PIL import Image

from lit.pipeline import LiTPipeline
from lit.styles import STYLES
from lit.training.train import save_sheet

ROOT = Path(__file__).parents[1]

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


def main():
    pipe = LiTPipeline.from_pretrained()
    pipe.set_progress_bar_config(disable=True)
    images = [pipe(prompt, style=style, seed=0).images[0] for prompt, style in SHEET]
    save_sheet(images, ROOT / "docs" / "stickers.png", columns=4)
    folder = ROOT / "lit" / "studio" / "assets" / "styles"
    folder.mkdir(parents=True, exist_ok=True)
    for style in STYLES:
        face = pipe(FACE, style=style, seed=FACE_SEED).images[0]
        face = face.resize((FACE_SIDE, FACE_SIDE), Image.Resampling.LANCZOS)
        face.save(folder / f"{style}.webp", quality=90, method=6)


if __name__ == "__main__":
    main()
