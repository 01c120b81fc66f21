"""Drawing live pictures: in the worker's thread, whenever no job is to be drawn.

A job comes before every draft: one that is being drawn when a job arrives gives way within one evaluation, and is
drawn anew after it. With LinearScope's work drafts share the lane evaluation by evaluation, as jobs do.
"""

import logging
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lit.errors import InputError, LiTError, Phrase
from lit.settings import GenerationSettings
from lit.studio.work.aside import Dropped, GivesWay, drawn_aside, lossless
from lit.studio.work.drafts import Draft, Drafts, Page, Picture
from lit.studio.work.lane import Lane
from lit.studio.work.memory import Memory, failed
from lit.studio.work.quick import FIRST, GOAL, SIDE, quick

if TYPE_CHECKING:
    from PIL.Image import Image

    from lit.pipeline import LiTPipeline

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Speed:
    """What the measurement has found. seconds: of a live picture, warm.  trouble: why there are none, or ""."""

    seconds: float
    trouble: str = ""

    @property
    def quick(self) -> bool:
        """Whether pages draw while one types without being asked to."""
        return not self.trouble and self.seconds < GOAL

    @property
    def pixels(self) -> int:
        """A picture of so many may be drawn live: more where that stays within the goal."""
        return int(SIDE**2 * max(1.0, GOAL / max(self.seconds, 1e-3)))


class Live:
    """Live pictures of all pages. speed: None until it has been measured.

    lane: shared with whoever else computes.  gives_way(): whether something else is to be done first.
    wake(): called when there is something to draw.  memory: the account that they are on.
    """

    def __init__(
        self,
        lane: Lane,
        gives_way: Callable[[], bool],
        wake: Callable[[], None],
        memory: Memory | None = None,
    ):
        self.drafts = Drafts(memory)
        self.speed: Speed | None = None
        self._schedulers: tuple[str, ...] = ()
        self._provenance: dict = {}
        self._lane, self._gives_way, self._wake = lane, gives_way, wake

    def ask(
        self, page: Page, number: int, settings: GenerationSettings, settled: bool = False, typed: str = ""
    ) -> Draft:
        """Ask for a live picture, see `Drafts.ask`. Raises LiTError where there are none, for a size that would take
        too long, and where too many wait."""
        if self.speed is None:
            raise LiTError("The model is loading. Pictures follow your words after that")
        if self.speed.trouble:
            raise LiTError(self.speed.trouble)
        if settings.width * settings.height > self.speed.pixels:
            side = int(self.speed.pixels**0.5) // 16 * 16
            expected = Phrase(
                "at most {side} by {side} pixels to be drawn while you type; Generate draws it all the same", side=side
            )
            raise InputError(
                "width", Phrase("{width} by {height}", width=settings.width, height=settings.height), expected
            )
        draft = self.drafts.ask(page, number, settings, settled, typed)
        self._wake()
        return draft

    def fail(self, trouble: str):
        """There is no model, and so there are no live pictures."""
        self.speed = Speed(0.0, trouble)

    def advance(self, pipeline: "LiTPipeline") -> bool:
        """Measure, or draw the next picture; False if there was nothing to do."""
        if self.speed is None:
            self._measure(pipeline)
            return True
        draft = self.drafts.take()
        if draft is None:
            return False
        try:
            began = time.monotonic()
            checked = pipeline.check(draft.settings)
            settings = quick(checked, self._schedulers, draft.settled)
            data = lossless(self._drawn(pipeline, settings, lambda: draft.wanted))
            settled, took = settings == quick(checked, self._schedulers, True), time.monotonic() - began
            provenance = self._provenance | ({"typed": draft.typed} if draft.typed else {})
            picture = Picture(uuid.uuid4().hex, settings, provenance, data, took, settled)
            self.drafts.finish(draft, picture)
        except Dropped:
            pass
        except GivesWay:
            self.drafts.put_back(draft)
        except LiTError as error:
            draft.fail(error)
        except BaseException as error:  # whatever it was, there are other drafts
            log.exception("a live picture failed")
            draft.fail(LiTError(failed(error)))
        return True

    def _measure(self, pipeline):
        """The faster of two, so that a browser that opens the page meanwhile counts less; the first picture of all
        pays for what is done once."""
        try:
            # Both look at every weight, which takes a tenth of a picture's time: once, since they stay what they are.
            self._schedulers, self._provenance = pipeline.schedulers, pipeline.provenance()
            settings = quick(FIRST, self._schedulers)
            took = []
            for one in (replace(settings, num_inference_steps=1), settings, settings):
                began = time.monotonic()
                lossless(self._drawn(pipeline, one, lambda: True))
                took.append(time.monotonic() - began)
            self.speed = Speed(min(took[1:]))
        except GivesWay:
            pass  # measured when nothing else is to be done
        except BaseException as error:
            log.exception("live pictures cannot be drawn")
            self.speed = Speed(0.0, failed(error))

    def _drawn(self, pipeline, settings, wanted: Callable[[], bool]) -> "Image":
        return drawn_aside(self._lane, pipeline, settings, self._gives_way, wanted)
