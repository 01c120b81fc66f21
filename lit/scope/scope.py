"""LinearScope: for one input, a network as the affine map that it was (arXiv 1908.05168)."""

import contextlib
import warnings
from collections import OrderedDict

import torch
from torch import nn
from torch.utils._pytree import tree_map

import lit.scope.networks
import lit.scope.units  # noqa: F401  the replays register themselves
from lit.errors import InputError
from lit.scope.affine import Affine
from lit.scope.registry import SOURCES, find_replay
from lit.scope.tape import CURRENT, Live, Tape, constant, frozen

PATHS = ("value", "query")
PRECISIONS = (torch.float32, torch.float64)


class LinearScope:
    """Captures what a network does to one input as y = F x + sum_j G_j c_j + r.

    network: any module whose units are known: a LiT transformer, the autoencoder, a DiT, a CNN, or a chain of
    them. It is only read: the scope runs shallow copies of its modules that share the weights, so it leaves no
    hook behind, whatever happens.
    path: what is live in linear attention. "value": o = A* v, who is looked at; "query": o = q S*, who looks.
    Each is exact at the input; the two are never added. Softmax attention always has its values live.
    call: the method to run, such as "decode" of an autoencoder.  output: which of several outputs, by position
    or name.  words: name of the argument that holds the text (batch, tokens, channels), None for no text.
    dtype: torch.float32 or torch.float64; None for the network's, with half precisions converted to float32,
    which `notice` then says (a warning does, too).
    """

    def __init__(
        self,
        network: nn.Module,
        path: str = "value",
        *,
        call: str = "forward",
        output: int | str = 0,
        words: str | tuple[str, ...] | None = ("encoder_hidden_states", "words"),
        dtype: torch.dtype | None = None,
    ):
        if not isinstance(network, nn.Module):
            raise InputError("network", type(network).__name__, "a torch module")
        if path not in PATHS:
            raise InputError("path", path, f"one of {', '.join(PATHS)}")
        if dtype is not None and dtype not in PRECISIONS:
            raise InputError("dtype", str(dtype), "torch.float32 or torch.float64")
        if not callable(getattr(network, call, None)):
            raise InputError("call", call, f"a method of {type(network).__name__}")
        tensors = [*network.parameters(), *network.buffers()]
        own = next((tensor.dtype for tensor in tensors if tensor.is_floating_point()), None)
        self.path, self.call, self.output = path, call, output
        self.words = (words,) if isinstance(words, str) else tuple(words or ())
        self.dtype = dtype or (torch.float32 if own not in (*PRECISIONS, None) else own)  # None: that of the input
        self.notice = ""
        if own not in (*PRECISIONS, None):
            self.notice = f"network: got {own}; a copy converted to {self.dtype} is looked at, the network stays"
            warnings.warn(self.notice, stacklevel=2)
        self.device = tensors[0].device if tensors else None
        with torch.inference_mode(False):
            self._network = _copy(getattr(network, "_orig_mod", network), self.dtype)  # what torch.compile wrapped

    def at(self, x: torch.Tensor, *args, **conditioning) -> Affine:
        """Run the network once at x and return its affine map there; also a context manager that frees it.

        x: the network's first argument, of any shape.  args, conditioning: its other arguments; all but the
        words are constants (time, class, masks).
        Raises InputError for values that are not finite, UnknownUnit for a unit without a replay.
        """
        x = self._checked("x", x)
        tape = Tape(x.dtype, self.path)
        with torch.inference_mode(False), torch.no_grad():
            live = tape.source("input", x.clone())
            args, kwargs = tree_map(self._constant, args), {}
            for name, value in conditioning.items():
                if name in self.words and isinstance(value, torch.Tensor) and value.is_floating_point():
                    kwargs[name] = tape.source("word", self._checked(name, value).clone())
                else:
                    kwargs[name] = tree_map(self._constant, value)
            token = CURRENT.set(tape)
            try:
                out = getattr(self._network, self.call)(live, *args, **kwargs)
            finally:
                CURRENT.reset(token)
            out = _pick(out, self.output)
            if not isinstance(out, Live):
                raise InputError("output", self.output, "an output that depends on the input")
            affine = Affine(tape, out.slot, frozen(out))
            if not torch.isfinite(affine.value).all():
                raise InputError("x", "an input whose output is not finite", "one that the network can take")
        return affine

    def _constant(self, value):
        if not isinstance(value, torch.Tensor):
            return value
        value = value.to(self.device or value.device).clone()
        return value.float() if value.dtype in (torch.float16, torch.bfloat16) else value

    def _checked(self, name, value):
        if not isinstance(value, torch.Tensor) or not value.is_floating_point():
            raise InputError(name, type(value).__name__, "a tensor of floating-point numbers")
        if not torch.isfinite(value).all():
            raise InputError(name, "numbers that are not finite", "finite ones")
        dtype = self.dtype or (value.dtype if value.dtype in PRECISIONS else torch.float32)
        return value.detach().to(self.device or value.device, dtype)


