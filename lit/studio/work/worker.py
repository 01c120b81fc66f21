"""The one lane in which pictures are drawn: a thread that loads the model and then takes job after job.

The page never computes. It puts jobs in the queue (`submit`), looks at them (`view`) as often as it likes, asks for
another order (`queue`) and for an end (`stop`); whoever looks away misses nothing. While there is no job, live
pictures (`live`), those to be compared (`comparisons`) and those of sweeps (`sweeps`) are drawn in turns; one that is
to last becomes a job that is done (`keep`).
"""

import io
import logging
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from lit.errors import LiTError, Phrase
from lit.settings import GenerationSettings, Source, write_picture
from lit.studio.words import kept
from lit.studio.work.comparisons import Comparisons
from lit.studio.work.drafts import Picture
from lit.studio.work.estimate import History, resident_memory
from lit.studio.work.heart import Heart
from lit.studio.work.jobs import Job, JobStore, StoreError
from lit.studio.work.lane import Lane
from lit.studio.work.live import Live
from lit.studio.work.memory import Memory, failed, room_for
from lit.studio.work.orders import PLAIN, Order
from lit.studio.work.pictures import check_room, reason
from lit.studio.work.progress import Progress
from lit.studio.work.queue import Queue
from lit.studio.work.sweeps import Sweeps

if TYPE_CHECKING:
    from lit.pipeline import LiTPipeline

log = logging.getLogger(__name__)

# A preview is drawn at most this often (seconds), and so rarely that previews take a tenth of the time.
PREVIEW_INTERVAL = 0.5
PREVIEW_SHARE = 0.1
PREVIEW_SIDE = 256  # pixels, at most

PUBLIC_LIMIT = 8 * 256 * 256 * 40  # pixel evaluations of a job that strangers may ask for
RETRY = 1.0  # seconds between two tries of what failed: saving a picture, reaching the list of jobs
SAVING = 600.0  # seconds after which a picture that cannot be saved is given up


@dataclass(frozen=True)
class View:
    """What there is to see of a job at this moment.

    eta: seconds left, None while unknown.  position: jobs that come before it.
    previews: small WebP files: the pictures that are finished, then what is being drawn.
    model: "loading", "ready", or the reason why there is none.  stopping: a stop has been asked for.
    trouble: what keeps the worker from going on, as a sentence, or "".  held: a pause keeps it from being drawn.
    """

    job: Job
    eta: float | None
    position: int
    previews: tuple[bytes, ...]
    model: str
    stopping: bool
    trouble: str
    held: bool = False


# How a job was ended: while it waited, so that it can be brought back, or while it was drawn; "" for one that was not.
Ended = Literal["waited", "drawn", ""]


