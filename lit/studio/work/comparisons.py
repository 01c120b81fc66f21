"""Pictures to be compared: drawn in the worker's thread whenever no job is to be drawn, one picture of each visitor in
turn. Like live pictures they are drafts: in memory only, until one of them is kept.

A job comes before every picture here: one that is being drawn when a job arrives gives way within one evaluation and is
drawn anew after it.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from lit.errors import LiTError, Phrase
from lit.sampling import registry
from lit.settings import GenerationSettings
from lit.studio.work.aside import Dropped, GivesWay, drawn_aside, lossless
from lit.studio.work.drafts import Picture
from lit.studio.work.lane import Lane
from lit.studio.work.memory import Memory, failed, room_for
from lit.studio.work.teacher import OWN, TEACHER, load_teacher

if TYPE_CHECKING:
    from lit.pipeline import LiTPipeline
    from lit.stock.draws import Draws

log = logging.getLogger(__name__)

KEPT = 16  # comparisons that are remembered; of those that have ended the oldest goes
ACTIVE = 2  # of one visitor that may wait or be drawn
DECODING = 2  # passes through the transformer that take about as long as decoding a picture


@dataclass(frozen=True)
class Way:
    """How one picture is drawn. model: OWN, TEACHER or a name of the studio's list.  settings: of one image."""

    model: str
    settings: GenerationSettings


class Cell:
    """A picture to be drawn.

    state: "waiting", "drawing", "done", "failed" (`message` says why) or "stopped".
    step, steps: evaluations made, of so many; 0 of 0 until drawing begins.
    passes: through the transformer, once it is drawn: two an evaluation where guidance takes two branches.
    weights: bytes of the transformer in memory.  mixer: its token mixer, "" until it is drawn.
    """

    def __init__(self, way: Way):
        self.way = way
        self.state, self.message, self.mixer = "waiting", "", ""
        self.step = self.steps = self.passes = self.weights = 0
        self.picture: Picture | None = None


class Comparison:
    """Pictures that were asked for together. id: random, also the capability to look at them.

    version: grows with all that changes.
    """

    def __init__(self, visitor: str, ways: Sequence[Way]):
        self.id = uuid.uuid4().hex
        self.visitor = visitor
        self.cells = [Cell(way) for way in ways]
        self.version = 0
        self._stopped = False

    @property
    def active(self) -> bool:
        return any(cell.state in ("waiting", "drawing") for cell in self.cells)

    @property
    def stopped(self) -> bool:
        return self._stopped

    def stop(self):
        """Draw nothing more, within one evaluation; what is drawn stays. From any thread."""
        self._stopped = True
        for cell in self.cells:
            if cell.state == "waiting":
                cell.state = "stopped"
        self.version += 1


