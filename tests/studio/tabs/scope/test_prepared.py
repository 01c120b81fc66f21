"""Answers that lie ready."""

import json

from lit.studio.tabs.scope import prepared
from lit.studio.tabs.scope.prepared import Answers
from lit.studio.tabs.scope.requests import Place, Spot


def test_answers_take_no_more_than_their_room(monkeypatch):
    monkeypatch.setattr(prepared, "ROOM", 1000)
    answers, boxes = Answers(), [Spot(Place("fox", 0), (x, 0, x + 1, 1)) for x in range(8)]
    for box in boxes:
        answers.get(boxes[0])  # which is thus always among the latest
        answers.add(box, {"sum": {"said": "x" * 150}})
        answers.add(box, {"reads": {"said": "y" * 50}})
        assert answers.size <= 1000
    known = [box for box in boxes if answers.get(box)]
    assert known == [boxes[0], *boxes[-3:]]
    assert answers.size == sum(len(json.dumps(answers.get(box))) for box in known)
