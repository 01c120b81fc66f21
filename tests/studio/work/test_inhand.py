"""A job in hand: what is known of it while it is drawn."""

import types

import pytest

from lit.settings import GenerationSettings
from lit.studio.work import inhand
from lit.studio.work.inhand import Work


@pytest.mark.parametrize("told", [(1, 2, 3, 4, 5, 6), (1, 4, 6), (2, 6)])
def test_the_time_left_is_the_same_however_seldom_steps_are_told(told, store, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(inhand, "time", types.SimpleNamespace(monotonic=lambda: now[0]))
    work = Work(store.add("ann", GenerationSettings("a fox")), store, lambda work: None)

    def hear(*steps, began=0.0):
        for done in steps:
            now[0] = began + 8 + 2 * done  # what is done once takes eight seconds, each step two
            work.step(done, 10)

    assert work.eta(10) is None
    hear(told[0])
    assert work.eta(10) == pytest.approx(now[0] / told[0] * (10 - told[0]))
    hear(*told[1:])
    if len(told) > 2:
        now[0] += 1
        assert work.eta(10) == pytest.approx(4 * 2 - 1)
    hear(1, began=now[0])
    assert work.eta(10) is None  # another draws it anew
    hear(2, 3, began=now[0])
    assert work.eta(10) > 0
