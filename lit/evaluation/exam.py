"""What every contender is asked, and what real stickers score there: the same prompts, pairs and noise for each."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from lit.data import StickerData, concept_weights
from lit.data.compose import Composer, Composition
from lit.evaluation.judge import Judge, judge_composed
from lit.evaluation.metrics import frechet_distance, half_transparent
from lit.evaluation.prompts import COMPOSED, composed_prompts, matched_train_pairs
from lit.evaluation.scenes import JUDGED, judge_scenes, scene_prompts
from lit.styles import DATA_STYLES

WORD = "word:"  # how the keys begin of concepts that are no emoji
PROMPTS_PER_KIND = 100
FRECHET_SAMPLES = 2048
CANDIDATES = 3000  # train stickers that composed prompts choose from
SEEDS = {"train": 0, "held_out": 10_000, "unseen": 420_000, "new": 440_000}  # of the pairs, behind the exam's
DIVERSE_PROMPTS, DIVERSE_SEEDS = 64, 8  # half of the prompts from each set of pairs


class Question(NamedTuple):
    """Pictures to draw, as `Painter.draw` takes them: number i shows prompts[i], in the style styles[i], from the
    noise of seed + i.  name: for the progress bar."""

    prompts: list[str]
    styles: list[str | None]
    seed: int
    name: str


@dataclass(frozen=True)
class Exam:
    """All questions of one seed, and the real stickers' figures.

    concepts: how many the evaluator tells apart.  labels: long (stickers,), each one's concept.  styles: long
        (stickers,), by the evaluator's numbers.
    pairs: for "train", "held_out" and, where there are some, "unseen" and "new" (train drawings of what is no emoji)
        the stickers whose name and style are asked for.
    scenes: for each kind of scene its held-out compositions; empty unless asked for.  real_scenes: the scores of their
        real composites ("real"), and the share that passes although the first or the second part is missing.
    composed: for each kind its compositions.  real_composed: the scores of their real composites, and of others made
        of held-out stickers.
    frechet: stickers whose names are asked for, None where they are too few.  held_out_features: (M, D).
    diverse: DIVERSE_SEEDS times each sticker whose name is drawn from so many seeds.
    real_edges: share of half-transparent pixels in the pairs' stickers.
    """

    data: StickerData
    seed: int
    concepts: int
    labels: torch.Tensor
    styles: torch.Tensor
    pairs: dict[str, np.ndarray]
    real_pairs: dict[str, dict[str, float]]
    composed: dict[str, list[Composition]]
    real_composed: dict[str, dict[str, dict[str, float]]]
    frechet_count: int
    frechet: np.ndarray | None
    real_frechet: float | None
    held_out_features: torch.Tensor | None
    diverse: np.ndarray
    real_edges: float
    scenes: dict[str, list[Composition]]
    real_scenes: dict[str, dict]

    @classmethod
    def make(
        cls, judge: Judge, data: StickerData, seed: int = 0, samples: int | None = None, scenes: bool = False
    ) -> "Exam":
        """samples, scenes: as in `lit.evaluation.evaluate.evaluate`. Raises InputError for stickers that are not
        those of the evaluator, or too few."""
        labels, styles = judge.known(data.stickers)
        images, rng = torch.from_numpy(data.images), np.random.default_rng(seed)

        def limit(full: int) -> int:
            return full if samples is None else min(full, samples)

        held_out = data.subset("test")
        held_out = held_out[(labels[held_out] >= 0).numpy()]
        held_out = rng.permutation(held_out)[: limit(len(held_out))]
        pairs = {"train": matched_train_pairs(data, labels, held_out, rng), "held_out": held_out}
        if len(never := data.subset("unseen")):  # its own lot, so that the others' stays what it is without
            pairs["unseen"] = np.random.default_rng(seed).permutation(never)[: limit(len(never))]
        learned = data.subset("train")
        new = np.array([i for i in learned if data.stickers[i].key.startswith(WORD) and labels[i] >= 0], dtype=np.int64)
        if len(new):
            weights = concept_weights(data.stickers, new)
            some = min(limit(len(held_out)), int((weights > 0).sum()))
            pairs["new"] = np.random.default_rng(seed).choice(new, some, replace=False, p=weights)
        stickers = {name: images[torch.from_numpy(rows)] for name, rows in pairs.items()}
        each = max(1, limit(DIVERSE_PROMPTS) // 2)

        train, test = (
            np.array([i for i in data.subset(split) if labels[i] >= 0 and not data.stickers[i].has_skin_tone])
            for split in ("train", "test")
        )
        asked = Composer(images, data.stickers, rng.choice(train, min(CANDIDATES, len(train)), replace=False))
        unseen = Composer(images, data.stickers, test)
        composed, real_composed = {}, {}
        for kind in COMPOSED:
            real, composed[kind] = composed_prompts(asked, labels, kind, limit(PROMPTS_PER_KIND), rng)
            other, others = composed_prompts(unseen, labels, kind, limit(PROMPTS_PER_KIND), rng)
            real_composed[kind] = {
                "real": judge_composed(judge, real, composed[kind], labels),
                "real_held_out": judge_composed(judge, other, others, labels),
            }

        staged, real_scenes = {}, {}
        if scenes:
            rng_scenes = np.random.default_rng([seed, 1])  # of their own: all else is asked as without them
            composer = Composer(images, data.stickers, train, reserved=True)
            for kind in JUDGED:
                staged[kind], pictures = scene_prompts(composer, labels, kind, limit(PROMPTS_PER_KIND), rng_scenes)
                whole, *missing = (
                    judge_scenes(judge, some, staged[kind], labels, judge.evaluator.config.concepts)
                    for some in pictures
                )
                real_scenes[kind] = {"real": whole, "incomplete": [score["right"] for score in missing]}

        count, train, test = limit(FRECHET_SAMPLES), data.subset("train"), data.subset("test")
        frechet = real_frechet = features = None
        if min(count, len(test)) > judge.evaluator.config.feature_dim:
            # The same concepts and styles in both sets, drawn with the training weights.
            frechet = rng.choice(train, count, p=concept_weights(data.stickers, train))
            features = judge.features(images[torch.from_numpy(test)])
            real_frechet = frechet_distance(judge.features(images[torch.from_numpy(frechet)]), features)
        return cls(
            data=data,
            seed=seed,
            concepts=len(judge.evaluator.config.concepts),
            labels=labels,
            styles=styles,
            pairs=pairs,
            real_pairs={name: judge.scores(stickers[name], labels[rows], styles[rows]) for name, rows in pairs.items()},
            composed=composed,
            real_composed=real_composed,
            frechet_count=count,
            frechet=frechet,
            real_frechet=real_frechet,
            held_out_features=features,
            diverse=np.concatenate([pairs[name][:each] for name in ("train", "held_out")]).repeat(DIVERSE_SEEDS),
            real_edges=float(half_transparent(torch.cat(list(stickers.values()))).mean()),
            scenes=staged,
            real_scenes=real_scenes,
        )

    def about(self, rows: np.ndarray, seed: int, name: str) -> Question:
        """These stickers' names and styles."""
        stickers = [self.data.stickers[i] for i in rows]
        return Question([s.name for s in stickers], [s.style for s in stickers], self.seed + seed, name)

    def questions(self) -> dict[str, Question]:
        """All there is to draw, by the names of sets and kinds."""
        asked = {name: self.about(rows, SEEDS[name], f"{name} pairs") for name, rows in self.pairs.items()}
        for number, (kind, prompts) in enumerate(self.composed.items()):
            captions, styles = [c.caption for c in prompts], [DATA_STYLES[c.style_id] for c in prompts]
            asked[kind] = Question(captions, styles, self.seed + 10_000 * (number + 2), f"{kind}s")
        if self.frechet is not None:
            asked["frechet"] = self.about(self.frechet, 100_000, "for the Fréchet distance")
        for number, (kind, scenes) in enumerate(self.scenes.items()):
            captions, styles = [c.caption for c in scenes], [DATA_STYLES[c.style_id] for c in scenes]
            asked[kind] = Question(captions, styles, self.seed + 300_000 + 10_000 * number, f"scenes, {kind}")
        asked["diverse"] = self.about(self.diverse, 200_000, "for the diversity")
        return asked
