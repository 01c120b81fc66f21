"""Shares of the base line, and what they have to reach."""

import pytest

from lit.evaluation.bars import DIVERSITY, EDGES, LEAST, QUALITY, against, wanted


def report(steps, value, diversity=None, edges=None):
    """All figures of one value, those named of their own."""
    scores = {"model": {"top1": value, "style": value, "right": value}}
    return {
        "settings": {"steps": steps},
        "pairs": {"train": scores, "held_out": scores},
        "composed": {"color": scores, "count": scores, "relation": scores},
        "diversity": {"model": value if diversity is None else diversity},
        "alpha_edges": {"model": value if edges is None else edges},
    }


def met(one, base):
    verdicts = against(one, base)
    return {verdicts[place]["met"] for place in QUALITY}, verdicts[DIVERSITY]["met"], verdicts[EDGES]["met"]


@pytest.mark.parametrize("steps", LEAST)
def test_few_steps_meet_their_bars_or_miss_them(steps):
    base, (quality, diversity) = report(20, 0.8), LEAST[steps]
    above = report(steps, 0.8 * quality + 0.001, 0.8 * diversity + 0.001, 0.8 * 1.099)
    below = report(steps, 0.8 * quality - 0.001, 0.8 * diversity - 0.001, 0.8 * 1.101)
    assert met(above, base) == ({True}, True, True)
    assert met(below, base) == ({False}, False, False)
    assert against(above, base)[EDGES]["share"] == pytest.approx(1.099)


def test_fewer_steps_have_lower_bars():
    assert LEAST[4] > LEAST[2] > LEAST[1]


def test_as_many_steps_may_lose_one_point():
    base = report(20, 0.13, edges=1.0)  # less 0.01 is 0.12000000000000001 for floats
    assert met(report(20, 0.12, edges=0.91), base) == ({True}, None, True)
    assert met(report(20, 0.119, edges=0.89), base) == ({False}, None, False)


def test_other_numbers_of_steps_have_shares_and_no_bars():
    verdicts = against(report(8, 0.1, edges=1.0), report(20, 0.5, edges=1.0))
    assert verdicts[QUALITY[0]] == {"share": pytest.approx(0.2), "met": None}


def test_a_share_of_nothing_is_none():
    assert against(report(4, 0.5), report(20, 0.0))[QUALITY[0]] == {"share": None, "met": True}


def test_a_model_meets_its_bars_or_misses_them():
    part = {"share": {"top1": 0.98, "style": 0.98}, "model": {"right": 0.93}}
    told = wanted(
        {"pairs": {"train": part, "held_out": part}, "composed": {"relation": part}, "frechet": {"model": 12.5}}
    )
    assert told == {
        "pairs.train.model.top1": "97% of real: met",
        "pairs.held_out.model.top1": "99% of real: missed",
        "pairs.held_out.model.style": "97% of real: met",
        "composed.relation.model.right": "92%: met",
        "frechet.model": "at most 12: missed",
    }
