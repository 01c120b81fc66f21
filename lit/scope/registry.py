"""Which replay stands for which non-linear unit, and the decorator that adds one.

A replay is the unit's own formula with `frozen(...)` around what is held at its value for the captured input;
what remains must be linear in the live tensors. A function's replay takes the function's arguments, a module's
takes the module first:

    @replay("softsign")                  # torch.nn.functional.softsign: x / (1 + |x|), the denominator held
    def softsign(x):
        return x / (1 + frozen(x).abs())

    @replay(MyGate)
    def my_gate(module, x):
        return module.value(x) * frozen(module.gate(x))

A function of torch goes by its name, since it comes as several objects (torch.relu, Tensor.relu_). A function of
somebody else that asks `__torch_function__`, as the operators of lit_kernels do, goes by itself, since names collide.
"""

from collections.abc import Callable

from torch import nn

from lit.scope.linear_ops import canonical, is_torchs

REPLAYS: dict[tuple, Callable] = {}
SOURCES: dict[type, dict[str, str]] = {}


def replay(*units: str | type | Callable, path: str | None = None) -> Callable:
    """Register the decorated function as the replay of these units.

    units: torch functions or their names ("gelu"), functions of others, or module classes.  path: only when this
    attention path is asked for ("value" or "query"); None for every one.
    """
    for unit in units:
        is_module = isinstance(unit, type) and issubclass(unit, nn.Module)
        if not (isinstance(unit, str) or is_module or (callable(unit) and not isinstance(unit, type))):
            raise TypeError(f"units: got {unit!r}; a function, the name of one of torch's, or a module class")

    def register(function):
        for unit in units:
            REPLAYS[unit_of(unit), path] = function
        return function

    return register


def unit_of(unit: str | type | Callable) -> str | type | Callable:
    """What a unit is registered and found by: the name of a function of torch, anything else itself."""
    return unit if isinstance(unit, (str, type)) or not is_torchs(unit) else canonical(unit)[1]


def find_replay(unit: str | type | Callable, path: str) -> Callable | None:
    """The replay of a unit (of a module's class: or of the nearest class that it derives from), or None."""
    for kind in unit.__mro__ if isinstance(unit, type) else (unit,):
        for key in ((kind, path), (kind, None)):
            if key in REPLAYS:
                return REPLAYS[key]
    return None


def text_sources(network: type, **modules: str):
    """Say which of a network's modules look up text tokens: their outputs are words beside those given.

    modules: label = path, such as style="style_token".
    """
    SOURCES[network] = {path: label for label, path in modules.items()}