class Comparisons:
    """All visitors' comparisons. Any thread may call any method but `advance`.

    lane: shared with whoever else computes.  gives_way(): whether something else is to be done first.
    wake(): called when there is something to draw.  memory: the account of those that have ended, and of the teacher.
    drawing(name): a model of the studio's list.
    """

    def __init__(
        self,
        lane: Lane,
        gives_way: Callable[[], bool],
        wake: Callable[[], None],
        memory: Memory | None = None,
        drawing: "Callable[[str], Draws] | None" = None,
    ):
        self._drawing = drawing
        self._lane, self._gives_way, self._wake, self._memory = lane, gives_way, wake, memory or Memory()
        self._guard = threading.Lock()
        self._known: dict[str, Comparison] = {}  # the oldest first
        self._turns: list[str] = []  # visitors, who had a turn longest ago first
        self._closed = False
        self._teacher: LiTPipeline | None = None
        self._pace: dict[str, float] = {}  # seconds a pixel and pass, by model, of the last picture

    def begin(self, visitor: str, ways: Sequence[Way]) -> Comparison:
        """Put pictures into this visitor's line. Raises LiTError where too many of theirs, or of all, wait already."""
        comparison = Comparison(visitor, ways)
        with self._guard:
            if self._closed:
                raise LiTError("The studio is closing")
            active = [known for known in self._known.values() if known.active]
            if sum(known.visitor == visitor for known in active) >= ACTIVE:
                raise LiTError(Phrase("{n} comparisons of yours are being drawn. Stop one, or wait for it", n=ACTIVE))
            if len(active) >= KEPT:
                raise LiTError("Too many comparisons are being drawn at the moment. Try again in a while")
            ended = [known for known in self._known.values() if not known.active]
            for oldest in ended[: max(0, len(self._known) + 1 - KEPT)]:
                del self._known[oldest.id]
                self._memory.forget(oldest.id)
            self._known[comparison.id] = comparison
            if visitor not in self._turns:
                self._turns.append(visitor)
        self._wake()
        return comparison

    def find(self, comparison_id: str) -> Comparison:
        """Raises LiTError for one that is no longer there."""
        with self._guard:
            found = self._known.get(comparison_id)
        self._count(found)
        if found is None:
            raise LiTError("This comparison is no longer there. Draw it again")
        return found

    def picture(self, picture_id: str) -> Picture | None:
        """The picture with this id, None for one that is not there."""
        with self._guard:
            cells = [cell for known in self._known.values() for cell in known.cells]
        return next((cell.picture for cell in cells if cell.picture and cell.picture.id == picture_id), None)

    def close(self):
        with self._guard:
            self._closed = True
            for comparison in self._known.values():
                comparison.stop()

    def seconds(self, ways: Sequence[Way], pace: float, branches: Callable[[Way], int]) -> float:
        """About how long these will take. pace: seconds a pixel and pass, for a model that has drawn nothing yet.
        branches(way): passes an evaluation."""
        return sum(cost(way, branches(way)) * self._pace.get(way.model, pace) for way in ways)

    @property
    def teacher_loaded(self) -> bool:
        return self._teacher is not None

    def advance(self, pipeline: "LiTPipeline") -> bool:
        """Draw the next picture; False if there is none. Called by the worker's thread."""
        found = self._next()
        if found is None:
            return False
        comparison, cell = found
        first = False  # its visitor's next comes after all others'
        try:
            cell.picture = self._drawn(pipeline, comparison, cell)
            cell.state = "done"
        except Dropped:
            cell.state = "stopped"
        except GivesWay:
            first = True
            cell.state, cell.step = "stopped" if comparison.stopped else "waiting", 0
        except LiTError as error:
            cell.state, cell.message = "failed", error.words
        except BaseException as error:  # whatever it was, there are other pictures
            log.exception("a picture of a comparison failed")
            cell.state, cell.message = "failed", failed(error)
        comparison.version += 1
        self._count(comparison)
        with self._guard:
            if comparison.visitor not in self._turns:
                self._turns.insert(0 if first else len(self._turns), comparison.visitor)
        return True

    def _count(self, comparison: Comparison | None):
        if comparison is not None and not comparison.active:
            self._memory.keep(comparison.id, partial(self._give_up, comparison.id))

    def _give_up(self, comparison_id: str):
        with self._guard:
            self._known.pop(comparison_id, None)

    def _next(self) -> tuple[Comparison, Cell] | None:
        """The first picture that waits of the visitor whose turn it is, from now on being drawn."""
        with self._guard:
            for visitor in list(self._turns):
                self._turns.remove(visitor)
                mine = [known for known in self._known.values() if known.visitor == visitor and not known.stopped]
                waiting = [(known, cell) for known in mine for cell in known.cells if cell.state == "waiting"]
                if waiting:
                    waiting[0][1].state = "drawing"
                    return waiting[0]
        return None

    def _drawn(self, own, comparison: Comparison, cell: Cell) -> Picture:
        def wanted() -> bool:
            return not comparison.stopped

        def on_step(done: int, of: int):
            cell.step, cell.steps = done, of
            comparison.version += 1

        pipeline = self._model(own, cell.way.model)
        began = time.monotonic()
        settings = pipeline.check(cell.way.settings)
        self._memory.need(room_for(settings), Phrase("A picture of this size"))
        image = drawn_aside(self._lane, pipeline, settings, self._gives_way, wanted, on_step)
        took = time.monotonic() - began

        each = pipeline.passes(settings)
        cell.passes = each * registry.evaluations(settings.scheduler, settings.num_inference_steps)
        cell.weights = sum(weight.nbytes for weight in pipeline.transformer.parameters())
        cell.mixer = pipeline.mixer
        self._pace[cell.way.model] = took / cost(Way(cell.way.model, settings), each)
        provenance = pipeline.provenance() | ({"model": cell.way.model} if cell.way.model != OWN else {})
        return Picture(uuid.uuid4().hex, settings, provenance, lossless(image), took, settled=True)

    def _model(self, own, name: str) -> Any:
        if name in (OWN, TEACHER) or self._drawing is None:
            return own if name == OWN else self._loaded_teacher(own)
        return self._drawing(name)

    def _loaded_teacher(self, own):
        """Loaded when the first picture of it is drawn; it stays while there is room."""
        teacher = self._teacher
        if teacher is None:
            with self._lane:
                teacher = self._teacher = load_teacher(own)
        self._memory.keep((id(self), TEACHER), partial(setattr, self, "_teacher", None))
        return teacher


def cost(way: Way, branches: int) -> float:
    """What a picture takes: pixels times passes. branches: passes an evaluation."""
    settings = way.settings
    passes = branches * registry.evaluations(settings.scheduler, settings.num_inference_steps)
    return settings.width * settings.height * (passes + DECODING)
