"""The affine map y = F x + sum_j G_j c_j + r that a capture left: forwards, backwards, in parts."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

from lit.errors import InputError
from lit.scope.map import Cancel, Contributions, Progress, Watched, Word
from lit.scope.modes import Modes, singular_modes
from lit.scope.tape import Origin, Source, Tape

CHUNK = 8  # inputs or outputs that go through the map together: more need more memory and are hardly faster


class Affine(Watched):
    """y = F x + sum_j G_j c_j + r for the captured input x*: exact at x*, and an affine map everywhere.

    input: x*.  input_shape, output_shape: with their batch dimension.  tokens: the j above.
    Methods take one tensor of the map's shape, or a stack of them with one more dimension in front.
    """

    def __init__(self, tape: Tape, output: int, value: torch.Tensor | None = None):
        self._tape, self._output, self._value, self._kept = tape, output, value, None
        self._input: Source = tape.sources[0]
        self._words = tape.sources[1:]
        self.input = self._input.value
        self.input_shape, self.output_shape = tape.shapes[self._input.slot], tape.shapes[output]

    def __enter__(self) -> "Affine":
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        """Let go of what was captured; the map cannot be used afterwards."""
        self._tape, self._kept = None, None

    @property
    def value(self) -> torch.Tensor:
        """y at x*."""
        if self._value is None:
            self._value = self._play({source.slot: source.value for source in self._open().sources})
        return self._value

    # Forwards

    def __call__(self, u: torch.Tensor) -> torch.Tensor:
        """F u + sum_j G_j c_j + r: input shape -> output shape."""
        words = {source.slot: source.value for source in self._words}
        return self._batched(lambda one: self._play({self._input.slot: one} | words), u, self.input_shape, "u")

    def linear(self, u: torch.Tensor) -> torch.Tensor:
        """F u."""
        return self._batched(lambda one: self._play({self._input.slot: one}, False), u, self.input_shape, "u")

    @property
    def bias(self) -> torch.Tensor:
        """r: the map played at an input of zeros and words of zeros, with the output's shape."""
        return self._play({})

    @property
    def tokens(self) -> list[Word]:
        """Every token of every text input, in the order of `words()`."""
        calls: dict[str, int] = {}
        tokens = []
        for source in self._words:
            call = calls.setdefault(source.label, 0)
            calls[source.label] += 1
            tokens += [Word(source.label, call, image, index) for image, index in _tokens_of(source)]
        return tokens

    def words(self, which: Sequence[int] | None = None) -> torch.Tensor:
        """G_j c_j for every token, or those with these numbers, in the order of `tokens`: (tokens, *output shape)."""
        places = [(source, i, j) for source in self._words for i, j in _tokens_of(source)]
        chosen = set(range(len(places)) if which is None else which)
        found = []
        for number, (source, image, index) in enumerate(places):
            if number in chosen:  # one by one: many together need more memory and are hardly faster
                alone = torch.zeros_like(source.value)
                alone[image, index] = source.value[image, index]
                found.append(self._play({source.slot: alone}, False))
                self._tell(len(found), len(chosen))
        return torch.stack(found) if found else self.input.new_zeros(0, *self.output_shape)

    def column(self, index) -> torch.Tensor:
        """Impulse response: where one input spreads, F e_index. index: place in the input, the batch's 0 may be
        left out; several of them give a stack."""
        return self.linear(self._impulses(index, self.input_shape))

    def bias_of(self, chosen: Callable[[Origin], bool]) -> torch.Tensor:
        """The part of r that comes from chosen modules, with the output's shape."""
        return self._play({}, lambda node: node.constants if chosen(node.origin) else [None] * len(node.constants))

    @property
    def origins(self) -> list[Origin]:
        """The modules that add to r, in the order they ran."""
        return list(dict.fromkeys(node.origin for node, _ in self._open().program(self._output) if node.constants))

    # Backwards

    def warm(self):
        """Do now what the first way back would do: play the map once, for all ways back."""
        self._graph()

    def transpose(self, v: torch.Tensor) -> torch.Tensor:
        """F^T v: output shape -> input shape."""
        graph = self._graph()
        return self._batched_gradient(graph.y, graph.sources[0], v)

    def row(self, index) -> torch.Tensor:
        """Receptive field: what one output reads, F^T e_index. index as for `column`."""
        return self.transpose(self._impulses(index, self.output_shape))

    def contributions(self, region) -> Contributions:
        """The parts of <v, y>.  region: weights v of the output's shape, or the index of one output."""
        v = region if isinstance(region, torch.Tensor) else self._impulses(region, self.output_shape)
        self._check(v, self.output_shape, "region", stacked=False)
        graph = self._graph()
        targets = [*graph.sources, *(leaf for _, _, leaf in graph.constants)]
        found = [None] * len(targets)
        if graph.y.requires_grad:
            with torch.inference_mode(False):
                v = v.to(graph.y).clone()
                found = torch.autograd.grad(graph.y, targets, v, retain_graph=True, allow_unused=True)
        row = torch.zeros_like(self.input) if found[0] is None else found[0]
        words = []
        for source, gradient in zip(self._words, found[1:], strict=False):
            amounts = source.value.double() * (0.0 if gradient is None else gradient.double())
            words += amounts.sum(-1).flatten().tolist()
        biases: dict[Origin, float] = {}
        for (origin, constant, _), gradient in zip(graph.constants, found[len(graph.sources) :], strict=True):
            if gradient is not None:
                biases[origin] = biases.get(origin, 0.0) + _inner(constant, gradient)
        return Contributions(_inner(v, self.value), _inner(row, self.input), words, biases, row)

    # Both

    def modes(
        self,
        k: int = 8,
        *,
        on_progress: Progress = None,
        cancelled: Cancel = None,
        steps: int | None = None,
        seed: int = 0,
    ) -> Modes:
        """The k strongest singular modes of F, matrix-free; see `lit.scope.modes.singular_modes`."""
        return singular_modes(
            self.linear, self.transpose, self.input_shape, self.output_shape, k, like=self.input,
            on_progress=on_progress, cancelled=cancelled, steps=steps, seed=seed,
        )  # fmt: skip

    @property
    def layers(self) -> list[str]:
        """Paths of the modules whose output depends on the input: what `to` takes."""
        return list(self._open().points)

    def to(self, layer: str, call: int = -1) -> "Affine":
        """The map from the same input to the output of an inner module.  call: which, if it ran several times."""
        points = self._open().points
        if layer not in points:
            raise InputError("layer", layer, f"one of {', '.join(list(points)[:20])}, ...")
        return Affine(self._tape, points[layer][call])

    # In the small

    def _open(self):
        if self._tape is None:
            raise InputError("affine map", "one that was closed", "a new one, from LinearScope.at")
        return self._tape

    def _play(self, inputs, constants=True):
        with torch.inference_mode(False), torch.no_grad():
            return self._open().play(inputs, self._output, constants)

    def _graph(self) -> "_Graph":
        """The map played once at zero with gradients on, kept: each transpose is then one way back through it."""
        tape = self._open()
        if self._kept is None:
            with torch.inference_mode(False), torch.enable_grad():
                sources = {s.slot: torch.zeros_like(s.value).requires_grad_() for s in tape.sources}
                constants = []

                def leaves(node):
                    copies = [c.detach().clone().requires_grad_() for c in node.constants]
                    constants.extend((node.origin, c, leaf) for c, leaf in zip(node.constants, copies, strict=True))
                    return copies

                self._kept = _Graph(list(sources.values()), constants, tape.play(sources, self._output, leaves))
        return self._kept

    def _batched_gradient(self, y, leaf, v):
        stacked = self._check(v, self.output_shape, "v")
        v = v.to(y)
        if not y.requires_grad:
            return v.new_zeros(*v.shape[: v.ndim - y.ndim], *leaf.shape)

        def back(one, many):
            options = {"retain_graph": True, "allow_unused": True, "is_grads_batched": many}
            (gradient,) = torch.autograd.grad(y, leaf, one, **options)
            return one.new_zeros(*one.shape[: one.ndim - y.ndim], *leaf.shape) if gradient is None else gradient

        with torch.inference_mode(False):
            if not stacked:
                return back(v.clone(), False)
            return torch.cat([back(chunk.clone(), True) for chunk in v.split(CHUNK)])

    def _batched(self, function, u, shape, name):
        stacked = self._check(u, shape, name)
        u = u.to(self.input)
        if not stacked:
            return function(u)
        with torch.inference_mode(False), torch.no_grad():
            return torch.cat([torch.func.vmap(function)(chunk.clone()) for chunk in u.split(CHUNK)])

    def _check(self, u, shape, name, stacked=True):
        """Whether u is a stack of tensors of this shape; InputError if it is neither."""
        if not isinstance(u, torch.Tensor) or (u.shape != shape and not (stacked and u.shape[1:] == shape)):
            got = tuple(u.shape) if isinstance(u, torch.Tensor) else type(u).__name__
            raise InputError(name, got, f"a tensor of shape {tuple(shape)}{', or a stack of them' * stacked}")
        if not torch.isfinite(u).all():
            raise InputError(name, "numbers that are not finite", "finite ones")
        return u.shape != shape

    def _impulses(self, index, shape):
        if not isinstance(index, (tuple, list)) or not index:
            raise InputError("index", index, f"a place inside {tuple(shape)}, or a list of them")
        several = isinstance(index[0], (tuple, list))
        places = [_place(one, shape) for one in (index if several else [index])]
        impulses = self.input.new_zeros(len(places), *shape)
        for impulse, place in zip(impulses, places, strict=True):
            impulse[place] = 1
        return impulses if several else impulses[0]


@dataclass
class _Graph:
    """y as autograd's function of leaves. sources: as the tape's.  constants: (origin, value, leaf)."""

    sources: list[torch.Tensor]
    constants: list[tuple[Origin, torch.Tensor, torch.Tensor]]
    y: torch.Tensor


def _tokens_of(source):
    """(place in the batch, place in the text) of each token of a text input."""
    return itertools.product(*map(range, source.value.shape[:2]))


def _place(index, shape):
    place = tuple(index)
    if any(isinstance(i, bool) or not isinstance(i, int) for i in place):
        raise InputError("index", place, "whole numbers")
    if len(place) == len(shape) - 1 and shape[0] == 1:
        place = (0, *place)
    if len(place) != len(shape) or any(not -n <= i < n for i, n in zip(place, shape, strict=True)):
        raise InputError("index", place, f"a place inside {tuple(shape)}")
    return place


def _inner(a, b):
    return (a.double() * b.double()).sum().item()
