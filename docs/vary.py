"""python -m docs.vary: draw, with the embedded model, docs/vary.webp: variations, a blend, drawing over a picture.

Row by row: a dragon, then a little, some and a lot varied; the way from a cat to a robot; a blue owl drawn over as a
red one, by strength; the same owl, what is painted on it, a heart drawn there, and a balloon drawn into room beside it.
"""

from pathlib import Path

from PIL import Image, ImageDraw

from lit.explore.blends import morph
from lit.explore.canvas import with_room
from lit.explore.variations import STRENGTHS, variations
from lit.pipeline import LiTPipeline
from lit.settings import GenerationSettings
from lit.sheets import sheet

FILE = Path(__file__).parent / "vary.webp"
SIDE = 128
DRAGON = GenerationSettings("a dragon", style="noto", seed=5, output_scale=1)
CAT = GenerationSettings("a cat", style="fluent-3d", seed=3, output_scale=1)
ROBOT = GenerationSettings("a robot", style="fluent-3d", seed=4, output_scale=1)
OWL = GenerationSettings("a blue owl", style="fluent-color", seed=3, output_scale=1)
COLUMNS = 7


def rows(pipe: LiTPipeline) -> list[list[Image.Image]]:
    def drawn(settings):
        return pipe.generate(settings).images

    varied = [one for strength in STRENGTHS for one in variations(DRAGON, strength, first_seed=1, count=2)]
    (owl,) = drawn(OWL)
    over = [
        pipe("a red owl", style=OWL.style, seed=5, image=owl, strength=strength).images[0]
        for strength in (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    ]
    mask = Image.new("L", owl.size)
    ImageDraw.Draw(mask).ellipse((70, 130, 190, 250), fill=255)
    heart = pipe("a red heart", style=OWL.style, seed=5, image=owl, mask=mask).images[0]
    page, room = with_room(owl, right=128)
    told = {"image": page, "mask": room, "width": page.width, "num_inference_steps": 20}
    balloon = pipe("an owl and a red balloon", style=OWL.style, seed=4, **told).images[0]
    painted = owl.copy()
    painted.paste("white", mask=mask)
    return [
        [*drawn(DRAGON), *drawn(varied)],
        drawn(morph(CAT, ROBOT, COLUMNS)),
        [owl, *over],
        [owl, painted, heart, balloon],
    ]


def small(image: Image.Image) -> Image.Image:
    return image.resize((image.width * SIDE // 256, SIDE), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    pipeline = LiTPipeline.from_pretrained()
    pipeline.set_progress_bar_config(disable=True)
    found = [[small(image) for image in row] for row in rows(pipeline)]
    sheet(found, (SIDE, SIDE)).save(FILE, quality=88, method=6)
