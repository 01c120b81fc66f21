"""A whole evaluation of an untrained model."""

import json

import pytest

from lit.errors import InputError
from lit.evaluation.evaluate import evaluate
from lit.evaluation.painter import Painter
from lit.evaluation.report import figures_table
from lit.models.evaluator import StickerEvaluator

FIGURES = ("pairs", "composed", "frechet", "diversity", "alpha_edges")


def painters(pipe, *steps):
    return [Painter(pipe, number, 4.0, 8) for number in steps]


def test_the_whole_report(pipe, evaluator, data):
    report = evaluate(painters(pipe, 1, 2), evaluator, data, baseline=1, samples=5)
    json.dumps(report, allow_nan=False)
    few, base = report["contenders"]
    assert few["settings"]["steps"] == 1 and base["settings"]["steps"] == 2
    assert few["concepts"] == 6 and few["pairs"]["held_out"]["n"] == 5
    assert len(few["composed"]["relation"]["prompts"]) == 5
    assert few["images_drawn"] == base["images_drawn"] == 5 * 2 + 5 * 3 + 5 + 4 * 8
    assert few["frechet"]["model"] > few["frechet"]["train_reals"] >= 0
    assert few["to_baseline"]["psnr"] > 0 and few["to_baseline"]["feature_distance"] > 0
    assert all(part["share"] in (1, None) and part["met"] is not False for part in base["against_baseline"].values())
    table = figures_table(report).split("\n\n")[0]
    assert all(line.count("|") == 7 for line in table.splitlines())


@pytest.mark.parametrize("pipe", ["flow"], indirect=True)
def test_a_contender_has_the_same_figures_alone_and_beside_others(pipe, evaluator, data):
    copy = Painter(pipe, 1, 4.0, 8, model="a copy")
    _, few, again = evaluate([*painters(pipe, 2, 1), copy], evaluator, data, baseline=2, samples=2)["contenders"]
    (alone,) = evaluate(painters(pipe, 1), evaluator, data, samples=2)["contenders"]
    assert [few[figure] for figure in FIGURES] == [again[figure] for figure in FIGURES]
    assert [few[figure] for figure in FIGURES] == [alone[figure] for figure in FIGURES]
    assert all(part["share"] in (1, None) and part["met"] is not False for part in few["against_baseline"].values())
    # no error at all has no decibels that JSON knows
    assert few["to_baseline"] == {"psnr": None, "feature_distance": 0}


@pytest.mark.parametrize("pipe", ["flow"], indirect=True)
def test_too_few_pictures_give_no_frechet_distance(pipe, evaluator, data):
    report = evaluate(painters(pipe, 1), evaluator, data, samples=3)
    assert report["contenders"][0]["frechet"] == {"n": 3, "model": None, "train_reals": None}
    assert "n/a" in figures_table(report)


@pytest.mark.parametrize("pipe", ["flow"], indirect=True)
def test_another_vocabulary_is_refused(pipe, data):
    other = StickerEvaluator(widths=(8,), inner=(8,), depths=(1,), concepts=("x",))
    with pytest.raises(InputError, match="--data"):
        evaluate(painters(pipe, 1), other, data, samples=2)
