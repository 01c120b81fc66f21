"""A judge that knows the answer scores one, and only then."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from evaluation.conftest import COLOURS

from lit.data.compose import Composer
from lit.data.concepts import concept_labels
from lit.evaluation.judge import Judge, judge_composed
from lit.evaluation.prompts import COMPOSED, composed_prompts


def test_a_judge_that_knows_the_answer_scores_one(data):
    """An evaluator that reads the colour off a disc recognises every sticker and every real composite."""
    names, labels = concept_labels(data.stickers)
    rgb = torch.tensor(COLOURS) / 255

    class Reader(torch.nn.Module):
        device, dtype = torch.device("cpu"), torch.float32

        def forward(self, pixels):
            unit = (pixels + 1) / 2
            colour = unit[:, :3].sum((2, 3)) / unit[:, 3:].sum((2, 3)).clamp_min(1e-6)
            return -torch.cdist(colour, rgb), F.one_hot(torch.zeros(len(pixels), dtype=torch.long), 8)

        def concept_logits(self, embeddings, vectors):
            return embeddings

    judge = Judge(Reader(), torch.empty(0))
    images = torch.from_numpy(data.images)
    styles = torch.tensor([s.style_id for s in data.stickers])
    assert judge.scores(images, labels, styles) == {"top1": 1.0, "top5": 1.0, "style": pytest.approx(0.25)}
    composer = Composer(images, data.stickers, data.subset("train"))
    rng = np.random.default_rng(0)
    for kind in COMPOSED:
        pictures, asked = composed_prompts(composer, labels, kind, 20, rng)
        assert {c.kind for c in asked} == {kind} and len(asked) == len(pictures) == 20
        scores = judge_composed(judge, pictures, asked, labels)
        assert scores["right"] >= 0.9
        # the same pictures in another order fit other prompts: the measure must notice
        wrong = judge_composed(judge, pictures.roll(1, 0), asked, labels)
        assert wrong["right"] < 0.6
