"""python -m docs.sweeps: how many images a sweep needs, measured; the figures of docs/sweeps.md.

Draws, of 20 prompts, 21 x 21 pictures each: guidance from 1 to 8 by variation from 0 to 1, in two steps at 128 pixels
(on one core some 25 minutes; what is drawn in --folder already is not drawn again). Then every strategy asks for places
of that lattice and is told the evaluator's features of the pictures there; the error is that of all 441. The same with
two functions of two variables. Writes the tables into docs/sweeps.md and docs/sweeps.webp beside it.
"""

import argparse
import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageChops

from lit.explore.sweeps import neighbours
from lit.explore.sweeps.axes import Axis, varied
from lit.explore.sweeps.change import map_of_change
from lit.explore.sweeps.distances import eye
from lit.explore.sweeps.sheet import strewn
from lit.explore.sweeps.strategies import STRATEGIES, Gradient
from lit.pipeline import LiTPipeline
from lit.settings import GenerationSettings
from lit.sheets import filled, markdown_table, rows_of
from lit.styles import STYLES

PAGE = Path(__file__).with_name("sweeps.md")
PICTURE = Path(__file__).with_name("sweeps.webp")
MARKS = "<!-- made by python -m docs.sweeps -->", "<!-- to here -->"
THINGS = (
    *("a blue dragon", "a cat with a hat", "a red apple", "an owl on a branch", "a robot", "a sailing boat"),
    *("a green frog on a car", "a castle", "a whale", "a slice of pizza", "a violin", "a cactus in a pot"),
    *("a fox", "a steam train", "a purple octopus", "a smiling sun", "a mushroom", "a penguin with a balloon"),
    *("a rose", "a volcano"),
)
SIDE, STEPS, GRID = 128, 2, 21
AXES = (Axis.ranged("guidance_scale", 1, 8, GRID), Axis.ranged("variation_strength", 0, 1, GRID))
BUDGETS = {1: (5, 7, 9, 12), 2: (9, 16, 25, 36, 64, 100)}
NAMED = {
    "uniform": "uniform grid",
    "sobol": "Sobol",
    "gwass": "GWASS (one round)",
    "gradient": "gradient (ours)",
    "adaptive": "`adaptive`",
}
COMPONENTS = 64  # of the features, in which strategies are told of pictures: all but a thousandth of the variance
RESAMPLES = 2000


def drawn_of(number: int) -> GenerationSettings:
    told = {"style": STYLES[number % len(STYLES)], "seed": number, "variation_seed": 100 + number}
    return GenerationSettings(
        THINGS[number], num_inference_steps=STEPS, width=SIDE, height=SIDE, output_scale=1, **told
    )


def draw_truth(pipe: LiTPipeline, settings: GenerationSettings, file: Path) -> None:
    """A lossless mosaic: guidance along the columns, variation down the rows."""
    guidance, variation = AXES
    jobs = [varied(settings, AXES, (x, y)) for y in variation.values for x in guidance.values]
    images = [drawing.image for drawing in pipe.start(jobs, images_at_once=GRID)]
    page = Image.new("RGBA", (SIDE * GRID, SIDE * GRID))
    for y, row in enumerate(rows_of(images, GRID)):
        for x, image in enumerate(row):
            page.paste(image, (SIDE * x, SIDE * y))
    half = file.with_suffix(".part")
    page.save(half, "PNG", compress_level=1)  # as lossless, in a third of the time
    half.replace(file)  # whole, or not there


def pictures_of(file: Path) -> list[Image.Image]:
    with Image.open(file) as page:
        corners = [(SIDE * x, SIDE * y) for y in range(GRID) for x in range(GRID)]
        return [page.crop((x, y, x + SIDE, y + SIDE)) for x, y in corners]


