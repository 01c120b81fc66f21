"""Who draws jobs: the pipeline of this process in its lane, or painters elsewhere that take several at a time."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from PIL import Image

from lit.errors import Phrase
from lit.studio.work.estimate import resident_memory
from lit.studio.work.inhand import Previews, Work
from lit.studio.work.lane import Lane
from lit.studio.work.memory import Memory, room_for

if TYPE_CHECKING:
    from lit.stock.draws import Draws


class Unable(Exception):
    """A painter in another place cannot draw at the moment, for a reason that has nothing to do with the job."""


class Painter(Protocol):
    """What draws jobs in another place than this process. Any thread may call it.

    hands: how many drawings it has under way at a time.  batch: pictures that it draws together, at most.
    """

    hands: int
    batch: int

    def paint(self, works: Sequence[Work]) -> None:
        """Draw jobs that can be drawn together, or one. It ends each by `finish` as soon as its pictures are there;
        those that have not been ended when it returns or raises are ended by its caller, the latter as failed. Raises
        Unable where they are to be drawn by this process instead, without the pictures that are on disk already."""
        ...

    def close(self) -> None:
        """End for good: the studio closes."""
        ...


class LocalPainter:
    """Draws one job at a time by a pipeline of this process, step by step in turns with whoever else computes."""

    def __init__(self, lane: Lane, drawing: "Callable[[str], Draws]", memory: Memory):
        """drawing(name): the model of this name in the studio's list, "" for its own."""
        self._lane, self._drawing, self._memory = lane, drawing, memory

    def paint(self, work: Work):
        """Draw a job, or what is left of it. Raises LiTError where it cannot be drawn or saved."""
        source, name = work.source, work.job.order.model
        pipeline = self._drawing(name)
        over: dict[str, Any] = {} if source is None else source.arguments
        previews = Previews()
        work.pause = self._lane.pause

        def step_end(pipe, step, timestep, tensors):
            work.step(run.steps_done, run.steps_total, resident_memory())
            if (files := previews.take(run.preview)) is not None:
                work.drawing = files
            self._lane.pause()
            return tensors

        with self._lane:
            asked = work.pictures_left if work.files else work.asked
            run = pipeline.start(asked, callback_on_step_end=step_end, **over)  # checked, not begun
            work.check_room()
            self._memory.need(room_for(work.job.settings), Phrase("A picture of this size"))
            work.begin(run.interrupt)
            for drawing in run:
                assert isinstance(drawing.image, Image.Image)  # as asked for
                stopped_after = None if drawing.finished else drawing.steps
                provenance = pipeline.provenance() | ({"model": name} if name else {})
                work.keep(drawing.image, drawing.settings, provenance, stopped_after)
