"""How a network's own forward becomes an affine map.

The network runs once on `Live` tensors: tensors that know that they depend on the input. Each torch function
that meets one asks this tape. A function that is linear in what is live is written down with its constants (the
tape is a list of such nodes); a non-linear one must have a replay in `lit.scope.registry`, which is its own
formula with `frozen(...)` around what is held at its value for this input, and so ends in linear functions too.
Anything else raises UnknownUnit: nothing is passed over in silence. What does not depend on the input (time,
class, tables) runs as ever and enters the tape as constants, each under the path of the module that added it.
Playing the tape with other inputs and with the constants in or out gives F u + r, F u or r; differentiating it
gives F^T v exactly, since every node is linear. The network is not touched: modules are shallow copies.
Method: "A Tour of Convolutional Networks Guided by Linear Interpreters" (arXiv 1908.05168).
"""

import contextlib
import contextvars
from collections.abc import Callable
from dataclasses import dataclass, field

import torch
from torch.utils._pytree import tree_flatten, tree_unflatten

from lit.errors import LiTError
from lit.scope import linear_ops as ops
from lit.scope.linear_ops import INPLACE, MAPS, PRODUCTS, SUMS, canonical, is_torchs
from lit.scope.registry import find_replay

CURRENT: contextvars.ContextVar["Tape | None"] = contextvars.ContextVar("tape", default=None)


class UnknownUnit(LiTError):
    """A function that is not linear in the input and has no replay."""


