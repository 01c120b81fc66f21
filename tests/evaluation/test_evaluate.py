"""A whole evaluation of an untrained model."""

import json

import pytest

from lit.errors import InputError
from lit.evaluation.evaluate import evaluate
from lit.evaluation.report import figures_table
from lit.models.evaluator import StickerEvaluator


def test_the_whole_report(pipe, evaluator, data, tmp_path):
    report = evaluate(pipe, evaluator, data, steps=1, samples=5, batch_size=8)
    json.dumps(report)
    assert report["concepts"] == 6 and report["pairs"]["held_out"]["n"] == 5
    assert len(report["composed"]["relation"]["prompts"]) == 5
    assert report["images_drawn"] == 5 * 2 + 5 * 3 + 5
    assert report["frechet"]["model"] > report["frechet"]["train_reals"] >= 0
    again = evaluate(pipe, evaluator, data, steps=1, samples=5, batch_size=8)
    for key in ("pairs", "composed", "frechet"):
        assert report[key] == again[key]
    table = figures_table(report)
    assert all(line.count("|") == 5 for line in table.splitlines())


def test_too_few_pictures_give_no_frechet_distance(pipe, evaluator, data):
    report = evaluate(pipe, evaluator, data, steps=1, samples=3, batch_size=8)
    assert report["frechet"] == {"n": 3, "model": None, "train_reals": None}
    assert "n/a" in figures_table(report)


def test_another_vocabulary_is_refused(pipe, data):
    other = StickerEvaluator(widths=(8,), inner=(8,), depths=(1,), concepts=("x",))
    with pytest.raises(InputError, match="--data"):
        evaluate(pipe, other, data, steps=1, samples=2)
