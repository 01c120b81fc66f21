"""Sweeps, drawn in the worker's lane while there is no job: each visitor in turn, picture by picture, kept on the disk.

A job comes before every picture here, as it does for comparisons. What a former studio left unfinished is drawn on.
"""

import logging
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
from lit.studio.work.lasting import ACTIVE, Lasting
from lit.studio.work.pictures import reason
from lit.studio.work.swept import FILE, Cell, Order, Swept

if TYPE_CHECKING:
    from lit.explore.sweeps.distances import Eye
    from lit.pipeline import LiTPipeline

log = logging.getLogger(__name__)

KEPT = 40  # of one visitor; of those that have ended the oldest goes
PUBLIC_KEPT = 5  # where strangers share the studio
ALL = 400  # of all visitors
RECENT = 24  # pictures of which it is remembered how long they took


class Sweeps(Lasting[Swept]):
    """All visitors' sweeps, in `folder`. Any thread may call any method but `advance`.

    lane: shared with whoever else computes.  gives_way(): whether something else is to be done first.
    wake(): called when there is something to draw.  public: strangers share the studio, each sees their own alone.
    """

    file, in_all = FILE, ALL

    def __init__(
        self, folder: Path, lane: Lane, gives_way: Callable[[], bool], wake: Callable[[], None], public: bool = False
    ):
        super().__init__(folder, Swept.open, PUBLIC_KEPT if public else KEPT, wake, public)
        self._lane, self._gives_way = lane, gives_way
        self._eye: Eye | None = None
        self._taken: deque[tuple[GenerationSettings, float]] = deque(maxlen=RECENT)

    def begin(self, visitor: str, order: Order) -> Swept:
        """Put a sweep into this visitor's line. Raises LiTError where too many of theirs are being drawn, and where it
        cannot be written."""
        return self._add(visitor, lambda folder, now: Swept(folder, visitor, order, now))

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
            self._again(swept)
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

    def _gone(self):
        return LiTError("This sweep is no longer there")

    def _too_many(self, own):
        if own:
            return LiTError(Phrase("{n} sweeps of yours are being drawn. Stop one, or wait for it", n=ACTIVE))
        return LiTError("Too many sweeps are being drawn at the moment. Try again in a while")

    def _unsaved(self, error):
        return LiTError(Phrase("The sweep cannot be saved at the moment ({why})", why=reason(error)))
