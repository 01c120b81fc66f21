"""Jobs in hand: what is known of each while it is drawn, beyond its row in the list. Lives in memory only."""

import io
import logging
import threading
import time
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path

from PIL import Image

from lit.errors import InputError, LiTError, Phrase
from lit.settings import GenerationSettings, Source, write_picture
from lit.studio.words import kept
from lit.studio.work.jobs import Job, JobStore
from lit.studio.work.memory import failed
from lit.studio.work.pictures import check_room, reason

log = logging.getLogger(__name__)

# A preview is drawn at most this often (seconds), and so rarely that previews take a tenth of the time.
PREVIEW_INTERVAL = 0.5
PREVIEW_SHARE = 0.1
PREVIEW_SIDE = 256  # pixels, at most

RETRY = 1.0  # seconds between two tries of what failed: saving a picture, reaching the list of jobs
SAVING = 600.0  # seconds after which a picture that cannot be saved is given up


class Previews:
    """When the next preview of a drawing is due."""

    def __init__(self):
        self._due = 0.0

    def take(self, draw: Callable[[], Sequence[Image.Image]]) -> tuple[bytes, ...] | None:
        """Previews as small WebP files, None where it is too early for another."""
        if (began := time.monotonic()) < self._due:
            return None
        files = tuple(webp(image) for image in draw())
        now = time.monotonic()
        self._due = now + max(PREVIEW_INTERVAL, (now - began) / PREVIEW_SHARE)
        return files


class Work:
    """A job in hand. Who draws it calls `begin`, `step`, `sketch` and `keep`, and `finish` as soon as it has ended;
    who waits for it reads, and calls `stop`.

    finished, drawing: small versions of the pictures that are on disk, and of what is being drawn.
    stopping: an end has been asked for.  lost: another studio draws it now.
    trouble: what keeps it from going on, as a sentence, or "".
    pause(): lets others compute while it waits.  over(work): called once, when it has ended.
    """

    def __init__(self, job: Job, store: JobStore, over: Callable[["Work"], None]):
        self.job, self._store, self._over = job, store, over
        self._began = time.monotonic()
        self._reached: list[tuple[int, float]] = [(0, self._began)]  # completed steps, and when that was heard
        self.files: list[Path] = []  # pictures that are on disk
        self.finished: tuple[bytes, ...] = ()
        self.drawing: tuple[bytes, ...] = ()
        self.stopping = self.ended = self.lost = False
        self.trouble = ""
        self.pause: Callable[[], object] = lambda: None
        self._closing = False
        self._give_up = False  # a picture that is drawn and cannot be saved
        self._interrupt: Callable[[], None] | None = None  # once it is being drawn
        self._memory: int | None = None  # bytes of the program that draws it, at most
        self.state = ""  # how it has ended, in the list's words; "" where that is not said
        self.seconds = 0.0  # from its start to its end
        self._guard = threading.Lock()  # between who draws and who stops
        self._about = {"job": job.id, "request": _request(job)}
        self._wake = threading.Event()

    @cached_property
    def asked(self) -> GenerationSettings | list[GenerationSettings]:
        """What is drawn, as the pipeline takes it. Raises InputError."""
        return self.job.order.drawn(self.job.settings)

    @cached_property
    def source(self) -> Source | None:
        """What it is drawn over. Raises LiTError where that is not there any more."""
        return self._store.sources.of(self.job.visitor, self.job.settings)

    @property
    def pictures_left(self) -> list[GenerationSettings]:
        """Settings of each picture that is not on disk yet. Raises InputError."""
        asked = [self.asked] if isinstance(self.asked, GenerationSettings) else self.asked
        return [one.for_image(i) for one in asked for i in range(one.num_images_per_prompt)][len(self.files) :]

    def check(self):
        """Raise LiTError for what cannot be drawn or saved, as far as that is known before it is drawn."""
        for read in (lambda: self.pictures_left, lambda: self.source, self.check_room):
            read()

    def check_room(self):
        """Raise LiTError, before anything is computed, if a picture of this size could not be saved."""
        settings = self.job.settings
        pixels = settings.width * settings.height * settings.output_scale**2
        try:
            check_room(self._store.pictures / self.job.id, 4 * pixels)  # as large as it can become
        except OSError as error:
            log.warning("%s cannot be written", self._store.pictures, exc_info=error)
            raise LiTError(
                Phrase("Nothing was drawn, because pictures cannot be saved at the moment ({why})", why=reason(error))
            ) from error

    def begin(self, interrupt: Callable[[], None]):
        """It is drawn from here on. interrupt(): ends that within a step; from any thread."""
        log.info("drawing", extra=self._about)
        with self._guard:
            self._interrupt = interrupt
            if self.stopping:  # pressed before
                interrupt()

    def step(self, done: int, steps: int, memory: int | None = None):
        """So many steps are completed. memory: bytes of the program that draws."""
        if done <= self._reached[-1][0]:  # another draws it anew
            self._reached.clear()
        self._reached.append((done, time.monotonic()))
        if memory is not None:
            self._memory = max(memory, self._memory or 0)
        self._store.advance(self.job.id, done, steps)

    def keep(self, image: Image.Image, settings: GenerationSettings, provenance: dict, stopped_after: int | None):
        """A picture is drawn: save it with its settings, and the words as they were typed. While that fails it stays in
        memory and is tried again, until its visitor presses Stop. Raises LiTError where it is given up.

        stopped_after: steps after which it was ended, so that its settings draw another; None for one drawn to the end.
        """
        self.drawing = ()
        self.finished += (webp(image),)
        stopped = {} if stopped_after is None else {"stopped_after": stopped_after}
        self.files.append(self._save(image, settings, provenance | self.job.order.provenance | stopped))
        self._store.keep(self.job.id, self.files)
        log.info("saved", extra=self._about | {"file": self.files[-1].name})

    def stop(self, closing: bool = False, lost: bool = False):
        """End it within one step. closing: with the studio, so that its row goes on saying that it is drawn, which the
        next studio takes for interrupted, or draws.  lost: it is another studio's, and nothing is said of it."""
        with self._guard:
            self.stopping, self._closing = True, closing
            self.lost |= lost
            self._give_up = lost or bool(self.trouble)
            if self._interrupt is not None:
                self._interrupt()
        self._wake.set()

    def finish(self, error: BaseException | None = None):
        """It has ended, well or with an error; what comes after the first time does not count."""
        if self.ended:
            return
        self.ended, self.seconds = True, time.monotonic() - self._began
        if error is not None and not isinstance(error, LiTError):
            log.error("failed", exc_info=error, extra=self._about)
            error = LiTError(failed(error))
        if not self.lost and not (error is None and self._closing):
            self.state = "failed" if error is not None else "stopped" if self.stopping else "done"
        try:
            if self.state:
                message = "" if error is None else kept(error)
                self._store.finish(self.job.id, self.state, message, self._memory)
                log.info("ended", extra=self._about | {"state": self.state, "seconds": round(self.seconds, 3)})
        finally:
            self._over(self)

    def eta(self, steps: int) -> float | None:
        """Seconds until the last step, from the mean of the steps so far without the first that was heard of.

        That one also pays for what is done once, so it counts only while it is the only one.
        """
        if len(reached := list(self._reached)) < 2:
            return None
        (before, since), (done, now) = reached[1 if len(reached) > 2 else 0], reached[-1]
        mean = (now - since) / (done - before)
        return max(0.0, mean * (steps - done) - (time.monotonic() - now))

    def _save(self, image, settings, provenance) -> Path:
        folder, since = self._store.pictures / self.job.id, time.monotonic()
        while True:
            try:
                check_room(folder, 0)  # it may have been removed meanwhile
                path = write_picture(image, settings, provenance, folder, self.source)
                self.trouble = ""
                return path
            except OSError as error:
                why = reason(error)
                if self._give_up or self._closing or time.monotonic() - since > SAVING:
                    log.error("a picture of job %s is lost: %s", self.job.id, error)
                    raise LiTError(Phrase("The picture was drawn but could not be saved ({why})", why=why)) from error
                if not self.trouble:
                    log.warning("a picture of job %s cannot be saved: %s", self.job.id, error)
                self.trouble = Phrase(
                    "Drawn, but it cannot be saved ({why}). It is tried again until that works or you press Stop.",
                    why=why,
                )
            self.pause()
            self._wake.wait(RETRY)
            self._wake.clear()


