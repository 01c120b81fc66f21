"""What is asked: the same of every contender, and no noise twice."""

from dataclasses import replace

import pytest
import torch

from lit.data import StickerData
from lit.evaluation.exam import Exam
from lit.evaluation.judge import Judge


@pytest.fixture
def judge(evaluator, text_encoder):
    return Judge.make(evaluator, text_encoder)


def test_one_seed_asks_the_same_and_no_noise_twice(judge, data):
    asked = Exam.make(judge, data, 3, 5).questions()
    assert asked == Exam.make(judge, data, 3, 5).questions()
    assert asked != Exam.make(judge, data, 4, 5).questions()
    assert set(asked) == {"train", "held_out", "color", "count", "relation", "frechet", "diverse"}
    seeds = [question.seed + i for question in asked.values() for i in range(len(question.prompts))]
    assert len(set(seeds)) == len(seeds)


def test_the_diversity_asks_for_each_drawing_eight_times(judge, data):
    exam = Exam.make(judge, data, 0, 4)
    prompts, styles, *_ = exam.questions()["diverse"]
    asked = list(zip(prompts, styles, strict=True))
    groups = [set(asked[start : start + 8]) for start in range(0, len(asked), 8)]
    assert [len(group) for group in groups] == [1] * 4  # two of each split
    half = [exam.pairs[name][:2].tolist() for name in ("train", "held_out")]
    assert exam.diverse[::8].tolist() == sum(half, [])


def test_real_stickers_are_scored_as_they_are(judge, data):
    exam = Exam.make(judge, data, 0, 4)
    rows = exam.pairs["held_out"]
    there = judge.scores(torch.from_numpy(data.images[rows]), exam.labels[rows], exam.styles[rows])
    assert exam.real_pairs["held_out"] == there
    assert exam.real_edges == 0  # the discs are cut hard


def test_what_no_emoji_is_is_asked_for_by_itself(judge, data):
    some = [replace(one, key=f"word:{one.name}", base_key=f"word:{one.name}") for one in data.stickers[:8]]
    unseen = [replace(one, split="unseen") for one in data.stickers[-2:]]
    exam = Exam.make(judge, StickerData([*some, *data.stickers[8:-2], *unseen], data.images), 0, 4)
    new = [exam.data.stickers[i] for i in exam.pairs["new"]]
    assert len(new) == 4 and {one.key[:5] for one in new} == {"word:"} and {one.split for one in new} == {"train"}
    assert len(exam.pairs["unseen"]) == 2 and exam.real_pairs["new"].keys() == exam.real_pairs["train"].keys()
    seeds = [question.seed + i for question in exam.questions().values() for i in range(len(question.prompts))]
    assert len(set(seeds)) == len(seeds)
