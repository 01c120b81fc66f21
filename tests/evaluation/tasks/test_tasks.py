"""The tasks' generators: what they make is what they say, checked by other means than their own."""

import random

import numpy as np
import pytest
import torch

from lit.errors import InputError
from lit.evaluation.tasks import TASKS, listops, pathfinder
from lit.evaluation.tasks.examples import Examples

SYMBOLS = [*map(str, range(10)), "[MIN", "[MAX", "[MED", "[SM", "]"]


def read_aloud(symbols) -> int:
    """The value of a written tree, with a stack instead of the generator's recursion."""
    rules = {
        "[MIN": min, "[MAX": max, "[MED": lambda values: int(np.median(values)), "[SM": lambda values: sum(values) % 10
    }  # fmt: skip
    stack = [[]]
    for symbol in (SYMBOLS[number] for number in symbols):
        if symbol == "]":
            operator, *values = stack.pop()
            assert 2 <= len(values) <= 10
            stack[-1].append(rules[operator](values))
        elif symbol.startswith("["):
            stack.append([symbol])
            assert len(stack) <= listops.DEEPEST
        else:
            stack[-1].append(int(symbol))
    ((value,),) = stack
    return value


def test_a_list_has_the_value_that_is_said_and_the_length_that_is_wanted():
    made = listops.make(40, seed=3)
    assert all(read_aloud(symbols) == label for symbols, label in made)
    assert all(500 < len(symbols) < 2000 for symbols, _ in made)
    assert len({symbols.tobytes() for symbols, _ in made}) == 40
    assert {symbols[0] for symbols, _ in made} == {10, 11, 12, 13}


def test_a_picture_has_two_discs_and_dashes_of_one_brightness():
    made = pathfinder.make(60, seed=3)
    labels = [label for _, label in made]
    assert 15 < sum(labels) < 45
    for pixels, _ in made:
        picture = pixels.reshape(32, 32)
        assert 0.04 < (picture > 0).mean() < 0.5
        bright = picture == 255  # only a disc fills whole pixels
        assert 4 <= bright.sum() <= 24
        assert (picture[~bright] <= 200).mean() > 0.97


def test_dashes_of_two_curves_keep_their_distance_and_those_of_one_follow_each_other():
    chance = np.random.default_rng(5)
    while (curves := pathfinder._targets(chance)) is None:
        pass
    gap = np.hypot(*(curves.ends[0] - curves.ends[1]))
    assert gap > pathfinder.MARGIN
    for point in (*curves.begins, *curves.ends):
        assert (point >= 1).all() and (point <= 31).all()
    assert abs(np.hypot(*(curves.begins[0] - curves.begins[1])) - pathfinder.APART) < 1e-9
    assert (curves.begins[0] >= 14).all() and (curves.begins[0] <= 18).all()


@pytest.mark.parametrize("name", TASKS)
def test_a_seed_makes_the_same_again_and_another_makes_others(name):
    one, again, other = (TASKS[name].make(3, seed) for seed in (1, 1, 2))
    assert all(np.array_equal(a[0], b[0]) and a[1] == b[1] for a, b in zip(one, again, strict=True))
    assert not any(np.array_equal(a[0], b[0]) for a, b in zip(one, other, strict=True))


def test_batches_have_one_length_and_hold_everything_once(tmp_path, monkeypatch):
    monkeypatch.setenv("LIT_CACHE", str(tmp_path))
    examples = TASKS["listops"].examples("validation", 60, workers=1)
    groups = list(examples.batches(4))
    assert sorted(torch.cat(groups).tolist()) == list(range(60))
    for numbers in groups:
        symbols, labels = examples.of(numbers)
        assert symbols.shape[0] == len(labels) == len(numbers) <= 4
        assert [read_aloud(row) for row in symbols.tolist()] == labels.tolist()
    drawn = examples.draw(8, random.Random(0))
    assert len(examples.lengths[drawn].unique()) == 1 and len(drawn.unique()) == len(drawn)
    # It is read from the cache the second time, and a smaller set is the beginning of it.
    monkeypatch.setattr("lit.evaluation.tasks.examples.Task._made", None)
    again = TASKS["listops"].examples("validation", 60)
    assert torch.equal(again.sequences, examples.sequences)


def test_the_rules_stand_for_what_one_gets_without_understanding():
    sequences = torch.tensor([10, 1, 2, 14, 11, 3, 4, 14, 10, 5, 6, 14], dtype=torch.uint8)
    examples = Examples(sequences, torch.tensor([0, 4, 8, 12]), torch.tensor([1, 4, 1]))
    assert listops.majority(examples, examples).tolist() == [1, 1, 1]
    assert listops.root_operator(examples, examples).tolist() == [1, 4, 1]


@pytest.mark.parametrize("split, count, words", [
    ("dev", 5, "split: got 'dev'; one of train, validation, test"),
    ("test", 0, "count: got 0; 1 to 2000 examples of test"),
    ("test", 3000, "count: got 3000; 1 to 2000 examples of test"),
])  # fmt: skip
def test_what_a_task_does_not_have_is_named(split, count, words):
    with pytest.raises(InputError, match=words):
        TASKS["listops"].examples(split, count)
