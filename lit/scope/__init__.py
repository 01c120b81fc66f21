"""See exactly what a network did: interpreters, modes, one drawing opened."""

from lit.scope.affine import Affine, Contributions, Word
from lit.scope.modes import Modes
from lit.scope.registry import replay
from lit.scope.scope import LinearScope
from lit.scope.tape import UnknownUnit, frozen

__all__ = ["Affine", "Contributions", "LinearScope", "Modes", "UnknownUnit", "Word", "frozen", "replay"]
