"""Measure a sticker model with the evaluator: first the evaluator on real stickers, then the model.

Every figure of the model stands beside what real stickers get from the same measure, so that the reader can
judge the measure too. Prompts, pairs and noise follow from one seed.
"""

import numpy as np
import torch

from lit.data import StickerData, concept_weights
from lit.data.compose import Composer
from lit.data.concepts import concept_labels
from lit.errors import InputError
from lit.evaluation.judge import Judge, judge_composed
from lit.evaluation.metrics import frechet_distance
from lit.evaluation.painter import Painter
from lit.evaluation.prompts import COMPOSED, composed_prompts, matched_train_pairs
from lit.models.evaluator import StickerEvaluator
from lit.pipeline import LiTPipeline
from lit.styles import STYLES

PROMPTS_PER_KIND = 100
FRECHET_SAMPLES = 2048
CANDIDATES = 3000  # train stickers that composed prompts choose from


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

    plain = np.array([i for i, s in enumerate(data.stickers) if labels[i] >= 0 and not s.has_skin_tone])
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
