"""Sweeps, drawn in the worker's lane while there is no job: each visitor in turn, picture by picture, kept on the disk.

A job comes before every picture here, as it does for comparisons. What a former studio left unfinished is drawn on.
"""

import logging
import re
import shutil
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from lit.errors import LiTError, Phrase
from lit.explore.sweeps.grid import seconds_left
from lit.settings import GenerationSettings, read_png
from lit.studio.work.aside import Dropped, GivesWay, drawn_aside
from lit.studio.work.drafts import Picture
from lit.studio.work.lane import Lane
from lit.studio.work.pictures import reason
from lit.studio.work.swept import FILE, Cell, Order, Swept

if TYPE_CHECKING:
    from lit.explore.sweeps.distances import Eye
    from lit.pipeline import LiTPipeline

log = logging.getLogger(__name__)

ACTIVE = 2  # of one visitor that may wait or be drawn
KEPT = 40  # of one visitor; of those that have ended the oldest goes
PUBLIC_KEPT = 5  # where strangers share the studio
ALL = 400  # of all visitors
TRASH = 600.0  # seconds that a sweep can be brought back
RECENT = 24  # pictures of which it is remembered how long they took


class Sweeps:
    """All visitors' sweeps, in `folder`. Any thread may call any method but `advance`.

    lane: shared with whoever else computes.  gives_way(): whether something else is to be done first.
    wake(): called when there is something to draw.  public: strangers share the studio, each sees their own alone.
    """

    def __init__(
        self, folder: Path, lane: Lane, gives_way: Callable[[], bool], wake: Callable[[], None], public: bool = False
    ):
        self.folder, self.public = folder, public
        self._lane, self._gives_way, self._wake = lane, gives_way, wake
        self._guard = threading.RLock()
        self._read: dict[str, Swept] | None = None  # by id, the oldest first; None until somebody asks
        self._turns: list[str] = []  # visitors, who had a turn last comes last
        self._closed = False
        self._eye: Eye | None = None
        self._taken: deque[tuple[GenerationSettings, float]] = deque(maxlen=RECENT)

    @property
    def most(self) -> int:
        """Sweeps of one visitor that are kept."""
        return PUBLIC_KEPT if self.public else KEPT

    def begin(self, visitor: str, order: Order) -> Swept:
        """Put a sweep into this visitor's line. Raises LiTError where too many of theirs are being drawn, and where it
        cannot be written."""
        with self._guard:
            if self._closed:
                raise LiTError("The studio is closing")
            self.sweep()
            known = self._known()
            self._check_room(visitor)
            for oldest in self._over(visitor):
                self._remove(known.pop(oldest.id))
            swept = Swept(self.folder / uuid.uuid4().hex, visitor, order, time.time())
            try:
                swept.write()
            except OSError as error:
                shutil.rmtree(swept.folder, ignore_errors=True)
                raise LiTError(Phrase("The sweep cannot be saved at the moment ({why})", why=reason(error))) from error
            known[swept.id] = swept
        self._wake()
        return swept

    def find(self, sweep_id: object, visitor: str) -> Swept:
        """A sweep of this visitor; on a studio of one's own, of anybody. Raises LiTError for one that is not there."""
        with self._guard:
            found = self._known().get(sweep_id) if isinstance(sweep_id, str) else None
        if found is None or (self.public and found.visitor != visitor):
            raise LiTError("This sweep is no longer there")
        return found

    def known(self, sweep_id: str) -> Swept | None:
        """The sweep with this id, for whoever knows that."""
        with self._guard:
            return self._known().get(sweep_id)

    def of(self, visitor: str) -> list[Swept]:
        """Those of this visitor, on a studio of one's own all; without the trash, the newest first."""
        with self._guard:
            self.sweep()
            mine = [one for one in self._known().values() if not self.public or one.visitor == visitor]
        return [one for one in reversed(mine) if one.trashed is None]

    def go_on(self, swept: Swept):
        """Draw the rest of one that has stopped. Raises LiTError where too many of its visitor's are being drawn."""
        with self._guard:
            self._check_room(swept.visitor)
            swept.go_on()
        self._wake()

    def throw_away(self, swept: Swept):
        """Into the trash, for ten minutes; what is being drawn of it ends within one evaluation."""
        swept.put(time.time())

    def bring_back(self, swept: Swept):
        swept.put(None)
        self._wake()

    def sweep(self):
        """Off the disk with what has been in the trash for long enough."""
        with self._guard:
            known = self._known()
            for one in [one for one in known.values() if one.trashed and one.trashed < time.time() - TRASH]:
                self._remove(known.pop(one.id))

    def picture(self, swept: Swept, place: int) -> Picture:
        """A picture that is drawn, to be kept: its id is always the same, and tells nothing of the sweep's. Raises
        LiTError for one that is not there."""
        file = swept.picture(place)
        if file is None:
            raise LiTError("This picture is no longer there")
        settings, provenance = read_png(file)
        name = uuid.uuid5(uuid.UUID(swept.id), str(place)).hex
        try:
            return Picture(name, settings, provenance, file.read_bytes(), swept.cells[place].seconds, settled=True)
        except OSError as error:
            raise LiTError("This picture is no longer there") from error

    def seconds(self, left: list[GenerationSettings], first: tuple[GenerationSettings, float] | None) -> float | None:
        """About how long these will take; None where that is not known.

        first: settings and how long they took, where no picture of a sweep has been drawn yet.
        """
        return seconds_left(list(self._taken) or ([first] if first else []), left)

    def close(self):
        with self._guard:
            self._closed = True

    def advance(self, pipeline: "LiTPipeline") -> bool:
        """Draw the next picture; False if there is none. Called by the worker's thread."""
        swept = self._next()
        if swept is None:
            return False
        cell = None
        try:
            with self._lane:  # what an adaptive one has drawn is looked at
                cell = swept.next(self._looking)
            if cell is not None:
                self._draw(pipeline, swept, cell)
        except Dropped:
            if cell is not None:
                swept.waits(cell)
        except GivesWay:
            if cell is not None:
                swept.waits(cell)
            with self._guard:
                self._turns = [visitor for visitor in self._turns if visitor != swept.visitor]  # and so first again
        except LiTError as error:
            self._failed(swept, cell, error)
        except BaseException as error:  # whatever it was, there are other pictures
            log.exception("a picture of a sweep failed")
            said = Phrase("Drawing failed: {kind}: {why}", kind=type(error).__name__, why=error)
            self._failed(swept, cell, LiTError(said))
        return True

    def _draw(self, pipeline, swept: Swept, cell: Cell):
        began = time.monotonic()
        settings = pipeline.check(cell.point.settings)
        told = (self._gives_way, lambda: swept.active and not self._closed)
        image = drawn_aside(self._lane, pipeline, settings, *told, lambda done, of: swept.step(cell, done, of))
        took = time.monotonic() - began
        self._taken.append((settings, took))
        try:
            with self._lane:
                swept.drawn(cell, image, pipeline.provenance(), took, self._looking)
        except OSError as error:
            said = Phrase("The picture was drawn but could not be saved ({why})", why=reason(error))
            swept.cannot(cell, LiTError(said))

    def _failed(self, swept, cell, error):
        if cell is None:
            swept.stop()
        else:
            swept.failed(cell, error)

    def _looking(self) -> "Eye":
        if self._eye is None:
            from lit.explore.sweeps.distances import eye

            self._eye = eye()
        return self._eye

    def _next(self) -> Swept | None:
        """The oldest that is to be drawn of the visitor whose turn it is."""
        with self._guard:
            if self._closed:
                return None
            active: dict[str, Swept] = {}
            for one in self._known().values():
                if one.active:
                    active.setdefault(one.visitor, one)
            if not active:
                return None
            self._turns = [visitor for visitor in self._turns if visitor in active]
            visitor = min(active, key=lambda one: self._turns.index(one) if one in self._turns else -1)
            self._turns = [one for one in self._turns if one != visitor] + [visitor]
            return active[visitor]

    def _known(self) -> dict[str, Swept]:
        if self._read is None:
            folders = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
            found = [one for one in map(_opened, folders) if one is not None]
            self._read = {one.id: one for one in sorted(found, key=lambda one: one.created)}
        return self._read

    def _check_room(self, visitor):
        active = [one for one in self._known().values() if one.active]
        if sum(one.visitor == visitor for one in active) >= ACTIVE:
            raise LiTError(Phrase("{n} sweeps of yours are being drawn. Stop one, or wait for it", n=ACTIVE))
        if len(active) >= ALL // 4:
            raise LiTError("Too many sweeps are being drawn at the moment. Try again in a while")

    def _over(self, visitor) -> list[Swept]:
        """What has to go so that another finds room."""
        ended = [one for one in self._known().values() if not one.active]
        mine = [one for one in self._known().values() if one.visitor == visitor]
        over = len(mine) + 1 - self.most
        gone = [one for one in ended if one.visitor == visitor][: max(0, over)]
        rest = [one for one in ended if one not in gone]
        return gone + rest[: max(0, len(self._known()) - len(gone) + 1 - ALL)]

    def _remove(self, swept: Swept):
        shutil.rmtree(swept.folder, ignore_errors=True)


def _opened(folder: Path) -> Swept | None:
    if not re.fullmatch("[0-9a-f]{32}", folder.name):
        return None
    try:
        return Swept.open(folder)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        if (folder / FILE).exists():
            log.warning("sweep %s is damaged and left alone: %s", folder.name, error)
        return None
