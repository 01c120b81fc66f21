"""Scenes are judged where their parts should be."""

import numpy as np
import pytest
import torch
from evaluation.conftest import COLOURS

from lit.data.compose import Composer
from lit.data.concepts import concept_labels
from lit.evaluation.judge import Judge
from lit.evaluation.scenes import boxes, crops, judge_scenes, scene_prompts


class Reader(torch.nn.Module):
    """Reads the colour off a disc; a colour in between is one of sixty other concepts."""

    device, dtype = torch.device("cpu"), torch.float32

    def forward(self, pixels):
        unit = (pixels + 1) / 2
        colour = unit[:, :3].sum((2, 3)) / unit[:, 3:].sum((2, 3)).clamp_min(1e-6)
        known = -torch.cdist(colour, torch.tensor(COLOURS) / 255)
        return torch.cat([known, torch.full((len(pixels), 60), -0.1)], 1), torch.zeros(len(pixels), 8)

    def concept_logits(self, embeddings, vectors):
        return embeddings


@pytest.mark.parametrize("kind", ["things", "sizes"])
def test_a_judge_that_knows_the_answer_passes_whole_scenes_only(data, kind):
    names, labels = concept_labels(data.stickers)
    composer = Composer(torch.from_numpy(data.images), data.stickers, data.subset("train"))
    composer.recolored = composer.scenes.recolored = frozenset()  # here a concept is its colour
    scenes, pictures = scene_prompts(composer, labels, kind, 20, np.random.default_rng(0))
    judge = Judge(Reader(), torch.empty(0))
    whole, first, second = (judge_scenes(judge, some, scenes, labels, names) for some in pictures)
    assert whole["right"] >= 0.85
    assert first["right"] == second["right"] == 0 and first["first"] == 0
    assert judge_scenes(judge, pictures[0].roll(1, 0), scenes, labels, names)["right"] < 0.4
    assert judge_scenes(judge, torch.zeros_like(pictures[0]), scenes, labels, names)["right"] == 0


def test_regions_are_shares_of_what_is_drawn():
    pixels = torch.full((2, 4, 32, 32), -1.0)
    pixels[0, :, 8:24, 4:12] = 1
    pixels[0, 0, 8:16, 4:12] = -1  # the upper half is no red
    assert boxes(pixels).tolist() == [[4, 8, 12, 24], [0, 0, 32, 32]]
    upper, lower = crops(pixels[0], boxes(pixels)[0], [(0, 0, 1, 0.5), (0, 0.5, 1, 1)])
    assert upper[0, 64, 64] == -1 and lower[0, 64, 64] == 1 and upper.shape == lower.shape == (4, 128, 128)
