"""Whether a picture shows a scene: both parts recognised, each where it should be.

Nobody knows where a generated picture has its hat; it is known roughly: at the top of what is drawn. So each part is
looked for in a few crops of the region where it belongs, and counts as recognised if the evaluator has it among the
first TOP concepts in one of them. Parts are hidden in part by one another, and the evaluator has seen whole stickers
only: how often it recognises real composites, and how rarely those that lack a part, stands beside each figure.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from lit.data.compose import Composer
from lit.data.composition import Composition, Layer
from lit.errors import InputError
from lit.evaluation.judge import CROP, Judge
from lit.evaluation.metrics import TOP, crop_object, ranks
from lit.pixels import alpha_of, bytes_to_pixels, pixels_to_bytes, unit_to_bytes

JUDGED = ("wearing", "holding", "riding", "inside", "behind", "face", "sizes", "things")
Region = tuple[float, float, float, float]  # x0, y0, x1, y1, in shares of the box of what is drawn
WHOLE = (0.0, 0.0, 1.0, 1.0)
LEFT, RIGHT = (0.0, 0.0, 0.5, 1.0), (0.5, 0.0, 1.0, 1.0)
TOPS = ((0.0, 0.0, 1.0, 0.5), (0.15, 0.0, 0.85, 0.5), (0.1, 0.0, 0.9, 0.38), (0.2, 0.0, 0.8, 0.6))
BOTTOMS = ((0.0, 0.3, 1.0, 1.0), (0.0, 0.42, 1.0, 1.0), (0.0, 0.5, 1.0, 1.0))
SIDES = ((0.0, 0.2, 0.45, 1.0), (0.55, 0.2, 1.0, 1.0), (0.0, 0.3, 0.38, 0.9), (0.62, 0.3, 1.0, 0.9))
# Where the first and the second part of a composition are looked for, by its relation.
REGIONS: dict[str, tuple[tuple[Region, ...], tuple[Region, ...]]] = {
    "hat": ((WHOLE, *BOTTOMS), TOPS),
    "glasses": (
        (WHOLE,),
        ((0.0, 0.15, 1.0, 0.65), (0.1, 0.25, 0.9, 0.65), (0.0, 0.3, 1.0, 0.7), (0.2, 0.15, 0.8, 0.45)),
    ),
    "scarf": (
        (WHOLE, (0.0, 0.0, 1.0, 0.7), (0.0, 0.0, 1.0, 0.8)),
        ((0.0, 0.5, 1.0, 1.0), (0.15, 0.55, 0.85, 1.0), (0.2, 0.65, 0.8, 1.0)),
    ),
    "holding": ((WHOLE, (0.25, 0.0, 1.0, 1.0), (0.0, 0.0, 0.75, 1.0)), (*SIDES, LEFT, RIGHT)),
    "riding": (TOPS, (WHOLE, *BOTTOMS)),
    "in": (TOPS, (WHOLE, *BOTTOMS)),
    "behind": (
        (LEFT, RIGHT, (0.0, 0.0, 0.45, 0.8), (0.55, 0.0, 1.0, 0.8), (0.0, 0.0, 0.6, 0.9), (0.4, 0.0, 1.0, 0.9)),
        ((0.0, 0.1, 0.7, 1.0), (0.3, 0.1, 1.0, 1.0), (0.0, 0.2, 0.6, 1.0), (0.4, 0.2, 1.0, 1.0)),
    ),
    "peeking": ((*TOPS, LEFT, RIGHT), (WHOLE, *BOTTOMS, (0.0, 0.0, 0.75, 1.0), (0.25, 0.0, 1.0, 1.0))),
}
REGIONS["in front of"] = REGIONS["behind"][::-1]
# Of a face on a thing, by what separates real composites from things without: the thing is half hidden, the face is
# some face emoji. Its mood is not judged: the evaluator tells no more than a third of real ones.
UNDER_FACE, FACE_TOP = 50, 3
FACE = ((0.15, 0.15, 0.85, 0.85), (0.25, 0.25, 0.75, 0.75), (0.2, 0.3, 0.8, 0.9), (0.1, 0.3, 0.9, 0.9))


def boxes(pixels: torch.Tensor) -> torch.Tensor:
    """(x0, y0, x1, y1) of alpha above a half in pixels (n, 4, S, S), long (n, 4), the whole of an empty one."""
    opaque = alpha_of(pixels) > 0.5
    size = pixels.shape[-1]
    edges = []
    for picture in opaque:
        rows, columns = picture.any(1).nonzero()[:, 0], picture.any(0).nonzero()[:, 0]
        there = len(rows) > 0
        edges.append([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1] if there else [0, 0, size, size])
    return torch.tensor(edges)


def crops(picture: torch.Tensor, box: torch.Tensor, regions: Sequence[Region]) -> list[torch.Tensor]:
    """Regions of the box of one picture (4, S, S), each as a square (4, CROP, CROP)."""
    x0, y0, x1, y1 = box.tolist()
    out = []
    for left, top, right, bottom in regions:
        rows = slice(round(y0 + top * (y1 - y0)), max(round(y0 + bottom * (y1 - y0)), round(y0 + top * (y1 - y0)) + 1))
        columns = slice(
            round(x0 + left * (x1 - x0)), max(round(x0 + right * (x1 - x0)), round(x0 + left * (x1 - x0)) + 1)
        )
        out.append(crop_object(picture[:, rows, columns], CROP))
    return out


def judge_scenes(
    judge: Judge, images: torch.Tensor, compositions: list[Composition], labels: torch.Tensor, names: Sequence[str]
) -> dict[str, float]:
    """Shares of pictures that show what was asked. images: uint8 (n, 4, S, S).  names: of the concepts.

    right: both parts are recognised where they belong; of sizes and things each in another crop than the others;
        of a face the thing, and in it some face.
    first, second: the one part, or the other (of a face: the thing, the face).
    """
    pixels = bytes_to_pixels(images)
    faces = [number for number, name in enumerate(names) if name.endswith(" face")]
    looked: list[torch.Tensor] = []
    asked: list[list[tuple[list[int], slice]]] = []  # of each picture its parts: concepts that would do, and crops

    def look(concepts: list[int], some: list[torch.Tensor]) -> tuple[list[int], slice]:
        looked.extend(some)
        return concepts, slice(len(looked) - len(some), len(looked))

    for picture, box, scene in zip(pixels, boxes(pixels), compositions, strict=True):
        concepts = [[int(labels[part.sticker])] for part in scene.parts]
        if scene.kind == "face":
            places, concepts = ((WHOLE, *FACE), FACE), [*concepts, faces]
        elif scene.relation in REGIONS:
            places = REGIONS[scene.relation]
        else:
            places = [_everywhere(len(scene.parts))] * len(scene.parts)
        asked.append([look(which, crops(picture, box, where)) for which, where in zip(concepts, places, strict=True)])
    logits = judge.logits(pixels_to_bytes(torch.stack(looked)))[0]

    verdicts = []
    for scene, parts in zip(compositions, asked, strict=True):
        known = [_best(logits[where], concepts) for concepts, where in parts]
        tops = (UNDER_FACE, FACE_TOP) if scene.kind == "face" else (TOP,) * len(known)
        found = [rank < top for (rank, _), top in zip(known, tops, strict=True)]
        apart = len({place for _, place in known}) == len(known) or scene.relation in REGIONS or scene.kind == "face"
        verdicts.append((all(found) and apart, found[0], all(found[1:])))
    right, first, second = (float(np.mean(column)) for column in zip(*verdicts, strict=True))
    return {"right": right, "first": first, "second": second}


def scene_prompts(
    composer: Composer, labels: torch.Tensor, kind: str, count: int, rng: np.random.Generator
) -> tuple[list[Composition], list[torch.Tensor]]:
    """`count` scenes of a kind with different concepts that the evaluator knows, of things two, and their real
    composites, uint8 (n, 4, S, S): whole, without the first part, and without the second. Raises InputError for too few
    stickers."""
    scenes: list[Composition] = []
    for _ in range(50 * count):
        if len(scenes) == count:
            break
        scene = composer.plan(kind, rng)
        concepts = [int(labels[part.sticker]) for part in scene.parts]
        if min(concepts) >= 0 and len(set(concepts)) == len(concepts) < 3:
            scenes.append(scene)
    if len(scenes) < count:
        raise InputError("--data", f"{len(scenes)} scenes ({kind})", f"stickers for {count} of them")
    variants = [scenes, [without(scene, 0) for scene in scenes], [without(scene, 1) for scene in scenes]]
    return scenes, [unit_to_bytes(composer.paint(some, rng)) for some in variants]


def _everywhere(count: int) -> tuple[Region, ...]:
    """Regions of things side by side: parts of the box's width, and for three the upper and the lower half too."""
    cuts = (0.35, 0.5, 0.65) if count == 2 else (0.33, 0.5, 0.67)
    sides = [part for cut in cuts for part in ((0.0, 0.0, cut, 1.0), (cut, 0.0, 1.0, 1.0))]
    if count == 2:
        return (*sides, (0.0, 0.5, 0.3, 1.0), (0.7, 0.5, 1.0, 1.0))
    halves = [(0.0, 0.5, 0.5, 1.0), (0.5, 0.5, 1.0, 1.0), (0.33, 0.0, 0.67, 1.0), (0.0, 0.0, 1.0, 0.5)]
    return (*sides, *halves, (0.25, 0.0, 0.75, 0.5))


def _best(logits: torch.Tensor, concepts: list[int]) -> tuple[int, int]:
    """The best place of any of some concepts in any of the crops (c, K), and the crop where it is."""
    places = torch.stack([ranks(logits, [concept] * len(logits)) for concept in concepts]).min(0).values
    return int(places.min()), int(places.argmin())


def without(scene: Composition, part: int) -> Composition:
    """The same scene with one of its parts not painted (of a face: 1 is the face): it must not pass."""
    layers = [one if isinstance(one, Layer) else Layer(one.sticker, one.box, one.color) for one in scene.painted()]
    if scene.kind == "face":
        return replace(scene, layers=tuple(one for one in layers if one.features == (part == 0)))
    gone = scene.parts[part].sticker
    return replace(scene, layers=tuple(one for one in layers if one.sticker != gone))
