"""Long work of visitors that is kept on the disk, a folder each, and done piece by piece: sweeps and dreams.

Visitors take turns. What a former studio left unfinished is gone on with.
"""

import logging
import re
import shutil
import threading
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from lit.errors import LiTError

log = logging.getLogger(__name__)

ACTIVE = 2  # of one visitor that may wait or be drawn
TRASH = 600.0  # seconds that one can be brought back


class Long(Protocol):
    """One of them. active: it is to be gone on with.  trashed: when it was thrown away, None where it was not."""

    id: str
    folder: Path
    visitor: str
    created: float
    trashed: float | None

    @property
    def active(self) -> bool: ...
    def go_on(self) -> None: ...
    def put(self, trashed: float | None) -> None: ...
    def write(self) -> None:
        """Raises OSError."""


class Recorded:
    """What of one of them is alike: all that changes is told to the page, by its version, and to the disk, whole.

    version: grows with all that changes, and from one studio to the next.
    """

    id: str
    state: str

    def __init__(self):
        self.trashed: float | None = None
        self.version = int(time.time() * 1000)
        self._writing, self._counting = threading.Lock(), threading.Lock()

    def put(self, trashed: float | None):
        """Into the trash, and out of it."""
        self.trashed = trashed
        self._changed()

    def write(self):
        """Raises OSError."""
        raise NotImplementedError

    def _touched(self):
        with self._counting:
            self.version += 1

    def _end(self, state: str):
        self.state = state
        self._changed()

    def _changed(self):
        """Tell the page, and the disk. What the disk cannot take now it is told with the next."""
        self._touched()
        try:
            self.write()
        except OSError as error:
            log.warning("%s %s cannot be written: %s", type(self).__name__, self.id, error)


T = TypeVar("T", bound=Long)


class Lasting(Generic[T]):
    """All visitors' in `folder`. Any thread may call any method.

    file: what makes a folder one of them.  open: reads one; raises ValueError (LiTError too), KeyError, TypeError or
    OSError for a damaged one.  most: of one visitor that are kept; of those that have ended the oldest goes.
    in_all: of all visitors.  wake(): called when there is something to do.  public: strangers share the studio, each
    sees their own alone.
    """

    file: str
    in_all: int

    def __init__(
        self, folder: Path, open: Callable[[Path], T], most: int, wake: Callable[[], None], public: bool = False
    ):
        self.folder, self.public, self.most = folder, public, most
        self._open, self._wake = open, wake
        self._guard = threading.RLock()
        self._read: dict[str, T] | None = None  # by id, the oldest first; None until somebody asks
        self._turns: list[str] = []  # visitors, who had a turn last comes last
        self._closed = False

    def find(self, one_id: object, visitor: str) -> T:
        """One of this visitor; on a studio of one's own, of anybody. Raises LiTError for one that is not there."""
        with self._guard:
            found = self._known().get(one_id) if isinstance(one_id, str) else None
        if found is None or (self.public and found.visitor != visitor):
            raise self._gone()
        return found

    def known(self, one_id: str) -> T | None:
        """The one with this id, for whoever knows that."""
        with self._guard:
            return self._known().get(one_id)

    def of(self, visitor: str) -> list[T]:
        """Those of this visitor, on a studio of one's own all; without the trash, the newest first."""
        with self._guard:
            self.sweep()
            mine = [one for one in self._known().values() if not self.public or one.visitor == visitor]
        return [one for one in reversed(mine) if one.trashed is None]

    def go_on(self, one: T):
        """Go on with one that has stopped. Raises LiTError where too many of its visitor's are under way."""
        with self._guard:
            self._check_room(one.visitor)
            one.go_on()
        self._wake()

    def throw_away(self, one: T):
        """Into the trash, for ten minutes; what is being done of it ends within one evaluation."""
        one.put(time.time())

    def bring_back(self, one: T):
        one.put(None)
        self._wake()

    def sweep(self):
        """Off the disk with what has been in the trash for long enough."""
        with self._guard:
            known = self._known()
            for one in [one for one in known.values() if one.trashed and one.trashed < time.time() - TRASH]:
                self._remove(known.pop(one.id))

    def close(self):
        with self._guard:
            self._closed = True

    # For those that are of a kind

    def _gone(self) -> LiTError:
        """That one is not there."""
        raise NotImplementedError

    def _too_many(self, own: bool) -> LiTError:
        """That too many are under way: of a visitor's own, or of all."""
        raise NotImplementedError

    def _unsaved(self, error: OSError) -> LiTError:
        """That one cannot be written."""
        raise NotImplementedError

    def _add(self, visitor: str, make: Callable[[Path, float], T]) -> T:
        """Put one into this visitor's line. make(folder, now).  Raises LiTError where too many of theirs are under way,
        and where it cannot be written."""
        with self._guard:
            if self._closed:
                raise LiTError("The studio is closing")
            self.sweep()
            known = self._known()
            self._check_room(visitor)
            for oldest in self._over(visitor):
                self._remove(known.pop(oldest.id))
            one = make(self.folder / uuid.uuid4().hex, time.time())
            try:
                one.write()
            except OSError as error:
                shutil.rmtree(one.folder, ignore_errors=True)
                raise self._unsaved(error) from error
            known[one.id] = one
        self._wake()
        return one

    def _next(self) -> T | None:
        """The oldest that is to be gone on with of the visitor whose turn it is."""
        with self._guard:
            if self._closed:
                return None
            active: dict[str, T] = {}
            for one in self._known().values():
                if one.active:
                    active.setdefault(one.visitor, one)
            if not active:
                return None
            self._turns = [visitor for visitor in self._turns if visitor in active]
            visitor = min(active, key=lambda one: self._turns.index(one) if one in self._turns else -1)
            self._turns = [one for one in self._turns if one != visitor] + [visitor]
            return active[visitor]

    def _again(self, one: T):
        """Its turn came to nothing: it is first again."""
        with self._guard:
            self._turns = [visitor for visitor in self._turns if visitor != one.visitor]

    def _known(self) -> dict[str, T]:
        if self._read is None:
            folders = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
            found = [one for one in map(self._opened, folders) if one is not None]
            self._read = {one.id: one for one in sorted(found, key=lambda one: one.created)}
        return self._read

    def _opened(self, folder: Path) -> T | None:
        if not re.fullmatch("[0-9a-f]{32}", folder.name):
            return None
        try:
            return self._open(folder)
        except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            if (folder / self.file).exists():
                log.warning("%s is damaged and left alone: %s", folder, error)
            return None

    def _check_room(self, visitor):
        active = [one for one in self._known().values() if one.active]
        if sum(one.visitor == visitor for one in active) >= ACTIVE:
            raise self._too_many(own=True)
        if len(active) >= self.in_all // 4:
            raise self._too_many(own=False)

    def _over(self, visitor) -> list[T]:
        """What has to go so that another finds room."""
        ended = [one for one in self._known().values() if not one.active]
        mine = [one for one in self._known().values() if one.visitor == visitor]
        over = len(mine) + 1 - self.most
        gone = [one for one in ended if one.visitor == visitor][: max(0, over)]
        rest = [one for one in ended if one not in gone]
        return gone + rest[: max(0, len(self._known()) - len(gone) + 1 - self.in_all)]

    def _remove(self, one: T):
        shutil.rmtree(one.folder, ignore_errors=True)
