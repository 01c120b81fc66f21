"""Drawing in the lane while there is no job: what is drawn so gives way to jobs within one evaluation."""

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from lit.settings import GenerationSettings
from lit.studio.work.lane import Lane

if TYPE_CHECKING:
    from PIL.Image import Image

    from lit.pipeline import LiTPipeline


class Dropped(Exception):
    """Nobody wants it any more."""


class GivesWay(Exception):
    """Others come first."""


@contextmanager
def in_turns(lane: Lane, gives_way: Callable[[], bool], wanted: Callable[[], bool]) -> Iterator[Callable[[bool], None]]:
    """Inside it is one's turn in the lane. What it gives is called between two evaluations, and lets others in; its
    argument says whether there is another one.

    Raises Dropped once nobody wants it, GivesWay once something else is to be done first.
    """

    def over() -> bool:
        return gives_way() or not wanted()

    def breathe(more: bool):
        nonlocal turn
        turn = lane.pause(unless=over)
        if not wanted():
            raise Dropped
        if not turn or (gives_way() and more):
            raise GivesWay

    turn = lane.enter(unless=over)
    if not turn:
        raise GivesWay if wanted() else Dropped
    try:
        yield breathe
    finally:
        if turn:
            lane.leave()


def drawn_aside(
    lane: Lane,
    pipeline: "LiTPipeline",
    settings: GenerationSettings,
    gives_way: Callable[[], bool],
    wanted: Callable[[], bool],
    on_step: Callable[[int, int], None] = lambda done, of: None,
) -> "Image":
    """The one picture of these settings. on_step(done, of): after each evaluation.

    Raises Dropped once nobody wants it, GivesWay once something else is to be done first; LiTError for what cannot be
    drawn.
    """

    def step_end(pipeline, step, timestep, tensors):
        on_step(run.steps_done, run.steps_total)
        breathe(run.steps_done < run.steps_total)
        return tensors

    with in_turns(lane, gives_way, wanted) as breathe:
        run = pipeline.start(settings, callback_on_step_end=step_end)
        (drawing,) = run
    return cast("Image", drawing.image)


def lossless(image: "Image") -> bytes:
    """The picture to the bit as WebP, in a few milliseconds; a PNG takes many times as long."""
    file = io.BytesIO()
    image.save(file, "WEBP", lossless=True, exact=True, method=0)
    return file.getvalue()
