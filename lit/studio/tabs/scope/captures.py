"""LinearScope's captures on the studio's account of memory: as many as there is room for."""

from collections.abc import Hashable
from functools import partial

from lit.errors import Phrase
from lit.scope.drawings.kept import Kept
from lit.settings import GenerationSettings
from lit.studio.work.memory import Memory

PIXEL = 4800  # bytes that a capture and what is kept of its answers take, by pixels: 0.3 GB at 256 x 256


class Counted(Kept):
    """A drawing's captures, each of which may have to make room for another drawing's."""

    def __init__(self, memory: Memory, settings: GenerationSettings):
        super().__init__()
        self._memory, self._size = memory, PIXEL * settings.width * settings.height

    def before(self):
        self._memory.need(self._size, Phrase("Looking into a picture of this size"))

    def used(self, key: Hashable):
        if self._memory.limit is None:
            super().used(key)  # as many as are kept where nobody says how much memory there is
        self._memory.keep((id(self), key), partial(self.drop, key))

    def drop(self, key: Hashable):
        super().drop(key)
        self._memory.forget((id(self), key))

    def roomy(self) -> bool:
        return self._memory.fits(self._size)
