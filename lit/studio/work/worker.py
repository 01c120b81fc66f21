"""The one lane in which pictures are drawn: a thread that loads the model and then takes job after job; or, where a
painter draws elsewhere, one thread for each drawing that it has under way.

The page never computes. It puts jobs in the queue (`submit`), looks at them (`view`) as often as it likes, asks for
another order (`queue`) and for an end (`stop`); whoever looks away misses nothing. While there is no job, live
pictures (`live`), those to be compared (`comparisons`), those of sweeps (`sweeps`) and frames of dreams (`dreams`) are
drawn in turns; one that is to last becomes a job that is done (`keep`).
"""

import logging
import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Literal

from lit.errors import LiTError, Phrase
from lit.settings import GenerationSettings, write_picture
from lit.studio.requests import request_id
from lit.studio.words import kept
from lit.studio.work.comparisons import Comparisons
from lit.studio.work.drafts import Picture
from lit.studio.work.dreams import Dreams
from lit.studio.work.estimate import History
from lit.studio.work.hands import Hands
from lit.studio.work.heart import Heart
from lit.studio.work.inhand import RETRY, InHand
from lit.studio.work.jobs import Job, JobStore, StoreError
from lit.studio.work.lane import Lane
from lit.studio.work.live import Live
from lit.studio.work.memory import Memory
from lit.studio.work.models import Models
from lit.studio.work.orders import PLAIN, Order
from lit.studio.work.painters import LocalPainter, Painter
from lit.studio.work.pictures import check_room, reason
from lit.studio.work.queue import Queue
from lit.studio.work.sweeps import Sweeps

if TYPE_CHECKING:
    from lit.pipeline import LiTPipeline

log = logging.getLogger(__name__)

PUBLIC_LIMIT = 8 * 256 * 256 * 40  # pixel evaluations of a job that strangers may ask for


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
    painter: who draws the jobs, as many at a time as it has hands; None for the pipeline itself, in the lane. Live
    pictures and those to be compared are drawn in the lane in any case.
    """

    def __init__(
        self,
        store: JobStore,
        load_pipeline: Callable[[], "LiTPipeline"],
        public: bool = False,
        memory: Memory | None = None,
        painter: Painter | None = None,
    ):
        self.store = store
        self.public = public
        self.memory = memory or Memory()
        self.lane = Lane()
        self.model = "loading"
        self._load_pipeline = load_pipeline
        self._pipeline: LiTPipeline | None = None
        self._trouble = ""
        self._keeping = threading.Lock()
        self.in_hand = InHand(store)
        self.models = Models(store.home, self.pipeline, self.memory, allowed=not public and painter is None)
        self._own = LocalPainter(self.lane, self.models.drawing, self.memory)
        self._hands = Hands(painter, store, self.in_hand, self._own) if painter is not None else None
        self._wake = threading.Event()
        self._loaded = threading.Event()  # or known not to come
        self._closing = self._draining = False
        self._submitted = threading.Event()  # a job has come that the lane has not seen
        self.queue = Queue(store, public, self._news)
        self.history = History(store)  # what former drawings took
        self.live = Live(self.lane, self._job_waits, self._wake.set, self.memory)
        self.comparisons = Comparisons(self.lane, self._job_waits, self._wake.set, self.memory, self.models.drawing)
        self.sweeps = Sweeps(store.home / "sweeps", self.lane, self._job_waits, self._wake.set, public)
        self.dreams = Dreams(store.home / "dreams", self.lane, self._job_waits, self._wake.set, public, self.memory)
        lose = partial(self._end, lost=True)
        self._heart = Heart(store, lambda: self.in_hand.jobs, self._end, lose) if store.shared else None
        self._thread = threading.Thread(target=self._run, name="lit-worker", daemon=True)

    def start(self):
        self._thread.start()
        if self._hands is not None:
            self._hands.start()
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
        self.dreams.close()
        self.in_hand.stop_all()
        if self._hands is not None:
            self._hands.close(timeout)
        if self._thread.is_alive():
            self._thread.join(timeout)
        if self._heart is not None:
            self._heart.close()

    def drain(self, timeout: float) -> bool:
        """Take no more jobs, and wait so many seconds at most until none is in hand; whether none is."""
        self._draining = True
        if self._hands is not None:
            self._hands.drain()
        return self.in_hand.wait_for_none(timeout)

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
        if order.model:
            self.models.check(order.model, settings)
        self.queue.check_room(visitor)
        self.store.sources.claim(visitor, settings, everyone=not self.public)
        if request := request_id():
            order = replace(order, request=request)
        job = self.store.add(visitor, settings, order)
        self.queue.place(job)
        log.info("queued", extra={"job": job.id, "pictures": settings.num_images_per_prompt})
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
        moment = self.queue.now()
        line = moment.lined.get(job_id)
        job = self.store.get(job_id) if line is None else line.job
        if job is None:
            return None
        if (work := self.in_hand.of(job_id)) is None:
            held = line is not None and line.held
            return View(job, None, moment.before.get(job_id, 0), (), self.model, False, self.trouble, held)
        return View(job, work.eta(job.steps), 0, work.finished + work.drawing, self.model, work.stopping, self.trouble)

    @property
    def trouble(self) -> str:
        """What keeps it from going on, as a sentence, or ""."""
        return self.in_hand.trouble or (self._hands.trouble if self._hands is not None else "") or self._trouble

    def _end(self, job_id: str, lost: bool = False) -> bool:
        """End a job in hand within one step, if it is in hand. lost: it is another studio's."""
        if (work := self.in_hand.of(job_id)) is None:
            return False
        work.stop(lost=lost)
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
                self.in_hand.release_lost()
                job = self.store.take_next() if self._takes else None
                self._trouble = ""
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

    @property
    def _takes(self) -> bool:
        """Whether this thread draws the jobs."""
        return self._hands is None and not self._draining

    def _news(self):
        """The queue has changed."""
        if self._hands is not None:
            self._hands.news()
        else:
            self._submitted.set()
            self._wake.set()

    def _job_waits(self) -> bool:
        return self._closing or self._submitted.is_set()

    def _draw_aside(self, pipeline: "LiTPipeline") -> bool:
        """A live picture, one of a comparison, one of a sweep and one of a dream; False if nothing was to be drawn."""
        drawn = self.live.advance(pipeline)
        for others in (self.comparisons, self.sweeps, self.dreams):
            drawn = (not self._job_waits() and others.advance(pipeline)) or drawn
        return drawn

    def _pause(self):
        """Until there is news, or it is time to try again."""
        self._wake.wait(RETRY)
        self._wake.clear()
        self.memory.make_room()

    def _say(self, trouble: str):
        if trouble != self._trouble:
            log.warning(trouble)
        self._trouble = trouble

    def _draw(self, job: Job):
        work = self.in_hand.take(job)
        try:
            self._own.paint(work)
        except BaseException as error:
            work.finish(error)
        else:
            work.finish()
