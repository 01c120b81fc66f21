"""What a task is: sequences of symbols, each with the class that is to be said of it."""

import multiprocessing
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch

from lit.environment import cache_folder
from lit.errors import InputError

SPLITS = ("train", "validation", "test")
PIECE = 500  # examples that one process makes from one seed


@dataclass(frozen=True)
class Examples:
    """sequences: all symbols one after the other (symbols,), uint8.  starts: (examples + 1,), where each begins.
    labels: (examples,)."""

    sequences: torch.Tensor
    starts: torch.Tensor
    labels: torch.Tensor

    def __len__(self) -> int:
        return len(self.labels)

    @cached_property
    def lengths(self) -> torch.Tensor:
        return self.starts.diff()

    @cached_property
    def by_length(self) -> dict[int, torch.Tensor]:
        """Numbers of the examples of each length."""
        order = self.lengths.argsort(stable=True)
        lengths, counts = self.lengths[order].unique_consecutive(return_counts=True)
        return dict(zip(lengths.tolist(), order.split(counts.tolist()), strict=True))

    def of(self, numbers: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Examples of one length: (symbols (batch, length) uint8, labels (batch,))."""
        length = int(self.lengths[numbers[0]])
        places = self.starts[numbers, None] + torch.arange(length)
        return self.sequences[places], self.labels[numbers]

    def batches(self, size: int) -> Iterator[torch.Tensor]:
        """Numbers of all examples, in groups of one length and of `size` at most: no batch has padding."""
        for group in self.by_length.values():
            yield from group.split(size)

    def draw(self, size: int, chance: random.Random) -> torch.Tensor:
        """Numbers of one training batch: of the length of a random example, `size` of them at most."""
        alike = self.by_length[int(self.lengths[chance.randrange(len(self))])]
        return alike[chance.sample(range(len(alike)), min(size, len(alike)))]


@dataclass(frozen=True)
class Task:
    """name: as the command line has it.  symbols: how many there are, padding none.  classes: of the labels.
    grid: (rows, columns) of a sequence where it is a picture, else None.
    make(count, seed) -> [(symbols, label)]: distinct or nearly so.  counts: examples of train, validation and test.
    rules: {name: rule(train) -> classes of (examples)}: what one gets without understanding, to stand beside a score.
    """

    name: str
    symbols: int
    classes: int
    make: Callable[[int, int], list[tuple[np.ndarray, int]]]
    counts: tuple[int, int, int]
    rules: dict[str, Callable[[Examples, Examples], torch.Tensor]]
    grid: tuple[int, int] | None = None

    def examples(self, split: str, count: int | None = None, workers: int | None = None) -> Examples:
        """The examples of a split, made once and kept in the cache. count: fewer than the protocol has."""
        if split not in SPLITS:
            raise InputError("split", split, f"one of {', '.join(SPLITS)}")
        number = SPLITS.index(split)
        count = self.counts[number] if count is None else count
        if not 1 <= count <= self.counts[number]:
            raise InputError("count", count, f"1 to {self.counts[number]} examples of {split}")
        file = cache_folder() / "tasks" / f"{self.name}-{split}-{count}.npz"
        if not file.exists():
            _write(file, self._made(number, count, workers))
        with np.load(file) as kept:
            sequences, lengths, labels = (torch.from_numpy(kept[name]) for name in ("sequences", "lengths", "labels"))
        starts = torch.cat([torch.zeros(1, dtype=torch.long), lengths.long().cumsum(0)])
        return Examples(sequences, starts, labels.long())

    def _made(self, split: int, count: int, workers: int | None):
        """Pieces from seeds of their own, so that a smaller set begins as a larger one does."""
        jobs = [(min(PIECE, count - first), 1_000_003 * split + first) for first in range(0, count, PIECE)]
        workers = min(len(jobs), workers or os.cpu_count() or 1)
        if workers == 1:
            return [one for job in jobs for one in self.make(*job)]
        with multiprocessing.get_context("spawn").Pool(workers) as pool:
            return [one for piece in pool.starmap(self.make, jobs) for one in piece]


def _write(file: Path, made: list[tuple[np.ndarray, int]]):
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f"{os.getpid()}-{file.name}")
    np.savez_compressed(
        part,
        sequences=np.concatenate([symbols for symbols, _ in made]).astype(np.uint8),
        lengths=np.array([len(symbols) for symbols, _ in made], np.int32),
        labels=np.array([label for _, label in made], np.uint8),
    )
    part.replace(file)


def majority(train: Examples, asked: Examples) -> torch.Tensor:
    """The class that most training examples have."""
    return train.labels.mode().values.expand(len(asked))