class Live(torch.Tensor):
    """A tensor that depends on the input. slot: its number on its tape.  shared: another tensor is a view of it."""

    tape: "Tape"
    slot: int
    shared: bool

    @classmethod
    def __torch_function__(cls, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        tapes = {id(leaf.tape): leaf.tape for leaf in tree_flatten((args, kwargs))[0] if isinstance(leaf, Live)}
        if len(tapes) != 1:
            raise UnknownUnit("tape: got tensors of two captures; one capture at a time sees a tensor")
        return next(iter(tapes.values())).apply(func, args, kwargs)


def frozen(x):
    """The value that x has in this capture, as a constant: what a replay holds."""
    if not isinstance(x, Live):
        return x
    with torch._C.DisableTorchFunctionSubclass():
        return x.as_subclass(torch.Tensor)


def constant(x: torch.Tensor, dtype: torch.dtype) -> torch.Tensor:
    """x as a tape may hold it: without a history, numbers in the tape's precision. What was made in inference mode is
    copied, since autograd must keep it for the way back."""
    x = x.detach().to(dtype) if x.is_floating_point() else x.detach()
    return x.clone() if x.is_inference() else x


@dataclass(frozen=True)
class Origin:
    """Where a constant comes from. path: of the module that added it, "" for the network itself.
    step: which evaluation of a drawing it was, from 0; None where the map is not one of several."""

    path: str
    step: int | None = None


@dataclass
class Node:
    """One linear function of live tensors plus constants.

    evaluate(tensors, constants): a constant that is None is left out.  inputs, outputs: slots.
    """

    name: str
    origin: Origin
    inputs: list[int]
    outputs: list[int]
    constants: list[torch.Tensor]
    evaluate: Callable


@dataclass
class Source:
    """A live input: "input", or the words of one text input (batch, tokens, channels). value: what was captured."""

    label: str
    slot: int
    value: torch.Tensor


@dataclass
class Tape:
    """What one run of a network wrote down. path: the attention path that is live, "value" or "query"."""

    dtype: torch.dtype
    path: str = "value"
    nodes: list[Node] = field(default_factory=list)
    shapes: list[torch.Size] = field(default_factory=list)  # by slot
    sources: list[Source] = field(default_factory=list)
    points: dict[str, list[int]] = field(default_factory=dict)  # module path -> slots of its outputs, call by call
    _where: list[str] = field(default_factory=lambda: [""])
    _programs: dict = field(default_factory=dict)

    # Writing

    def source(self, label: str, value: torch.Tensor) -> Live:
        """A new live input."""
        value = value.detach().to(self.dtype)
        live = self._live(value)
        self.sources.append(Source(label, live.slot, value))
        return live

    @contextlib.contextmanager
    def inside(self, path: str):
        """Nodes written meanwhile belong to the module at `path`."""
        self._where.append(path)
        try:
            yield
        finally:
            self._where.pop()

    def mark(self, path: str, output):
        """Remember a module's first live output, so that it can be asked for by the module's path."""
        live = next((leaf for leaf in tree_flatten(output)[0] if isinstance(leaf, Live)), None)
        if live is not None:
            self.points.setdefault(path, []).append(live.slot)

    def apply(self, func, args, kwargs):
        """One function that met a live tensor: of torch, or one that asks as torch's do."""
        raw, name = canonical(func)
        if not is_torchs(func):
            replay = find_replay(func, self.path)
            if replay is None:
                raise UnknownUnit(self._unknown(name, unit=name))
            return replay(*args, **kwargs)
        if name in ops.METADATA:
            return self._plainly(func, args, kwargs)
        inplace = raw in INPLACE or bool(kwargs.get("inplace"))
        kwargs = {key: value for key, value in kwargs.items() if key != "inplace"}
        replay = find_replay(name, self.path)
        if replay is not None:
            out = replay(*args, **kwargs)
        else:
            out = self._linear(getattr(torch.Tensor, name) if raw in INPLACE else func, name, args, kwargs)
        return self._swap(args[0], out, name) if inplace else out

    def linear(self, func, *args, **kwargs) -> Live:
        """Write down a call that is linear in its one live argument, for replays to use past their own name."""
        return self._record(func, canonical(func)[1], args, kwargs, ())

    def _linear(self, func, name, args, kwargs):
        if name in ops.RETURNED:
            return self._same(name, args, kwargs)
        if "out" in kwargs or kwargs.get("rounding_mode") is not None:
            raise UnknownUnit(self._unknown(name, "out= and rounding are not linear"))
        if name in ops.SHAPED_LIKE and not isinstance(args[0], Live):  # only the shape of what is live is read
            return self._plainly(func, args, kwargs)
        kwargs = {key: value for key, value in kwargs.items() if key != "dtype"}
        added = ()
        if name in ("add", "sub") and "alpha" in kwargs:
            first, second = ops.terms(args, kwargs)
            args, kwargs = (first, second * kwargs["alpha"]), {}
        if name in SUMS:
            added = SUMS[name](args, kwargs)
        elif name in PRODUCTS:
            self._one_live(name, args, kwargs)
            added = ops.bias_of(args, kwargs) if name in ops.BIASED else ()
        elif name not in MAPS:
            raise UnknownUnit(self._unknown(name))
        return self._record(func, name, args, kwargs, added)

    def _same(self, name, args, kwargs):
        """A cast or a copy: the same numbers, since the tape keeps its own precision."""
        asked = [x for x in [*args[1:], *kwargs.values()] if isinstance(x, torch.dtype)]
        if not isinstance(args[0], Live) or any(not dtype.is_floating_point for dtype in asked):
            raise UnknownUnit(self._unknown(name, "a cast to whole numbers"))
        same = self._live(frozen(args[0]))
        same.slot = args[0].slot
        same.shared = args[0].shared = name != "clone"
        return same

    def _one_live(self, name, args, kwargs):
        allowed, others = PRODUCTS[name](args, kwargs)
        lives = [x for x in [*allowed, *others] if isinstance(x, Live)]
        if len(lives) > 1 or any(isinstance(x, Live) for x in others):
            raise UnknownUnit(self._unknown(name, "a product or quotient in which more than one factor depends on it"))

    def _unknown(self, name, why="not known to be linear", unit=None):
        path = self._where[-1]
        place = f"in the module {path!r}" if path else "in the network itself"
        return (
            f"{name}: got a tensor that depends on the input, {place}; {why}. Register a replay: "
            f"@replay({unit or repr(name)}) for the function or @replay(ModuleClass) for the module around it, "
            "with its formula and frozen(...) around what is held (lit.scope.registry)"
        )

    def _record(self, func, name, args, kwargs, added):
        leaves, spec = tree_flatten((args, kwargs))
        added = {id(x) for x in added}
        inputs, constants, template = [], [], list(leaves)
        for i, leaf in enumerate(leaves):
            if isinstance(leaf, Live):
                inputs.append((i, leaf.slot))
                template[i] = None
            elif id(leaf) in added and leaf is not None:
                value = leaf if isinstance(leaf, torch.Tensor) else torch.tensor(float(leaf), dtype=self.dtype)
                constants.append((i, constant(value.to(self.dtype), self.dtype)))
                template[i] = None
            elif isinstance(leaf, torch.Tensor):
                template[i] = constant(leaf, self.dtype)
        optional = name in PRODUCTS  # a bias is left out, a summand becomes zeros

        def evaluate(tensors, values):
            filled = list(template)
            for (i, _), tensor in zip(inputs, tensors, strict=True):
                filled[i] = tensor
            for (i, kept), value in zip(constants, values, strict=True):
                if value is None and not optional:
                    value = kept.new_zeros(()).expand(kept.shape)
                filled[i] = value
            a, k = tree_unflatten(filled, spec)
            return func(*a, **k)

        with torch._C.DisableTorchFunctionSubclass():
            values = [leaves[i].as_subclass(torch.Tensor) for i, _ in inputs]
            outputs = evaluate(values, [value for _, value in constants])
        single = isinstance(outputs, torch.Tensor)
        lives = [self._live(out) for out in ([outputs] if single else outputs)]
        node = Node(
            name, Origin(self._where[-1]), [slot for _, slot in inputs], [live.slot for live in lives],
            [value for _, value in constants], evaluate,
        )  # fmt: skip
        self.nodes.append(node)
        if name in MAPS:  # most of them are views: what one changes in place, the other would see
            for live in [leaves[i] for i, _ in inputs] + lives:
                live.shared = True
        return lives[0] if single else type(outputs)(lives)

    def _live(self, value) -> Live:
        live = value.detach().as_subclass(Live)
        live.tape, live.slot, live.shared = self, len(self.shapes), False
        self.shapes.append(value.shape)
        return live

    def _plainly(self, func, args, kwargs):
        with torch._C.DisableTorchFunctionSubclass():
            return func(*args, **kwargs)

    def _swap(self, target, result, name):
        """Let `target` be `result` from now on, as a function in place has it."""
        if not isinstance(target, Live) or target.shared or target.shape != result.shape:
            raise UnknownUnit(self._unknown(name, "it changes in place what has views, or what is constant"))
        value = frozen(result)
        with torch._C.DisableTorchFunctionSubclass():
            target.data = value
        target.slot = result.slot
        return target

    # Playing

    def program(self, output: int) -> list[tuple[Node, list[int]]]:
        """The nodes that `output` needs, each with the slots that nobody reads after it."""
        if output not in self._programs:
            needed, nodes = {output}, []
            for node in reversed(self.nodes):
                if needed.intersection(node.outputs):
                    nodes.append(node)
                    needed.update(node.inputs)
            read, steps = {output}, []
            for node in nodes:
                steps.append((node, [slot for slot in {*node.inputs, *node.outputs} if slot not in read]))
                read.update(node.inputs)
            self._programs[output] = steps[::-1]
        return self._programs[output]

    def play(self, inputs: dict[int, torch.Tensor], output: int, constants=True) -> torch.Tensor:
        """The value of slot `output` for these inputs by slot; an input that is not given is zero.

        constants: True for all, False for none, or a function from a node to the list it gets instead.
        Zeros are not computed: a node without a live value or constant is skipped.
        """
        values = dict(inputs)
        for node, done in self.program(output):
            tensors = [values.get(slot) for slot in node.inputs]
            if constants is True:
                added = node.constants
            elif constants is False:
                added = [None] * len(node.constants)
            else:
                added = constants(node)
            if any(x is not None for x in tensors) or any(x is not None for x in added):
                tensors = [self._zeros(s) if x is None else x for s, x in zip(node.inputs, tensors, strict=True)]
                outputs = node.evaluate(tensors, added)
                outputs = [outputs] if isinstance(outputs, torch.Tensor) else outputs
                values.update(zip(node.outputs, outputs, strict=True))
            for slot in done:
                values.pop(slot, None)
        result = values.get(output)
        return self._zeros(output).clone() if result is None else result

    def _zeros(self, slot):
        device = self.sources[0].value.device
        return torch.zeros((), dtype=self.dtype, device=device).expand(self.shapes[slot])