def looked_at(file: Path, eyes: dict) -> dict[str, np.ndarray]:
    """Of a mosaic: features (441, D); latents (21, D) of its middle row, guidance at variation 0.5; and how far the
    features of 21 pictures, one of each row, move when the picture moves by a pixel (21,)."""
    kept = file.with_suffix(".npz")
    if not kept.exists():
        images = pictures_of(file)
        features, some = eyes["features"](images), slice(0, None, GRID + 1)  # the diagonal
        moved = eyes["features"]([ImageChops.offset(image, 1, 0) for image in images[some]])
        latents = eyes["latents"](images[GRID * (GRID // 2) : GRID * (GRID // 2 + 1)])
        shifts = np.linalg.norm(moved - features[some], axis=1)
        np.savez(kept, features=features, latents=latents, moved=shifts)
    with np.load(kept) as stored:
        return dict(stored)


# Strategies over what is known everywhere


def on_lattice(place: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(round(one * (GRID - 1)) / (GRID - 1) for one in place)


def asked(name: str, dimensions: int, budget: int, seed: int, value: Callable, snap: Callable) -> np.ndarray:
    """The places (n, D) that a strategy asks for, in their order, when told `value(place)`."""
    if name == "gwass":
        strategy = Gradient(dimensions, budget, seed, snap, share=0.1, per_round=None, explore=0, finest=0)
    else:
        strategy = STRATEGIES[name](dimensions, budget, seed, snap)
    places: list[tuple[float, ...]] = []
    while len(places) < budget and (found := strategy.ask(1)):
        for place in found:
            strategy.tell(place, value(place))
            places.append(place)
    return np.array(places)


def errors(places: np.ndarray, values: np.ndarray, at: np.ndarray, truth: np.ndarray) -> tuple[float, float]:
    """Mean distance to the truth (m, F) at `at` (m, D) of the nearest that is shown, and of what is interpolated."""
    guesses = neighbours.nearest(places, values, at), neighbours.interpolated(places, values, at)
    nearest, between = (float(np.linalg.norm(guess - truth, axis=1).mean()) for guess in guesses)
    return nearest, between


def of_pictures(truth: np.ndarray, told: np.ndarray, dimensions: int, seed: int) -> Iterator[tuple[str, int, tuple]]:
    """(strategy, budget, errors) of one prompt: truth, told (points, F) in the lattice's order, last axis fastest."""
    line = np.linspace(0, 1, GRID)
    at = np.stack(np.meshgrid(*[line] * dimensions, indexing="ij"), -1).reshape(-1, dimensions)
    number = {tuple(on_lattice(place)): i for i, place in enumerate(map(tuple, at))}
    for budget in BUDGETS[dimensions]:
        for name in NAMED:
            places = asked(name, dimensions, budget, seed, lambda place: told[number[place]], on_lattice)
            shown = truth[[number[tuple(place)] for place in places]]
            found = errors(places, shown, at, truth)
            if dimensions == 1:
                found = (*found, flip_missed(places[:, 0], shown, truth))
            yield name, budget, found


def flip_missed(places: np.ndarray, shown: np.ndarray, truth: np.ndarray) -> float:
    """How far the middle of the steepest step that is shown lies from that of the truth, in lengths of the axis."""

    def steepest(x, values):
        order = np.argsort(x)
        x, values = x[order], values[order]
        i = (np.linalg.norm(np.diff(values, axis=0), axis=1) / np.diff(x)).argmax()
        return (x[i] + x[i + 1]) / 2

    return abs(steepest(places, shown) - steepest(np.linspace(0, 1, GRID), truth))


def wave(place: np.ndarray, shift: float) -> np.ndarray:
    """GWASS's own: sin 3x sin 2y exp(-((x - 2)^2 + (y - 2)^2) / 4) on [0, 4]^2."""
    x, y = np.moveaxis(4 * np.asarray(place) + shift, -1, 0)
    return (np.sin(3 * x) * np.sin(2 * y) * np.exp(-((x - 2) ** 2 + (y - 2) ** 2) / 4))[..., None]


def step(place: np.ndarray, shift: float) -> np.ndarray:
    """0 and 1, on two sides of a circle's arc."""
    u, v = np.moveaxis(np.asarray(place), -1, 0)
    return (np.hypot(u, v) > 0.6 + shift).astype(float)[..., None]


def of_functions(count: int) -> Iterator[tuple[str, str, int, tuple]]:
    """(function, strategy, budget, errors), `count` times with the function moved a little."""
    line = np.linspace(0, 1, 51)
    at = np.stack(np.meshgrid(line, line, indexing="ij"), -1).reshape(-1, 2)
    for seed in range(count):
        shift = float(np.random.default_rng(seed).uniform(-0.1, 0.1))
        for function in (wave, step):
            value = partial(function, shift=shift)
            for budget in BUDGETS[2]:
                for name in NAMED:
                    places = asked(name, 2, budget, seed, value, tuple)
                    yield function.__name__, name, budget, errors(places, value(places), at, value(at))


# Tables


def interval(values: np.ndarray) -> tuple[float, float]:
    """Bootstrap interval, 95%, of the mean of values (n,)."""
    drawn = np.random.default_rng(0).integers(0, len(values), (RESAMPLES, len(values)))
    low, high = np.quantile(values[drawn].mean(axis=1), (0.025, 0.975))
    return float(low), float(high)


def table(found: dict[tuple[str, int], list[tuple]], kind: int, digits: int = 2) -> str:
    """Rows of strategies, columns of budgets: mean [interval]; and ours less the uniform grid, pairwise."""
    budgets = sorted({budget for _, budget in found})

    def cell(values):
        low, high = interval(values)
        return f"{values.mean():.{digits}f} [{low:.{digits}f}, {high:.{digits}f}]"

    columns = {key: np.array([one[kind] for one in values]) for key, values in found.items()}
    rows = [[label, *(cell(columns[name, budget]) for budget in budgets)] for name, label in NAMED.items()]
    rows.append(["ours - uniform", *(cell(columns["gradient", b] - columns["uniform", b]) for b in budgets)])
    return markdown_table(["images", *budgets], rows)


def alike(looks: list[dict[str, np.ndarray]]) -> dict[str, float]:
    """The distances below which pictures look alike. features: nine of ten pictures moved by a pixel lie below it.
    latents: below it lie as many steps along guidance as below that.  share: of all neighbours that do."""
    features = float(np.quantile(np.concatenate([one["moved"] for one in looks]), 0.9))
    row = slice(GRID * (GRID // 2), GRID * (GRID // 2 + 1))
    seen = np.concatenate([np.linalg.norm(np.diff(one["features"][row], axis=0), axis=1) for one in looks])
    latents = np.concatenate([np.linalg.norm(np.diff(one["latents"], axis=0), axis=1) for one in looks])
    share = float((np.concatenate([_steps(one["features"]) for one in looks]) < features).mean())
    return {"features": features, "latents": float(np.quantile(latents, (seen < features).mean())), "share": share}


def _steps(values):
    lattice = values.reshape(GRID, GRID, -1)
    return np.concatenate([np.linalg.norm(np.diff(lattice, axis=i), axis=-1).ravel() for i in (0, 1)])


def example(file: Path, told: np.ndarray) -> None:
    """docs/sweeps.webp: 36 pictures where the gradient strategy draws them, over how fast the picture changes."""
    at = {
        (i / (GRID - 1), j / (GRID - 1)): i * GRID + j for i in range(GRID) for j in range(GRID)
    }  # (variation, guidance)
    places = asked("gradient", 2, 36, 0, lambda place: told[at[place[::-1]]], on_lattice)
    images, numbers = pictures_of(file), [at[tuple(place)[::-1]] for place in places]
    coordinates = [tuple(axis.at(one) for axis, one in zip(AXES, place, strict=True)) for place in places]
    change = map_of_change(AXES, coordinates, told[numbers])
    page = strewn([images[i] for i in numbers], AXES, coordinates, change, side=80, width=720)
    page.save(PICTURE, quality=88, method=6)


def main(folder: Path, count: int, threads: int) -> None:
    torch.set_num_threads(threads)
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{number:02}.png" for number in range(count)]
    pipe = LiTPipeline.from_pretrained()
    pipe.set_progress_bar_config(disable=True)
    eyes = {"features": eye("features"), "latents": eye("latents", pipe.autoencoder)}
    looks, plane, lines = [], {}, {name: {} for name in ("guidance", "variation")}
    for number, file in enumerate(files):
        if not file.exists():
            draw_truth(pipe, drawn_of(number), file)
        looks.append(looked_at(file, eyes))
        features = looks[-1]["features"].astype(np.float64)
        middle = features - features.mean(axis=0)
        told = middle @ np.linalg.svd(middle, full_matrices=False)[2][:COMPONENTS].T
        for name, budget, found in of_pictures(features, told, 2, number):
            plane.setdefault((name, budget), []).append(found)
        half = np.arange(GRID * GRID).reshape(GRID, GRID)
        for line, along in (("guidance", half[GRID // 2]), ("variation", half[:, 9])):  # at 0.5, and near guidance 4
            for name, budget, found in of_pictures(features[along], told[along], 1, number):
                lines[line].setdefault((name, budget), []).append(found)
        if number == 0:
            example(file, told)
        print(f"{number + 1} of {count}", flush=True)
    functions: dict[str, dict] = {"wave": {}, "step": {}}
    for function, name, budget, found in of_functions(10):
        functions[function].setdefault((name, budget), []).append(found)
    limits = alike(looks)
    spread = np.mean([_steps(one["features"]).mean() for one in looks])
    parts = [
        f"{count} prompts. Alike below {limits['features']:.2f} (features) and {limits['latents']:.3f} (latents), as "
        f"{100 * limits['share']:.0f}% of the lattice's neighbours are; their mean distance is {spread:.2f}.",
        "**Two settings, nearest shown** (distance of features)\n\n" + table(plane, 0),
        "**Two settings, interpolated**\n\n" + table(plane, 1),
    ]
    for line, found in lines.items():
        parts.append(f"**Along {line}, nearest shown**\n\n" + table(found, 0))
        parts.append(f"**Along {line}, how far off the flip is found** (lengths of the axis)\n\n" + table(found, 2, 3))
    for function, found in functions.items():
        parts.append(f"**The {function}, nearest shown** (10 positions)\n\n" + table(found, 0, 3))
        parts.append(f"**The {function}, interpolated**\n\n" + table(found, 1, 3))
    PAGE.write_text(filled(PAGE.read_text("utf-8"), MARKS, *parts), encoding="utf-8")
    print(json.dumps(limits))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--folder", type=Path, default=Path("outputs/sweeps"), help="for what is drawn (outputs/sweeps)"
    )
    parser.add_argument("--prompts", type=int, default=len(THINGS), help="the first so many alone (20)")
    parser.add_argument("--threads", type=int, default=1, help="of the processor (1)")
    told = parser.parse_args()
    main(told.folder, min(max(told.prompts, 1), len(THINGS)), told.threads)
