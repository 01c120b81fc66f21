"""Measure a sticker model with the evaluator: first the evaluator on real stickers, then the model.

Every figure of the model stands beside what real stickers get from the same measure, so that the reader can
judge the measure too. Prompts, pairs and noise follow from one seed.
"""

import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from lit.data import StickerData, concept_weights
from lit.data.colors import color_of
from lit.data.compose import Composer, Composition
from lit.data.concepts import concept_labels, is_plain
from lit.errors import InputError
from lit.evaluation.metrics import (
    DIRECTIONS,
    count_objects,
    frechet_distance,
    largest_object,
    ranks,
    relation_right,
    split_in_two,
)
from lit.models.evaluator import StickerEvaluator
from lit.pipeline import LiTPipeline
from lit.settings import GenerationSettings
from lit.styles import STYLES, split_style

PROMPTS_FILE = Path(__file__).with_name("prompts.txt")
COMPOSED = ("color", "count", "relation")
PROMPTS_PER_KIND = 100
FRECHET_SAMPLES = 2048
CANDIDATES = 3000  # train stickers that composed prompts choose from
CROP = 128  # pixels, the side of an object's crop


@dataclass
class Judge:
    """The evaluator with the sentence vectors of its concepts.

    vectors: (K, D) on the evaluator's device. Pictures come as uint8 (N, 4, H, W), premultiplied RGBA.
    """

    evaluator: StickerEvaluator
    vectors: torch.Tensor
    batch_size: int = 256

    @classmethod
    def make(cls, evaluator: StickerEvaluator, text_encoder) -> "Judge":
        """Embed the names of the evaluator's concepts."""
        vectors = text_encoder.pooled(list(evaluator.config.concepts))
        return cls(evaluator, vectors.to(evaluator.device, evaluator.dtype))

    def _parts(self, images: torch.Tensor):
        for part in images.split(self.batch_size):
            yield part.to(self.evaluator.device).float() / 127.5 - 1.0

    @torch.no_grad()
    def logits(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Concept logits (N, K) and style logits (N, styles), on the CPU."""
        out = []
        for pixels in self._parts(images):
            embeddings, style = self.evaluator(pixels)
            out.append((self.evaluator.concept_logits(embeddings, self.vectors).cpu(), style.cpu()))
        return torch.cat([concept for concept, _ in out]), torch.cat([style for _, style in out])

    @torch.no_grad()
    def features(self, images: torch.Tensor) -> torch.Tensor:
        """Penultimate features (N, D), on the CPU."""
        return torch.cat([self.evaluator.features(pixels).cpu() for pixels in self._parts(images)])

    def scores(self, images: torch.Tensor, labels: torch.Tensor, styles: torch.Tensor) -> dict[str, float]:
        """Shares of pictures whose concept is first, among the first five, and whose style is right."""
        concept, style = self.logits(images)
        place = ranks(concept, labels)
        return {
            "top1": float((place < 1).float().mean()),
            "top5": float((place < 5).float().mean()),
            "style": float((style.argmax(1) == styles).float().mean()),
        }


# What to draw


def matched_train_pairs(
    data: StickerData, labels: torch.Tensor, held_out: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """For each held-out sticker a random train one of its style, with skin tone where it has one."""
    groups = defaultdict(list)
    for i in data.subset("train").tolist():
        if labels[i] >= 0:  # the bare swatches of skin are no concept
            groups[data.stickers[i].style, is_plain(data.stickers[i])].append(i)
    chosen = []
    for i in held_out.tolist():
        group = groups[data.stickers[i].style, is_plain(data.stickers[i])]
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
                images.append((picture * 255.0).round().to(torch.uint8).cpu())
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
        drawing = composer.images[parts[0].sticker][None].float() / 127.5 - 1.0
        return count_objects(drawing) == [1]
    return composition.relation in DIRECTIONS and len({int(labels[part.sticker]) for part in parts}) == 2


def read_prompts(file: Path = PROMPTS_FILE) -> list[tuple[str, str | None]]:
    """The contact sheet's prompts: (prompt, style), one a line, the style behind the last comma."""
    return [split_style(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]


# Drawing


@dataclass
class Painter:
    """Draws many pictures, each from its own seed and in its own style, on an accelerator in large batches.

    pipe: a LiTPipeline, drawn with its default scheduler.
    steps, guidance: as in GenerationSettings.  images, seconds: drawn so far, and how long that took.
    """

    pipe: LiTPipeline
    steps: int
    guidance: float
    batch_size: int
    images: int = 0
    seconds: float = 0.0

    def draw(self, prompts: list[str], styles: list[int | None], seed: int, what: str) -> torch.Tensor:
        """uint8 (N, 4, S, S) premultiplied RGBA on the CPU, of the size that the network was trained for;
        picture i has the seed `seed + i`.

        styles: style ids, None for no style.  what: the progress bar's words.
        """
        start, coder = time.perf_counter(), self.pipe.autoencoder
        side = self.pipe.transformer.config.sample_size * coder.downscale
        settings = [
            GenerationSettings(
                prompt=prompt,
                style=None if style is None else self.pipe.styles[style],
                num_inference_steps=self.steps,
                guidance_scale=self.guidance,
                height=side,
                width=side,
                seed=seed + i,
                scheduler=self.pipe.schedulers[0],
            )
            for i, (prompt, style) in enumerate(zip(prompts, styles, strict=True))
        ]
        at_once = None if self.pipe.transformer.device.type == "cpu" else self.batch_size
        run = self.pipe.start(settings, output_type="latent", images_at_once=at_once)
        bar = tqdm(run, total=len(prompts), desc=f"Drawing {what}", unit="img")
        latents = torch.stack([drawing.image for drawing in bar]).to(coder.dtype)
        with torch.no_grad():
            pictures = torch.cat([to_bytes(coder.decode(part)) for part in latents.split(self.batch_size)])
        self.images += len(prompts)
        self.seconds += time.perf_counter() - start
        return pictures


def to_bytes(pixels: torch.Tensor) -> torch.Tensor:
    """Pixels in [-1, 1] -> uint8 on the CPU, colour no more than its alpha (as a PNG would hold it)."""
    unit = (pixels.float() / 2.0 + 0.5).clamp(0.0, 1.0)
    unit = torch.cat([unit[:, :3].minimum(unit[:, 3:]), unit[:, 3:]], 1)
    return (unit * 255.0).round().to(torch.uint8).cpu()


# Judging


def judge_composed(
    judge: Judge, images: torch.Tensor, compositions: list[Composition], labels: torch.Tensor
) -> dict[str, float]:
    """Shares of pictures of one kind that show what was asked. images: uint8 (n, 4, S, S).

    color: "right" if `color_of` reads the word; "with_object" if, besides, the object is among the
        evaluator's first five concepts.
    count: "right" if the components are as many as asked; "with_object" if, besides, the largest of them,
        cropped, has the object among its first five.
    relation: "right" as in `relation_right` (both objects recognised in their places), "order" as there.
    """
    kind = compositions[0].kind
    concepts = torch.stack([labels[c.parts[0].sticker] for c in compositions])
    pixels = images.float() / 127.5 - 1.0
    if kind == "relation":
        return _judge_relations(judge, pixels, compositions, labels)
    if kind == "color":
        words = color_of(images.float() / 255.0)
        right = torch.tensor([word == c.parts[0].color for word, c in zip(words, compositions, strict=True)])
        seen = images
    else:
        counts = count_objects(pixels)
        right = torch.tensor([count == c.count for count, c in zip(counts, compositions, strict=True)])
        seen = to_bytes(largest_object(pixels, CROP))
    known = ranks(judge.logits(seen)[0], concepts) < 5
    return {"right": float(right.float().mean()), "with_object": float((right & known).float().mean())}


def _judge_relations(judge, pixels, compositions, labels) -> dict[str, float]:
    crops = []
    for picture, composition in zip(pixels, compositions, strict=True):
        axis, comes_first = DIRECTIONS[composition.relation]
        parts = split_in_two(picture, axis, CROP)
        crops += parts if comes_first else parts[::-1]
    logits = judge.logits(to_bytes(torch.stack(crops)))[0]
    verdicts = [
        relation_right(logits[2 * i], logits[2 * i + 1], *(int(labels[part.sticker]) for part in c.parts))
        for i, c in enumerate(compositions)
    ]
    right, order = (float(np.mean(column)) for column in zip(*verdicts, strict=True))
    return {"right": right, "order": order}


def shares(model: dict[str, float], real: dict[str, float]) -> dict[str, float | None]:
    """The model's scores as shares of the real stickers' scores; None where those are zero."""
    return {name: model[name] / real[name] if real[name] else None for name in model}


def evaluate(
    pipe: LiTPipeline,
    evaluator: StickerEvaluator,
    data: StickerData,
    steps: int = 20,
    guidance: float = 4.0,
    seed: int = 0,
    samples: int | None = None,
    batch_size: int = 256,
) -> dict:
    """All figures of one model, as a dictionary for JSON; `lit.evaluation.report` makes a table of it.

    samples: at most so many pictures of each set (pairs, prompts of a kind, Fréchet); None for all 793 pairs,
        100 prompts and 2,048 pictures. The Fréchet distance needs more pictures than the evaluator has
        features, and is None below that.
    """
    names, labels = concept_labels(data.stickers)
    if list(evaluator.config.concepts) != names:
        raise InputError("--data", f"{len(names)} concepts", "the stickers that the evaluator was trained on")
    judge = Judge.make(evaluator.eval(), pipe.text_encoder)
    painter = Painter(pipe, steps, guidance, batch_size)
    images, rng = torch.from_numpy(data.images), np.random.default_rng(seed)
    styles = torch.tensor([s.style_id for s in data.stickers])

    def limit(full: int) -> int:
        return full if samples is None else min(full, samples)

    held_out = data.subset("test")
    held_out = held_out[(labels[held_out] >= 0).numpy()]
    held_out = rng.permutation(held_out)[: limit(len(held_out))]
    pairs = {"train": matched_train_pairs(data, labels, held_out, rng), "held_out": held_out}
    report = {
        "settings": {"steps": steps, "guidance": guidance, "seed": seed, "samples": samples,
                     "device": str(evaluator.device), "dtype": str(pipe.transformer.dtype).split(".")[-1]},
        "concepts": len(names), "pairs": {}, "composed": {},
    }  # fmt: skip

    for number, (name, rows) in enumerate(pairs.items()):
        stickers = [data.stickers[i] for i in rows]
        drawn = painter.draw(
            [s.name for s in stickers],
            [s.style_id for s in stickers],
            seed + 10_000 * number,
            f"{name} pairs",
        )
        real = judge.scores(images[torch.from_numpy(rows)], labels[rows], styles[rows])
        model = judge.scores(drawn, labels[rows], styles[rows])
        report["pairs"][name] = {"n": len(rows), "real": real, "model": model, "share": shares(model, real)}

    plain = np.array([i for i, s in enumerate(data.stickers) if labels[i] >= 0 and is_plain(s)])
    split = np.array([data.stickers[i].split for i in plain])
    train, test = plain[split == "train"], plain[split == "test"]
    asked = Composer(images, data.stickers, rng.choice(train, min(CANDIDATES, len(train)), replace=False))
    unseen = Composer(images, data.stickers, test)
    for number, kind in enumerate(COMPOSED):
        real, prompts = composed_prompts(asked, labels, kind, limit(PROMPTS_PER_KIND), rng)
        real_unseen, unseen_prompts = composed_prompts(unseen, labels, kind, limit(PROMPTS_PER_KIND), rng)
        drawn = painter.draw(
            [c.caption for c in prompts],
            [c.style_id for c in prompts],
            seed + 10_000 * (number + 2),
            f"{kind}s",
        )
        report["composed"][kind] = {
            "n": len(prompts),
            "model": judge_composed(judge, drawn, prompts, labels),
            "real": judge_composed(judge, real, prompts, labels),
            "real_held_out": judge_composed(judge, real_unseen, unseen_prompts, labels),
            "prompts": [f"{c.caption}, {STYLES[c.style_id]}" for c in prompts],
        }

    report["frechet"] = measure_frechet(judge, painter, data, images, limit(FRECHET_SAMPLES), seed, rng)
    report["images_per_second"] = painter.images / painter.seconds
    report["images_drawn"] = painter.images
    return report


def measure_frechet(judge, painter, data, images, count: int, seed: int, rng) -> dict[str, float | int | None]:
    """Distance to the held-out stickers of `count` drawings and, as the floor, of as many train stickers.

    Both sets have the same concepts and styles, drawn with the training weights.
    """
    test, train = data.subset("test"), data.subset("train")
    if min(count, len(test)) <= judge.evaluator.config.feature_dim:
        return {"n": count, "model": None, "train_reals": None}
    rows = rng.choice(train, count, p=concept_weights(data.stickers, train))
    stickers = [data.stickers[i] for i in rows]
    drawn = painter.draw(
        [s.name for s in stickers], [s.style_id for s in stickers], seed + 100_000, "for the Fréchet distance"
    )
    held_out = judge.features(images[torch.from_numpy(test)])
    return {
        "n": count,
        "model": frechet_distance(judge.features(drawn), held_out),
        "train_reals": frechet_distance(judge.features(images[torch.from_numpy(rows)]), held_out),
    }
