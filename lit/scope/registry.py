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
"""

from collections.abc import Callable

from torch import nn

REPLAYS: dict[tuple, Callable] = {}
SOURCES: dict[type, dict[str, str]] = {}


def replay(*units: str | type, path: str | None = None) -> Callable:
    """Register the decorated function as the replay of these units.

    units: names of torch functions ("gelu") or module classes.  path: only when this attention path is asked
    for ("value" or "query"); None for every one.
    """
    for unit in units:
        if not isinstance(unit, str) and not (isinstance(unit, type) and issubclass(unit, nn.Module)):
            raise TypeError(f"units: got {unit!r}; the name of a torch function or a module class")

    def register(function):
        for unit in units:
            REPLAYS[unit, path] = function
        return function

    return register


def find_replay(unit: str | type, path: str) -> Callable | None:
    """The replay of a function's name or a module's class (or of the nearest class it derives from), or None."""
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
