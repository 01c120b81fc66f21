"""What a model is asked to draw: stickers, composed prompts with one right answer, the contact sheet's."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch

from lit.data import StickerData
from lit.data.compose import Composer, Composition
from lit.errors import InputError
from lit.evaluation.metrics import DIRECTIONS, count_objects
from lit.pixels import bytes_to_pixels, unit_to_bytes
from lit.styles import split_style

PROMPTS_FILE = Path(__file__).with_name("prompts.txt")
UNSEEN_PROMPTS_FILE = Path(__file__).with_name("unseen_prompts.txt")
COMPOSED = ("color", "count", "relation")


def matched_train_pairs(
    data: StickerData, labels: torch.Tensor, held_out: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """For each held-out sticker a random train one of its style, with skin tone where it has one."""
    groups = defaultdict(list)
    for i in data.subset("train").tolist():
        if labels[i] >= 0:  # the bare swatches of skin are no concept
            groups[data.stickers[i].style, data.stickers[i].has_skin_tone].append(i)
    chosen = []
    for i in held_out.tolist():
        group = groups[data.stickers[i].style, data.stickers[i].has_skin_tone]
        if not group:
            raise InputError("--data", data.stickers[i].style, "train stickers of every held-out style")
        chosen.append(group.pop(int(rng.integers(len(group)))) if len(group) > 1 else group[0])
    return np.array(chosen, dtype=np.int64)


def composed_prompts(
    composer: Composer, labels: torch.Tensor, kind: str, count: int, rng: np.random.Generator
) -> tuple[torch.Tensor, list[Composition]]:
    """`count` composed prompts that have one right answer, with the real composites: uint8 (n, 4, S, S).

    Counted and placed objects keep their own colours; a counted object is one piece in its own drawing;
    only the relations of DIRECTIONS are asked for. Raises InputError if the data hold too few such stickers.
    """
    images, kept = [], []
    for _ in range(200):
        pixels, drawn = composer.draw(min(2 * count, 128), rng, kind)
        for picture, composition in zip(pixels, drawn, strict=True):
            if len(kept) < count and _has_one_answer(composer, labels, composition):
                images.append(unit_to_bytes(picture))
                kept.append(composition)
        if len(kept) == count:
            return torch.stack(images), kept
    raise InputError("--data", f"{len(kept)} prompts of kind {kind}", f"stickers for {count} of them")


def _has_one_answer(composer: Composer, labels: torch.Tensor, composition: Composition) -> bool:
    parts = composition.parts
    if any(labels[part.sticker] < 0 for part in parts):
        return False
    if composition.kind == "color":
        return True
    if any(part.color for part in parts):
        return False
    if composition.kind == "count":
        drawing = bytes_to_pixels(composer.images[parts[0].sticker][None])
        return count_objects(drawing) == [1]
    return composition.relation in DIRECTIONS and len({int(labels[part.sticker]) for part in parts}) == 2


def read_prompts(file: Path = PROMPTS_FILE, styles: Iterable[str] | None = None) -> list[tuple[str, str | None]]:
    """A file's prompts, one a line, the style behind the last comma: (prompt, style). styles: of a model, None for
    those in use; what it does not know is a word like others."""
    return [split_style(line, styles) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
