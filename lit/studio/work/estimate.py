"""How long a drawing will take here and how much memory, from what former ones took on this machine."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, median

from sqlalchemy import select

from lit.errors import LiTError
from lit.sampling import registry
from lit.settings import GenerationSettings
from lit.studio.languages import number, t
from lit.studio.words import seconds
from lit.studio.work.jobs import JobStore
from lit.studio.work.rows import Job, read_job
from lit.studio.work.tables import JOBS

HISTORY = 200  # drawings that are looked back on
NEAR = 24  # of these, the last of the size that comes nearest


@dataclass(frozen=True)
class Timing:
    """A drawing that was drawn to its end. pixels, evaluations, seconds: of one picture.  memory: bytes, or None.
    model: that drew it, "" for the studio's own."""

    pixels: int
    evaluations: int
    seconds: float
    memory: int | None
    model: str = ""


@dataclass(frozen=True)
class Estimate:
    """seconds: of all pictures together.  memory: bytes of the program at most; None where no former one says."""

    seconds: float
    memory: int | None

    def __str__(self) -> str:
        time = seconds(self.seconds)
        if not self.memory:
            return t("about {time} here", time=time)
        return t("about {time}, {memory} GB here", time=time, memory=number(self.memory / 1e9, 1))


def estimate(timings: Sequence[Timing], settings: GenerationSettings, model: str = "") -> Estimate | None:
    """What a drawing takes with this model, None without a former one of it.

    A picture's time is a + b n for n evaluations, fitted to the former ones of its size (a, b >= 0), or else of the
    nearest size, by pixels. More steps, more pictures and a larger picture never take less.
    """
    pixels = settings.width * settings.height
    evaluations = registry.evaluations(settings.scheduler, settings.num_inference_steps)
    timings = [timing for timing in timings if timing.model == model]
    if not timings:
        return None
    nearest = min({timing.pixels for timing in timings}, key=lambda size: (abs(size / pixels - 1), size))
    near = [timing for timing in timings if timing.pixels == nearest][:NEAR]
    a, b = _line([(timing.evaluations, timing.seconds) for timing in near])
    one = (a + b * evaluations) * pixels / nearest
    memory = max((timing.memory for timing in near if timing.memory), default=None)
    return Estimate(one * settings.num_images_per_prompt, memory)


class History:
    """What `history` gives, read anew only when a drawing has ended: reading takes a twentieth of a second."""

    def __init__(self, store: JobStore):
        self._store = store
        self._key: list | None = None
        self._timings: list[Timing] = []

    def timings(self) -> list[Timing]:
        key = [tuple(row) for row in self._store.database.rows(_last(JOBS.c.number, JOBS.c.finished))]
        if key != self._key:
            self._timings, self._key = history(self._store), key
        return self._timings


def history(store: JobStore) -> list[Timing]:
    """The last drawings of this studio that were drawn to their end, the newest first."""
    timings = []
    for row in store.database.rows(_last(JOBS)):
        job = read_job(row._mapping, store.pictures)
        if job.damage or job.started is None or job.finished is None or job.finished <= job.started:
            continue
        try:
            settings = job.settings
            evaluations = registry.evaluations(settings.scheduler, settings.num_inference_steps)
            model = job.order.model
        except LiTError:
            continue  # of a version that this one does not know
        seconds = (job.finished - job.started) / settings.num_images_per_prompt
        timings.append(Timing(settings.width * settings.height, evaluations, seconds, job.memory, model))
    return timings


def waiting(jobs: Sequence[Job], timings: Sequence[Timing]) -> float | None:
    """Seconds until all these jobs have been drawn, None where that is not known."""
    left = [seconds_left(job, timings) for job in jobs]
    return None if None in left else sum(filter(None, left))


def seconds_left(job: Job, timings: Sequence[Timing]) -> float | None:
    """Seconds that a job still takes, from its start or from where it is; None where that is not known."""
    try:
        found = estimate(timings, job.settings, job.order.model)
    except LiTError:
        return 0.0  # it will fail at once
    if found is None:
        return None
    return found.seconds * (1 - job.step / job.steps if job.steps else 1.0)


def resident_memory() -> int | None:
    """Bytes of this program in memory, None where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError, AttributeError):
        return None


def available_memory() -> int | None:
    """Bytes that programs may still take without any having to make room, None where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("MemAvailable:"))
    except (OSError, ValueError, IndexError, StopIteration):
        return None


def _last(*columns):
    return select(*columns).where(JOBS.c.state == "done").order_by(JOBS.c.number.desc()).limit(HISTORY)


def _line(points):
    """a, b >= 0 of y = a + b x, by least squares; through the origin where all x are one, or it would fall."""
    middle, mean = fmean(x for x, _ in points), fmean(y for _, y in points)
    spread = sum((x - middle) ** 2 for x, _ in points)
    if spread:
        slope = sum((x - middle) * (y - mean) for x, y in points) / spread
        if slope > 0 and mean - slope * middle >= 0:
            return mean - slope * middle, slope
    return 0.0, median(y / x for x, y in points)