class Worker:
    """Draws what the store holds, one job at a time. lane: shared with whoever else computes.

    load_pipeline: called once, in the worker's own thread, so that torch is imported behind the page.
    public: strangers share it, so that a job has a limit.  memory: the account of all that the studio keeps.
    """

    def __init__(
        self,
        store: JobStore,
        load_pipeline: Callable[[], "LiTPipeline"],
        public: bool = False,
        memory: Memory | None = None,
    ):
        self.store = store
        self.public = public
        self.memory = memory or Memory()
        self.lane = Lane()
        self.model = "loading"
        self.trouble = ""  # what keeps it from going on, as a sentence
        self._load_pipeline = load_pipeline
        self._pipeline: LiTPipeline | None = None
        self._progress: Progress | None = None
        self._keeping = threading.Lock()
        self._guard = threading.Lock()  # of _progress: between the lane and those who stop a job
        self._wake = threading.Event()
        self._loaded = threading.Event()  # or known not to come
        self._closing = False
        self._submitted = threading.Event()  # a job has come that the lane has not seen
        self.queue = Queue(store, public, self._news)
        self.history = History(store)  # what former drawings took
        self.live = Live(self.lane, self._job_waits, self._wake.set, self.memory)
        self.comparisons = Comparisons(self.lane, self._job_waits, self._wake.set, self.memory)
        self.sweeps = Sweeps(store.home / "sweeps", self.lane, self._job_waits, self._wake.set, public)
        self._lost = False  # a job that it was drawing may still bear its name
        self._heart = Heart(store, self._drawn, self._end, partial(self._end, lost=True)) if store.shared else None
        self._thread = threading.Thread(target=self._run, name="lit-worker", daemon=True)

    def start(self):
        self._thread.start()
        if self._heart is not None:
            self._heart.start()

    def close(self, timeout: float = 10.0):
        """Stop drawing, within one step; the job in the lane is left as interrupted."""
        self._closing = True
        self._wake.set()
        self._loaded.set()
        self.live.drafts.close()
        self.comparisons.close()
        self.sweeps.close()
        with self._guard:
            if self._progress is not None:
                self._progress.interrupt()
        if self._thread.is_alive():
            self._thread.join(timeout)
        if self._heart is not None:
            self._heart.close()

    @property
    def closing(self) -> bool:
        return self._closing

    def pipeline(self) -> "LiTPipeline":
        """The pipeline that draws, waiting for it to be loaded. Raises LiTError if there is none.

        Shared: only to be used by who has the lane.
        """
        self._loaded.wait()
        if self._pipeline is None:
            raise LiTError("The studio is closing." if self.model == "loading" else self.model)
        return self._pipeline

    def submit(self, visitor: str, settings: GenerationSettings, order: Order = PLAIN) -> Job:
        """Queue a drawing; what it is drawn over is in the store's `sources`. Raises LiTError without a model, in a
        full queue, for what strangers may not ask for, and for a picture to draw over that is not there."""
        if self.public and settings.pixel_evaluations > PUBLIC_LIMIT:
            raise LiTError(
                "This studio is shared: one press draws at most 8 pictures of 256 pixels in 40 steps, or"
                " as much in another way. On your own machine there is no such limit"
            )
        if self.model not in ("loading", "ready"):
            raise LiTError(self.model)
        self.queue.check_room(visitor)
        self.store.sources.claim(visitor, settings, everyone=not self.public)
        job = self.store.add(visitor, settings, order)
        self._news()
        return job

    def keep(self, visitor: str, picture: str | Picture) -> Job:
        """Put a picture, by its id a live one or one of a comparison, among the drawn ones, as a job of this visitor
        that is done; once, however often asked for. Raises LiTError for one that is not there, or cannot be saved."""
        if isinstance(picture, str):
            picture = self.comparisons.picture(picture) or self.live.drafts.picture(picture)
        folder = self.store.pictures / picture.id
        with self._keeping:
            # The picture's own id is the job's, so that a second time finds it.
            if (job := self.store.get(picture.id)) is not None:
                return job
            try:
                check_room(folder, 0)
                file = write_picture(picture.image(), picture.settings, picture.provenance, folder)
            except OSError as error:
                said = Phrase("The picture cannot be saved at the moment ({why})", why=reason(error))
                raise LiTError(said) from error
            try:
                order = Order(picture.provenance.get("typed", ""))
                return self.store.add_drawn(picture.id, visitor, picture.settings, [file], picture.seconds, order)
            except StoreError:
                file.unlink(missing_ok=True)
                raise

    def stop(self, job_id: str, visitor: str) -> Ended:
        """End a job of this visitor, within one step."""
        job = self.store.get(job_id)
        if job is None or job.visitor != visitor:
            return ""
        if job.state == "queued" and self.store.withdraw(job_id):
            return "waited"
        if self._end(job_id) or (self.store.shared and self.store.ask_to_stop(job_id)):
            return "drawn"
        return ""

    def stop_all(self, visitor: str) -> dict[str, Ended]:
        """End all jobs of this visitor, those that wait first; how each was ended."""
        return {job.id: self.stop(job.id, visitor) for job in reversed(self.store.active(visitor))}

    def bring_back(self, visitor: str, job_ids: Collection[str]):
        """Let jobs of this visitor wait again that were ended while they waited, each where it stood. Raises LiTError
        where the queue has no room for so many."""
        self.queue.check_room(visitor, len(job_ids))
        self.store.requeue(visitor, job_ids)
        self._news()

    def view(self, job_id: str) -> View | None:
        job = self.store.get(job_id)
        if job is None:
            return None
        progress = self._progress
        if progress is None or progress.job_id != job_id:
            position = self.store.position(job_id) if job.active else 0
            held = job.state == "queued" and self.queue.paused(job.visitor)
            return View(job, None, position, (), self.model, False, self.trouble, held)
        previews = progress.finished + progress.drawing
        return View(job, progress.eta(job.steps), 0, previews, self.model, progress.stop, self.trouble)

    def _drawn(self) -> str | None:
        progress = self._progress
        return None if progress is None else progress.job_id

    def _end(self, job_id: str, lost: bool = False) -> bool:
        """End the job in the lane within one step, if it is this one. lost: it is another studio's."""
        with self._guard:
            if self._progress is None or self._progress.job_id != job_id:
                return False
            self._progress.lost |= lost
            self._progress.give_up = lost or self._progress.unsaved
            self._progress.interrupt()
        self._wake.set()
        return True

    def _run(self):
        try:
            pipeline = self._load_pipeline()
            self.memory.loaded()
            self._pipeline, self.model = pipeline, "ready"
        except LiTError as error:
            self.model = error.words
        except BaseException as error:
            log.exception("the model could not be loaded")
            self.model = Phrase("The model could not be loaded: {why}", why=error)
        self._loaded.set()
        if self._pipeline is None:
            self.live.fail(self.model)
        while not self._closing:
            try:
                self._submitted.clear()  # first: what comes from here on is seen, now or when it is set again
                if self._lost:
                    self.store.release()
                    self._lost = False
                job = self.store.take_next()
                self.trouble = ""
                if job is None:
                    if self._pipeline is None or not self._draw_aside(self._pipeline):
                        self._pause()
                elif job.damage:
                    self.store.finish(job.id, "failed", kept(LiTError(job.damage)))
                elif self._pipeline is None:
                    self.store.finish(job.id, "failed", kept(LiTError(self.model)))
                else:
                    self._draw(job)
            except StoreError as error:
                self._say(Phrase("{error}. Drawing goes on by itself as soon as it can.", error=error.words))
                self._pause()
            except BaseException as error:  # whatever it was, there are other jobs
                log.exception("the worker goes on after an error")
                self._say(Phrase("Something went wrong: {kind}: {why}.", kind=type(error).__name__, why=error))
                self._pause()

    def _news(self):
        """The queue has changed."""
        self._submitted.set()
        self._wake.set()

    def _job_waits(self) -> bool:
        return self._closing or self._submitted.is_set()

    def _draw_aside(self, pipeline: "LiTPipeline") -> bool:
        """A live picture, one of a comparison and one of a sweep; False if nothing was to be drawn."""
        drawn = self.live.advance(pipeline)
        for others in (self.comparisons, self.sweeps):
            drawn = (not self._job_waits() and others.advance(pipeline)) or drawn
        return drawn

    def _pause(self):
        """Until there is news, or it is time to try again."""
        self._wake.wait(RETRY)
        self._wake.clear()
        self.memory.make_room()

    def _say(self, trouble: str):
        if trouble != self.trouble:
            log.warning(trouble)
        self.trouble = trouble

    def _draw(self, job: Job):
        try:
            settings, order = job.settings, job.order
            source = self.store.sources.of(job.visitor, settings)
            with self._guard:
                self._progress = progress = Progress(job.id)
            files = []
            with self.lane:
                step_end = partial(self._on_step_end, progress)
                over: dict[str, Any] = {} if source is None else source.arguments
                asked = order.drawn(settings)
                run = self.pipeline().start(asked, callback_on_step_end=step_end, **over)  # checked, not begun
                self._check_room(job, settings)
                self.memory.need(room_for(settings), Phrase("A picture of this size"))
                with self._guard:
                    progress.run = run
                    if progress.stop:  # pressed before the run was there
                        run.interrupt()
                for drawing in run:
                    progress.drawing = ()
                    progress.finished += (_webp(drawing.image),)
                    files.append(self._save(drawing, progress, order.provenance, source))
                    self.store.keep(job.id, files)
            if progress.lost:
                return
            if self._closing and progress.stop:
                return  # the row still says running: the next studio will call it interrupted, or draw it
            self.store.finish(job.id, "stopped" if progress.stop else "done", memory=progress.memory)
        except LiTError as error:
            self._fail(job, error)
        except BaseException as error:
            log.exception("job %s failed", job.id)
            self._fail(job, LiTError(failed(error)))
        finally:
            with self._guard:
                self._lost = self._progress is not None and self._progress.lost
                self._progress = None

    def _fail(self, job: Job, error: LiTError):
        if self._progress is None or not self._progress.lost:
            self.store.finish(job.id, "failed", kept(error))

    def _on_step_end(self, progress: Progress, pipeline, step: int, timestep, tensors: dict) -> dict:
        """diffusers' callback: count the step, draw a preview now and then."""
        run, now = progress.run, time.monotonic()
        assert run is not None  # it calls this
        progress.times.append(now)
        if (memory := resident_memory()) is not None:
            progress.memory = max(memory, progress.memory or 0)
        self.store.advance(progress.job_id, run.steps_done, run.steps_total)
        if now >= progress.preview_at:
            progress.drawing = tuple(_webp(image) for image in run.preview())
            took = time.monotonic() - now
            progress.preview_at = now + max(PREVIEW_INTERVAL, took / PREVIEW_SHARE)
        self.lane.pause()
        return tensors

    def _check_room(self, job: Job, settings: GenerationSettings):
        """Raise LiTError, before anything is computed, if a picture of this size could not be saved."""
        pixels = settings.width * settings.height * settings.output_scale**2
        try:
            check_room(self.store.pictures / job.id, 4 * pixels)  # as large as it can become
        except OSError as error:
            log.warning("%s cannot be written", self.store.pictures, exc_info=error)
            raise LiTError(
                Phrase("Nothing was drawn, because pictures cannot be saved at the moment ({why})", why=reason(error))
            ) from error

    def _save(self, drawing, progress: Progress, more: dict, source: Source | None) -> Path:
        """Save a picture with its settings, and the words as they were typed. While that fails it is kept in memory
        and tried again, until its visitor presses Stop."""
        folder, provenance = self.store.pictures / progress.job_id, self.pipeline().provenance() | more
        if not drawing.finished:  # its settings draw another
            provenance["stopped_after"] = drawing.steps
        since = time.monotonic()
        while True:
            try:
                check_room(folder, 0)  # it may have been removed meanwhile
                path = write_picture(drawing.image, drawing.settings, provenance, folder, source)
                progress.unsaved, self.trouble = False, ""
                return path
            except OSError as error:
                why = reason(error)
                if progress.give_up or self._closing or time.monotonic() - since > SAVING:
                    log.error("a picture of job %s is lost: %s", progress.job_id, error)
                    raise LiTError(Phrase("The picture was drawn but could not be saved ({why})", why=why)) from error
                progress.unsaved = True
                text = "Drawn, but it cannot be saved ({why}). It is tried again until that works or you press Stop."
                self._say(Phrase(text, why=why))
            self.lane.pause()
            self._pause()


def _webp(image) -> bytes:
    """A small file with transparency, in a few milliseconds."""
    small = image.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    file = io.BytesIO()
    small.save(file, "WEBP", quality=60, method=0)
    return file.getvalue()
