"""python -m docs.sweeps: how many images a sweep needs, measured."""

import argparse
from pathlib import Path

import torch
from PIL import Image

from lit.explore.sweeps.axes import Axis, varied
from lit.pipeline import LiTPipeline
from lit.settings import GenerationSettings
from lit.sheets import rows_of
from lit.styles import STYLES

THINGS = (
    *("a blue dragon", "a cat with a hat", "a red apple", "an owl on a branch", "a robot", "a sailing boat"),
    *("a green frog on a car", "a castle", "a whale", "a slice of pizza", "a violin", "a cactus in a pot"),
    *("a fox", "a steam train", "a purple octopus", "a smiling sun", "a mushroom", "a penguin with a balloon"),
    *("a rose", "a volcano"),
)
SIDE, STEPS, GRID = 128, 2, 21
AXES = (Axis.ranged("guidance_scale", 1, 8, GRID), Axis.ranged("variation_strength", 0, 1, GRID))


def drawn_of(number: int) -> GenerationSettings:
    told = {"style": STYLES[number % len(STYLES)], "seed": number, "variation_seed": 100 + number}
    return GenerationSettings(THINGS[number], num_inference_steps=STEPS, width=SIDE, height=SIDE, **told)


def draw_truth(pipe: LiTPipeline, settings: GenerationSettings, file: Path):
    """A lossless mosaic: guidance along the columns, variation down the rows."""
    guidance, variation = AXES
    jobs = [varied(settings, AXES, (x, y)) for y in variation.values for x in guidance.values]
    images = [drawing.image for drawing in pipe.start(jobs, images_at_once=GRID)]
    page = Image.new("RGBA", (SIDE * GRID, SIDE * GRID))
    for y, row in enumerate(rows_of(images, GRID)):
        for x, image in enumerate(row):
            page.paste(image, (SIDE * x, SIDE * y))
    half = file.with_suffix(".part")
    page.save(half, "PNG")
    half.replace(file)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, default=Path("outputs/sweeps"))
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    pipe = None
    for number in range(len(THINGS)):
        file = arguments.folder / f"{number:02}.png"
        if not file.exists():
            pipe = pipe or LiTPipeline.from_pretrained()
            pipe.set_progress_bar_config(disable=True)
            draw_truth(pipe, drawn_of(number), file)
            print(number, flush=True)