def _pick(out, which):
    if isinstance(out, torch.Tensor):
        return out
    if isinstance(which, str):
        return out[which] if isinstance(out, dict) else getattr(out, which, None)
    values = list(out.values()) if isinstance(out, dict) else list(out)
    return values[which] if which < len(values) else None


def _copy(network, dtype):
    """The network's modules, each a shallow copy with the same weights, that tell the tape where they are."""
    sources = {path: label for kind, paths in SOURCES.items() for path, label in _found(network, kind, paths)}
    copies = {}

    def copied(module, path):
        if module in copies:
            return copies[module]
        if "forward" in module.__dict__:  # of the instance: it belongs to the original and would not meet the tape
            place = f"the module {path!r}" if path else "the network itself"
            wanted = "one whose class holds its forward; take off what replaced it (a wrapper, an offloading hook)"
            raise InputError("network", f"{place} with a forward of its own", wanted)
        twin = copies[module] = type(module).__new__(type(module))  # copy.copy refuses parametrized modules
        twin.__dict__.update(module.__dict__ | {"_compiled_call_impl": None})
        state = {"_parameters": module._parameters, "_buffers": module._buffers}
        for name, tensors in state.items():
            twin.__dict__[name] = type(tensors)((key, _cast(tensor, dtype)) for key, tensor in tensors.items())
        twin.__dict__["_modules"] = OrderedDict()
        for name, child in module._modules.items():
            twin._modules[name] = None if child is None else copied(child, f"{path}.{name}" if path else name)
        twin.__dict__["forward"] = _watched(twin, path, sources.get(path))
        return twin

    return copied(network, "")


def _found(network, kind, paths):
    for name, module in network.named_modules():
        if isinstance(module, kind):
            for path, label in paths.items():
                yield f"{name}.{path}" if name else path, label


def _cast(tensor, dtype):
    if tensor is None:
        return None
    value = constant(tensor, dtype or tensor.dtype)
    return nn.Parameter(value, requires_grad=False) if isinstance(tensor, nn.Parameter) else value


def _watched(module, path, source):
    """The module's forward for a tape: its replay where there is one, and its place told."""
    forward = type(module).forward.__get__(module)

    def watched(*args, **kwargs):
        tape = CURRENT.get()
        if tape is None:
            return forward(*args, **kwargs)
        rule = find_replay(type(module), tape.path)
        live = any(isinstance(x, Live) for x in [*args, *kwargs.values()])
        with tape.inside(path) if path else contextlib.nullcontext():
            out = rule(module, *args, **kwargs) if rule and live else forward(*args, **kwargs)
        if source is not None:  # (batch, channels): one token an image
            out = tape.source(source, out.unsqueeze(1)).squeeze(1)
        tape.mark(path, out)
        return out

    return watched
