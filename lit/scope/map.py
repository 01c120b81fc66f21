"""What every map of LinearScope answers, be it of one run of a network (`Affine`) or of many after one another."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch

from lit.scope.modes import Cancelled, Modes
from lit.scope.tape import Origin

Progress = Callable[[int, int], None] | None  # called with (done, total)
Cancel = Callable[[], bool] | None


@dataclass
class Word:
    """One token of a text input. source: "word", or the label of a lookup such as "style".
    call: counts the inputs of that label.  image: its place in the batch.  index: its place in the text."""

    source: str
    call: int
    image: int
    index: int


@dataclass
class Contributions:
    """What makes up one number <v, y>: input + sum(words) + sum(biases.values()) = value.

    words: one number for each of `Map.tokens`.  biases: by where they come from.
    row: F^T v, with the input's shape.
    """

    value: float
    input: float
    words: list[float]
    biases: dict[Origin, float]
    row: torch.Tensor

    @property
    def total(self) -> float:
        return self.input + sum(self.words) + sum(self.biases.values())


class Map(Protocol):
    """y = F x + sum_j G_j c_j + r.

    input: the x* that it was captured at.  input_shape, output_shape: with their batch dimension.  value: y at x*.
    bias: r.  tokens: the j above.
    """

    input: torch.Tensor
    input_shape: torch.Size
    output_shape: torch.Size

    @property
    def value(self) -> torch.Tensor: ...

    @property
    def bias(self) -> torch.Tensor: ...

    @property
    def tokens(self) -> list[Word]: ...

    def __call__(self, u: torch.Tensor) -> torch.Tensor:
        """F u + sum_j G_j c_j + r."""

    def linear(self, u: torch.Tensor) -> torch.Tensor:
        """F u for an input, or a stack of them with one more dimension in front."""

    def transpose(self, v: torch.Tensor) -> torch.Tensor:
        """F^T v for an output, or a stack of them."""

    def words(self, which: Sequence[int] | None = None) -> torch.Tensor:
        """G_j c_j for all tokens, or those with these numbers: (tokens, *output shape)."""

    def contributions(self, region: torch.Tensor) -> Contributions:
        """The parts of <v, y> for weights v of the output's shape."""

    def modes(self, k: int, *, on_progress: Progress = None, cancelled: Cancel = None) -> Modes:
        """The k strongest singular modes of F."""

    def watched(self, on_progress: Progress, cancelled: Cancel) -> contextlib.AbstractContextManager[None]:
        """What is asked inside tells how far it is where it takes its time, and raises Cancelled when stopped."""


class Watched:
    """Work that tells somebody how far it is, while somebody wants to know."""

    _on_progress: Progress = None
    _cancelled: Cancel = None

    @contextlib.contextmanager
    def watched(self, on_progress: Progress, cancelled: Cancel) -> Iterator[None]:
        """See `Map.watched`."""
        before = self._on_progress, self._cancelled
        self._on_progress, self._cancelled = on_progress, cancelled
        try:
            yield
        finally:
            self._on_progress, self._cancelled = before

    def _tell(self, done: int, total: int):
        if self._on_progress is not None:
            self._on_progress(done, total)
        if self._cancelled is not None and self._cancelled():
            raise Cancelled