class InHand:
    """All jobs in hand, by id. Any thread may call any method. listeners: told of each that has ended."""

    def __init__(self, store: JobStore):
        self.listeners: list[Callable[[Work], None]] = []
        self._store = store
        self._works: dict[str, Work] = {}
        self._lost: set[str] = set()  # jobs that may still bear this studio's name
        self._changed = threading.Condition()

    def take(self, job: Job) -> Work:
        """A job that has been claimed, from now on until it ends."""
        work = Work(job, self._store, self._drop)
        with self._changed:
            self._works[job.id] = work
        return work

    def of(self, job_id: str) -> Work | None:
        return self._works.get(job_id)

    @property
    def jobs(self) -> set[str]:
        with self._changed:
            return set(self._works)

    def release_lost(self):
        """Before another job is claimed: what was lost and still bears this studio's name is anybody's. Raises
        StoreError."""
        while self._lost:
            job_id = next(iter(self._lost))
            self._store.release(job_id=job_id)
            self._lost.discard(job_id)

    @property
    def trouble(self) -> str:
        """What keeps one of them from going on, as a sentence, or ""."""
        with self._changed:
            return next((work.trouble for work in self._works.values() if work.trouble), "")

    def stop_all(self):
        """End all of them within a step, because the studio closes."""
        with self._changed:
            works = list(self._works.values())
        for work in works:
            work.stop(closing=True)

    def wait_for_none(self, timeout: float) -> bool:
        """Wait so many seconds at most until all have ended; whether they have."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._works, timeout)

    def _drop(self, work: Work):
        with self._changed:
            self._works.pop(work.job.id, None)
            if work.lost:
                self._lost.add(work.job.id)
            self._changed.notify_all()
        for listener in self.listeners:
            listener(work)


def _request(job: Job) -> str:
    try:
        return job.order.request
    except InputError:
        return ""


def webp(image: Image.Image) -> bytes:
    """A small file with transparency, in a few milliseconds."""
    small = image.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    file = io.BytesIO()
    small.save(file, "WEBP", quality=60, method=0)
    return file.getvalue()
