"""ListOps (arXiv 1804.06028) in Long Range Arena's long form: nested lists of digits, and what comes out of them.

    [MAX 4 3 [MIN 2 3 ] 1 0 ] -> 4

A node above depth 10 is an operator with probability 0.25, else a digit; an operator has 2 to 10 arguments. Trees of
which the written form has 501 to 1,999 symbols are kept, which few have: most are a lone digit.
"""

import random
import statistics

import numpy as np
import torch

from lit.evaluation.tasks.examples import Examples, Task, majority

DEEPEST, MOST_ARGUMENTS, OPERATOR_SHARE = 10, 10, 0.25
SHORTEST, LONGEST = 501, 1999
OPERATORS = ("MIN", "MAX", "MED", "SM")
# Symbols: the digits are themselves, then an opening operator each, then the closing bracket.
FIRST_OPERATOR, CLOSE = 10, 14


class _TooLong(Exception):
    """No tree of the length that is wanted."""


def value_of(operator: int, values: list[int]) -> int:
    """What an operator (0 to 3, see `OPERATORS`) makes of digits: the median is cut to a whole number, the sum is
    modulo 10."""
    if operator == 0:
        return min(values)
    if operator == 1:
        return max(values)
    return int(statistics.median(values)) if operator == 2 else sum(values) % 10


def make(count: int, seed: int) -> list[tuple[np.ndarray, int]]:
    """So many distinct trees as (symbols, value)."""
    chance, seen, found = random.Random(seed), set(), []
    while len(found) < count:
        symbols: list[int] = []
        try:
            value = _grow(chance, 1, symbols)
        except _TooLong:
            continue
        written = bytes(symbols)
        if len(symbols) >= SHORTEST and written not in seen:
            seen.add(written)
            found.append((np.frombuffer(written, np.uint8), value))
    return found


def _grow(chance: random.Random, depth: int, symbols: list[int]) -> int:
    """Write one node behind `symbols`; its value."""
    if depth == DEEPEST or chance.random() >= OPERATOR_SHARE:
        symbols.append(chance.randrange(10))
        if len(symbols) > LONGEST:
            raise _TooLong
        return symbols[-1]
    operator = chance.randrange(len(OPERATORS))
    symbols.append(FIRST_OPERATOR + operator)
    values = [_grow(chance, depth + 1, symbols) for _ in range(chance.randint(2, MOST_ARGUMENTS))]
    symbols.append(CLOSE)
    if len(symbols) > LONGEST:
        raise _TooLong
    return value_of(operator, values)


def root_operator(train: Examples, asked: Examples) -> torch.Tensor:
    """The class that most training trees of the same first operator have: what a reader of one symbol gets, and about
    what the published Transformer does."""
    answers = {}
    for symbol in range(FIRST_OPERATOR, CLOSE):
        same = train.labels[_first(train) == symbol]
        answers[symbol] = int(same.mode().values) if len(same) else 0
    return torch.tensor([answers[symbol] for symbol in _first(asked).tolist()])


def _first(examples: Examples) -> torch.Tensor:
    return examples.sequences[examples.starts[:-1]]


TASK = Task(
    name="listops",
    symbols=15,
    classes=10,
    make=make,
    counts=(96_000, 2_000, 2_000),
    rules={"majority class": majority, "root operator alone": root_operator},
)
