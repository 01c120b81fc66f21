"""Token mixers: the one part in which a softmax DiT and a LiT differ.

A mixer maps x (batch, tokens, width) on a grid (rows, columns) with rows * columns = tokens to the same
shape. A new one is a subclass of `TokenMixer` in a file here and a line in `TOKEN_MIXERS`.
"""

import inspect
from collections.abc import Mapping, Sequence

from torch import nn

from lit.errors import InputError
from lit.models.mixers.base import TokenMixer
from lit.models.mixers.deltanet import DeltaNetMixer
from lit.models.mixers.liger import LigerMixer
from lit.models.mixers.lit import LiTMixer
from lit.models.mixers.lolcats import LoLCATsMixer
from lit.models.mixers.softmax import SoftmaxMixer
from lit.models.mixers.transnormer import TransNormerMixer

TOKEN_MIXERS: dict[str, type[TokenMixer]] = {
    "softmax": SoftmaxMixer,
    "lit": LiTMixer,
    "transnormer": TransNormerMixer,
    "deltanet": DeltaNetMixer,
    "liger": LigerMixer,
    "lolcats": LoLCATsMixer,
}


def make_mixers(
    names: str | Sequence[str], width: int, heads: int | Sequence[int], depth: int, arguments: Mapping | None = None
) -> list[TokenMixer]:
    """The mixers of `depth` layers.

    names: of `TOKEN_MIXERS`, one for all layers or one a layer; heads likewise.  arguments: of the mixers' own; where
    kinds are mixed, each takes those that it has.  Raises InputError for a name, an argument or a number that does not
    fit.
    """
    if not isinstance(names, (str, list, tuple)):
        raise InputError("token_mixer", names, "a name, or one for each layer")
    by_layer = [names] * depth if isinstance(names, str) else list(names)
    for name in by_layer:
        if not isinstance(name, str) or name not in TOKEN_MIXERS:
            raise InputError("token_mixer", name, f"one of {', '.join(TOKEN_MIXERS)}")
    if len(by_layer) != depth:
        raise InputError("token_mixer", f"{len(by_layer)} names", f"one, or one for each of {depth} layers")
    heads_by_layer = list(heads) if isinstance(heads, (list, tuple)) else [heads] * depth
    if len(heads_by_layer) != depth:
        raise InputError("num_attention_heads", f"{len(heads_by_layer)} numbers", f"one for each of {depth} layers")
    for count in heads_by_layer:
        if isinstance(count, bool) or not isinstance(count, int) or count < 1 or width % count:
            raise InputError("num_attention_heads", count, f"a divisor of the width {width}")
    known = {name: _arguments(TOKEN_MIXERS[name]) for name in dict.fromkeys(by_layer)}
    given = {} if arguments is None else arguments
    if not isinstance(given, Mapping):
        raise InputError("mixer_args", given, "arguments of the mixer by name")
    for argument in given:
        if not any(argument in has for has in known.values()):
            told = "; ".join(f"{name} takes {', '.join(has) or 'none'}" for name, has in known.items())
            raise InputError("mixer_args", argument, told)
    return [
        TOKEN_MIXERS[name](width, count, layer, depth, **{key: given[key] for key in given if key in known[name]})
        for layer, (name, count) in enumerate(zip(by_layer, heads_by_layer, strict=True))
    ]


def is_own(student: nn.Module, teacher: nn.Module, name: str) -> bool:
    """Whether a weight, by its name in the state of either, is one of the student's mixers' own: not inherited, but
    learned anew. A mixer of the teacher's kind has nothing of its own."""
    for path, mixer in student.named_modules():
        if isinstance(mixer, TokenMixer) and name.startswith(f"{path}."):
            anew = name.removeprefix(f"{path}.").split(".")[0] not in mixer.inherits
            return anew and type(dict(teacher.named_modules()).get(path)) is not type(mixer)
    return False


def mixers_of(network: nn.Module) -> dict[str, TokenMixer]:
    """A network's token mixers by their paths, in the order of the layers."""
    return {path: module for path, module in network.named_modules() if isinstance(module, TokenMixer)}


def changed_mixers(student: nn.Module, teacher: nn.Module) -> list[tuple[str, TokenMixer, TokenMixer]]:
    """(path, the student's, the teacher's) where the student's is of another kind. Raises InputError for networks whose
    mixers do not stand at the same places."""
    mixers, taught = mixers_of(student), mixers_of(teacher)
    if list(mixers) != list(taught):
        raise InputError("teacher", f"{len(taught)} mixers", f"{len(mixers)}, at the student's places")
    return [(path, one, taught[path]) for path, one in mixers.items() if type(one) is not type(taught[path])]


def _arguments(kind: type[TokenMixer]) -> list[str]:
    parameters = inspect.signature(kind).parameters.values()
    return [parameter.name for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
