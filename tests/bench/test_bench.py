"""The bench runs, dry: a tiny model, once."""

import pytest
from conftest import randomised

from lit.bench import attention, drawing, start
from lit.bench.__main__ import AVX2, restricted
from lit.bench.timing import median_ratio, seconds
from lit.models.preview_decoder import PreviewDecoder


def cells(table):
    return [[cell.strip() for cell in line.split("|")[1:-1]] for line in table]


def test_calls_take_turns_and_the_first_of_each_does_not_count():
    called = []
    taken = seconds({"a": lambda: called.append("a"), "b": lambda: called.append("b")}, 3)
    assert called == ["a", "b"] * 4
    assert [len(times) for times in taken.values()] == [3, 3]


def test_a_ratio_is_taken_turn_by_turn():
    """A machine that is ten times as slow in one turn is so for both."""
    assert median_ratio([1.0, 10.0, 1.0], [2.0, 20.0, 2.0]) == 0.5


def test_a_sticker_is_measured_whole(tiny_pipeline):
    tiny_pipeline.register_modules(preview_decoder=randomised(PreviewDecoder(channels=(16, 8, 8), blocks=1), seed=3))
    table = drawing.drawings(tiny_pipeline, steps=(1, 2), repeats=1, height=64, width=64)
    rows = cells(table.splitlines())[2:]
    names = ["flow-map, 1", "flow-map, 2", "flow-map, 1, draft", "flow-map, 2, draft"]
    assert [row[0] for row in rows] == [*names, "flow-euler, 20, guided by two branches"]
    assert [row[1] for row in rows] == ["1", "2", "1", "2", "40"]
    assert rows[-1][3] == "1/1.0" and all(float(row[2]) > 0 for row in rows)


def test_its_parts_are_measured(tiny_pipeline):
    rows = cells(drawing.parts(tiny_pipeline, side=8, repeats=1).splitlines())[2:]
    names = {row[0] for row in rows}
    assert {"text encoder, new words", "network, one branch", "decoder", "preview", "PNG file"} <= names
    assert {"reading, English", "reading, 27 words of German", "completion"} <= names
    times = {name: float(ms) for name, ms in rows}
    assert times["text encoder, words of before"] < times["text encoder, new words"]


def test_the_twin_differs_in_its_mixer_alone(tiny_pipeline):
    rows = cells(attention.twins(tiny_pipeline.transformer, sides=(4, 8), repeats=1))
    assert [row[0] for row in rows[2:]] == ["4", "16"] and all(len(row) == 4 for row in rows)


@pytest.mark.slow
def test_a_new_process_says_when_it_had_drawn():
    marks = start.cold(repeats=1)
    order = [marks[name] for name in ("imported", "loaded", "first sticker", "second sticker")]
    assert order[0] > 0 and order == sorted(order) and 0.1 < marks["peak memory, GiB"] < 4


def test_what_restricts_torch_is_known(monkeypatch):
    for name, value in AVX2.items():
        assert not restricted()
        monkeypatch.setenv(name, value)
    assert restricted()
