"""Measure sticker models with the evaluator: first the evaluator on real stickers, then each contender.

A contender is a model with a scheduler, a number of steps and a guidance scale (`Painter`). All of them draw the same
prompts from the same noise, and one is the base line that the others are measured against. Every figure stands beside
what real stickers get from the same measure, so that the reader can judge the measure too.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch

from lit.data import StickerData
from lit.device import dtype_name
from lit.evaluation.bars import against
from lit.evaluation.exam import DIVERSE_SEEDS, Exam
from lit.evaluation.judge import Judge, judge_composed
from lit.evaluation.metrics import frechet_distance, half_transparent, mean_pairwise_distance, psnr
from lit.evaluation.painter import Painter
from lit.evaluation.scenes import judge_scenes
from lit.models.evaluator import StickerEvaluator
from lit.styles import DATA_STYLES


class Drawn(NamedTuple):
    """The pairs' pictures uint8 (N, 4, S, S) and their features (N, D)."""

    pictures: torch.Tensor
    features: torch.Tensor


def evaluate(
    painters: Sequence[Painter],
    evaluator: StickerEvaluator,
    data: StickerData,
    baseline: int = 0,
    seed: int = 0,
    samples: int | None = None,
    scenes: bool = False,
) -> dict:
    """All figures, as a dictionary for JSON: {"baseline": number, "contenders": [a report for each painter]};
    `lit.evaluation.report` makes a table of it.

    baseline: the painter whose figures the others' are measured against.
    samples: at most so many pictures of each set (pairs, prompts of a kind, Fréchet, prompts of the diversity); None
        for all 793 pairs, 100 prompts, 2,048 pictures and 64 prompts. The Fréchet distance needs more pictures than
        the evaluator has features, and is None below that.
    scenes: ask for held-out scenes, too (100 of each kind); all other questions stay the same.
    """
    judge = Judge.make(evaluator.eval(), painters[baseline].pipe.text_encoder)
    exam = Exam.make(judge, data, seed, samples, scenes)
    reports = {}
    reports[baseline], reference = examine(exam, judge, painters[baseline])
    for number, painter in enumerate(painters):
        if number != baseline:
            report, drawn = examine(exam, judge, painter)
            report["to_baseline"] = {
                "psnr": psnr(drawn.pictures, reference.pictures),
                "feature_distance": float((drawn.features - reference.features).norm(dim=1).mean()),
            }
            reports[number] = report
        reports[number]["against_baseline"] = against(reports[number], reports[baseline])
        reports[number]["settings"]["samples"] = samples
    return {"baseline": baseline, "contenders": [reports[number] for number in range(len(painters))]}


def examine(exam: Exam, judge: Judge, painter: Painter) -> tuple[dict, Drawn]:
    """One contender's report, and what it drew for the pairs."""
    questions = exam.questions()
    encode_once(painter, [prompt for question in questions.values() for prompt in question.prompts])
    drawn = {name: painter.draw(*questions[name]) for name in exam.pairs}
    report = {
        "settings": {
            "model": painter.model, "weights_sha256": painter.pipe.weights_sha256, "scheduler": painter.scheduler,
            "steps": painter.steps, "guidance": painter.guidance, "seed": exam.seed,
            "device": str(judge.evaluator.device), "dtype": dtype_name(painter.pipe.transformer.dtype),
        },
        "concepts": exam.concepts, "pairs": {}, "composed": {},
    }  # fmt: skip

    for name, rows in exam.pairs.items():
        model, real = judge.scores(drawn[name], exam.labels[rows], exam.styles[rows]), exam.real_pairs[name]
        share = {score: model[score] / real[score] if real[score] else None for score in model}
        chance = {f"top{n}": min(1.0, n / exam.concepts) for n in (1, 5)}
        report["pairs"][name] = {"n": len(rows), "real": real, "model": model, "share": share, "chance": chance}

    for kind, prompts in exam.composed.items():
        pictures = painter.draw(*questions[kind])
        report["composed"][kind] = {
            "n": len(prompts),
            "model": judge_composed(judge, pictures, prompts, exam.labels),
            **exam.real_composed[kind],
            "prompts": [f"{c.caption}, {DATA_STYLES[c.style_id]}" for c in prompts],
        }

    for kind, scenes in exam.scenes.items():
        pictures = painter.draw(*questions[kind])
        report.setdefault("scenes", {})[kind] = {
            "n": len(scenes),
            "model": judge_scenes(judge, pictures, scenes, exam.labels, judge.evaluator.config.concepts),
            **exam.real_scenes[kind],
            "prompts": [f"{c.caption}, {DATA_STYLES[c.style_id]}" for c in scenes],
        }

    report["frechet"] = {"n": exam.frechet_count, "model": None, "train_reals": exam.real_frechet}
    if exam.held_out_features is not None:
        features = judge.features(painter.draw(*questions["frechet"]))
        report["frechet"]["model"] = frechet_distance(features, exam.held_out_features)

    seeds = judge.features(painter.draw(*questions["diverse"])).unflatten(0, (-1, DIVERSE_SEEDS))
    report["diversity"] = {"n": len(seeds), "seeds": DIVERSE_SEEDS, "model": mean_pairwise_distance(seeds)}
    pictures = torch.cat(list(drawn.values()))
    report["alpha_edges"] = {
        "n": len(pictures), "model": float(half_transparent(pictures).mean()), "real": exam.real_edges,
    }  # fmt: skip
    report["images_per_second"] = painter.images / painter.seconds
    report["images_drawn"] = painter.images
    return report, Drawn(pictures, judge.features(pictures))


def encode_once(painter: Painter, prompts: list[str]):
    """Let the text encoder read and keep them: the next contender asks for the same, and drawing is timed without."""
    encoder = painter.pipe.text_encoder
    encoder.cached_prompts = max(encoder.cached_prompts, len(set(prompts)) + 1)
    for prompt in prompts:
        encoder([prompt])
