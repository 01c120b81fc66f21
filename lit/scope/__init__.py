"""See exactly what a network did: interpreters, modes, one drawing opened."""

from lit.scope.affine import Affine
from lit.scope.map import Contributions, Map, Word
from lit.scope.modes import Modes
from lit.scope.registry import replay
from lit.scope.scope import LinearScope
from lit.scope.tape import Origin, UnknownUnit, frozen

__all__ = [
    "Affine", "Contributions", "LinearScope", "Map", "Modes", "Origin", "UnknownUnit", "Word", "frozen", "replay",
]  # fmt: skip
