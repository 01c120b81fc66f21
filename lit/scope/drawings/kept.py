"""Captures that stay in memory, so that asking a drawing again is free."""

from collections import OrderedDict
from collections.abc import Hashable

from lit.scope.drawings.view import View

KEPT = 3  # about 0.3 GB each for the embedded model at 256 pixels


class Kept:
    """The last KEPT captures of a drawing. Whoever knows how much memory there is, overrides `before`, `used` and
    `roomy`; any thread may `drop` one, and only the one that captures adds one."""

    def __init__(self):
        self._views: OrderedDict[Hashable, View] = OrderedDict()

    def find(self, key: Hashable) -> View | None:
        view = self._views.get(key)
        if view is not None:
            self.used(key)
        return view

    def add(self, key: Hashable, view: View) -> View:
        self._views[key] = view
        self.used(key)
        return view

    def drop(self, key: Hashable):
        self._views.pop(key, None)

    def clear(self):
        for key in list(self._views):
            self.drop(key)

    def holds(self, view: View) -> bool:
        return any(one is view for one in list(self._views.values()))

    def before(self):
        """One is about to be made. Raises LiTError where it cannot be."""

    def used(self, key: Hashable):
        """It has been made, or asked again."""
        self._views.move_to_end(key)
        while len(self._views) > KEPT:
            self._views.popitem(last=False)

    def roomy(self) -> bool:
        """Whether one more may be made that nobody has asked for yet."""
        return True
