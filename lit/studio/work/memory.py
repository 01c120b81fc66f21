"""How much memory the studio takes, and who gives some back before it takes more than it may.

What counts is the whole process as the system sees it: libraries, weights, what is computed at the moment, and what is
kept because somebody may ask for it again. The last of these is listed here, whoever keeps it (LinearScope's captures
and answers, live pictures, comparisons, the results of tasks, a teacher that was loaded), and what was used longest ago
goes first. It is made again when somebody needs it.
"""

import contextlib
import ctypes
import gc
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import cache
from pathlib import Path

from lit.errors import InputError, LiTError, Phrase
from lit.settings import GenerationSettings
from lit.studio.work.estimate import resident_memory

GIB = 2**30
LEAST = 0.8  # GiB that the studio takes with its libraries, before weights
SPARE = 192 * 2**20  # bytes that stay free for what is computed and kept for nobody: a step, a question, a page
PIXEL = 160  # bytes that drawing one pixel of the finished picture takes, nearly all of them while it is decoded
FAILED = "Drawing failed: {kind}: {why}"  # of what nobody has thought of
RETRY = 5.0  # seconds until memory that cannot be had is looked for again
ARENAS = 2  # of glibc: each keeps what is freed in it, and it would make eight for every processor


class Memory:
    """The account. limit: bytes that the process may take, None for no limit. Any thread may call any method."""

    def __init__(self, limit: int | None = None):
        self.limit = limit
        self._guard = threading.Lock()
        self._kept: OrderedDict[Hashable, Callable[[], object]] = OrderedDict()  # used longest ago first
        self._vain = -math.inf  # when there was too little and nothing to give up
        self._bare: int | None = None  # bytes of the process with its model, before anything was kept

    def keep(self, key: Hashable, drop: Callable[[], object]):
        """Something is kept, or has been used again: it is the last to go. drop(): lets go of it; from any thread."""
        with self._guard:
            self._kept[key] = drop
            self._kept.move_to_end(key)

    def forget(self, key: Hashable):
        """Something is not kept any more."""
        with self._guard:
            self._kept.pop(key, None)

    def loaded(self):
        """The model has been loaded, and nothing is kept yet. Raises LiTError where that alone is too much."""
        self.need(0, Phrase("The model"))
        self._bare = resident_memory()

    def fits(self, more: int = 0) -> bool:
        """Whether so many bytes more, beside what is computed anyway, can be had with all that is kept."""
        resident = resident_memory() if self.limit is not None else None
        return self.limit is None or resident is None or resident + SPARE + more <= self.limit

    def make_room(self, more: int = 0) -> bool:
        """Give up what was used longest ago until `more` bytes fit; False where everything is not enough."""
        if self.fits(more):
            return True
        if not more and time.monotonic() - self._vain < RETRY:
            return False
        collected = False
        while not (_trimmed() and self.fits(more)):
            with self._guard:
                oldest = self._kept.popitem(last=False) if self._kept else None
            if oldest is not None:
                oldest[1]()
            elif collected:
                self._vain = time.monotonic()
                return False
            else:
                gc.collect()  # circles among what was given up
                collected = True
        return True

    def need(self, more: int, what: str):
        """`make_room`, or an error where there would not be room if nothing at all were kept: what is in use at the
        moment, and goes by itself, refuses nobody. what: takes so much, as the beginning of a sentence.

        Raises LiTError.
        """
        if not self.make_room(more):
            self.check(more, what)

    def check(self, more: int, what: str):
        """The same error, for what would not have room if nothing were kept; and nothing is given up for it."""
        total = (self._bare or resident_memory() or 0) + SPARE + more
        if self.limit is None or total <= self.limit:
            return
        needed = math.ceil(total / GIB * 4) / 4
        text = "{what} needs {needed} GiB of memory, and the studio may take {limit}. Start it with --memory {needed}"
        raise LiTError(Phrase(text, what=what, needed=f"{needed:g}", limit=f"{(self.limit or 0) / GIB:.3g}"))


def failed(error: BaseException) -> Phrase:
    """What an error that nobody expected did to a drawing. Where it says that the system has no memory left, that."""
    # PyTorch has errors of its own for that on an accelerator, and none on a processor.
    if isinstance(error, MemoryError) or "memory" in str(error).lower() and isinstance(error, RuntimeError):
        return Phrase("There is not enough memory for this picture at the moment. A smaller one may do")
    return Phrase(FAILED, kind=type(error).__name__, why=error)


def room_for(settings: GenerationSettings) -> int:
    """Bytes that drawing one picture of these settings takes beside what is spared anyway. Several are drawn one after
    the other, so that they take no more."""
    return max(0, PIXEL * settings.width * settings.height * settings.output_scale**2 - SPARE)


def limit_of(gib: float, model: Path) -> int:
    """The limit in bytes. model: the folder of its weights. Raises InputError for one in which it cannot be loaded."""
    weights = sum(file.stat().st_size for file in model.rglob("*.safetensors") if "teacher" not in file.parts)
    least = LEAST + (weights + SPARE) / GIB
    if not (math.isfinite(gib) and gib >= least):
        least = math.ceil(least * 20) / 20
        raise InputError("memory", gib, Phrase("{least} or more, in GiB: so much the model needs", least=f"{least:g}"))
    return int(gib * GIB)


def give_back_early():
    """Tell glibc to keep fewer heaps for threads to come: what is freed in them comes back to the system sooner."""
    if libc := _glibc():
        libc.mallopt(-8, ARENAS)  # M_ARENA_MAX


def _trimmed() -> bool:
    """After what is free inside the heaps went back to the system, where the C library can do that."""
    if libc := _glibc():
        libc.malloc_trim(0)
    return True


@cache
def _glibc() -> ctypes.CDLL | None:
    with contextlib.suppress(OSError):
        libc = ctypes.CDLL("libc.so.6")
        return libc if hasattr(libc, "malloc_trim") and hasattr(libc, "mallopt") else None  # musl has neither
    return None
