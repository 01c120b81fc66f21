"""What a studio asks of a replica, and what it is told back while that is drawn."""

from dataclasses import dataclass

from PIL import Image

from lit.errors import LiTError
from lit.settings import GenerationSettings, Source
from lit.studio.work.inhand import Work


@dataclass(frozen=True)
class Errand:
    """A job for a replica. job: its id.  pictures: settings of each one's own.  source: what they are drawn over."""

    job: str
    pictures: tuple[GenerationSettings, ...]
    source: Source | None = None


@dataclass(frozen=True)
class Stepped:
    """So many steps of a job are completed. memory: bytes of the replica."""

    job: str
    done: int
    steps: int
    memory: int | None


@dataclass(frozen=True)
class Sketched:
    """How far a job's pictures are. previews: small WebP files."""

    job: str
    previews: tuple[bytes, ...]


@dataclass(frozen=True)
class Drew:
    """A picture of a job. settings: those that draw it alone.  stopped_after: as in `Work.keep`."""

    job: str
    image: Image.Image
    settings: GenerationSettings
    provenance: dict
    stopped_after: int | None


@dataclass(frozen=True)
class Ended:
    """No more pictures of a job come. error: why it has failed, None where it has not."""

    job: str
    error: LiTError | None = None


Event = Stepped | Sketched | Drew | Ended


def hear(event: Event, work: Work):
    """What a job in hand becomes by an event of its own. One that has ended hears no more."""
    if work.ended:
        return  # as one that could not be saved
    match event:
        case Stepped():
            work.step(event.done, event.steps, event.memory)
        case Sketched():
            work.drawing = event.previews
        case Drew():
            try:
                work.keep(event.image, event.settings, event.provenance, event.stopped_after)
            except LiTError as error:
                work.finish(error)
        case Ended():
            work.finish(event.error)
