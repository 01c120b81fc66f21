"""The one lane in which pictures are drawn: a thread that loads the model and then takes job after job.

The page never computes. It puts jobs in the queue (`submit`), looks at them (`view`) as often as it
likes, and asks for an end (`stop`); whoever looks away misses nothing.
"""

import io
import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from lit.errors import LiTError
from lit.settings import GenerationSettings, to_png_info
from lit.studio.work.jobs import Job, JobStore

log = logging.getLogger(__name__)

# A preview is drawn at most this often (seconds), and so rarely that previews take a tenth of the time.
PREVIEW_INTERVAL = 0.5
PREVIEW_SHARE = 0.1
PREVIEW_SIDE = 256  # pixels, at most

QUEUE = 100  # jobs that may wait; more would wait for hours


@dataclass(frozen=True)
class View:
    """What there is to see of a job at this moment.

    eta: seconds left, None while unknown.  position: jobs that come before it.
    previews: small WebP files: the pictures that are finished, then what is being drawn.
    model: "loading", "ready", or the reason why there is none.  stopping: a stop has been asked for.
    """

    job: Job
    eta: float | None
    position: int
    previews: tuple[bytes, ...]
    model: str
    stopping: bool


class _Progress:
    """What is known of the job in the lane beyond its row in the list; lives in memory only."""

    def __init__(self, job_id: str):
        self.job_id = job_id
        self.times: list[float] = [time.monotonic()]  # of the start and of each completed step
        self.finished: tuple[bytes, ...] = ()  # small versions of the pictures that are on disk
        self.drawing: tuple[bytes, ...] = ()  # and of what is being drawn
        self.preview_at = 0.0  # not before this time the next preview is drawn
        self.stop = False
        self.run = None  # the pipeline's, once it has been started

    def eta(self, steps: int) -> float | None:
        """Seconds until the last step, from the mean of the steps so far without the first.

        The first step also pays for what is done once, so it counts only while it is the only one.
        """
        step = len(self.times) - 1
        if step == 0:
            return None
        first = 1 if step > 1 else 0
        mean = (self.times[-1] - self.times[first]) / (step - first)
        return max(0.0, mean * (steps - step) - (time.monotonic() - self.times[-1]))


class Lane:
    """Who may compute: one thread at a time, in the order of asking.

    Work is done inside `with lane:`. What takes long calls `pause()` between two of its steps, so that
    nobody waits for more than a step.
    """

    def __init__(self):
        self._turn = threading.Condition()
        self._asked = 0  # tickets given out
        self._served = 0  # tickets done with: this one computes

    def __enter__(self):
        with self._turn:
            ticket = self._asked
            self._asked += 1
            self._turn.wait_for(lambda: self._served == ticket)

    def __exit__(self, *error):
        with self._turn:
            self._served += 1
            self._turn.notify_all()

    @property
    def free(self) -> bool:
        """Whether nobody computes or waits for it."""
        return self._asked == self._served

    def pause(self):
        """Let those who wait compute before going on."""
        if self._asked > self._served + 1:
            self.__exit__()
            self.__enter__()


class Worker:
    """Draws what the store holds, one job at a time. lane: shared with whoever else computes.

    load_pipeline: called once, in the worker's own thread, so that torch is imported behind the page.
    """

    def __init__(self, store: JobStore, load_pipeline: Callable[[], object]):
        self.store = store
        self.lane = Lane()
        self.model = "loading"
        self._load_pipeline = load_pipeline
        self._pipeline = None
        self._progress: _Progress | None = None
        self._guard = threading.Lock()  # of _progress: between the lane and those who stop a job
        self._wake = threading.Event()
        self._loaded = threading.Event()  # or known not to come
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="lit-worker", daemon=True)

    def start(self):
        self._thread.start()

    def close(self, timeout: float = 10.0):
        """Stop drawing, within one step; the job in the lane is left as interrupted."""
        self._closing = True
        self._wake.set()
        self._loaded.set()
        with self._guard:
            if self._progress is not None:
                self._interrupt()
        if self._thread.is_alive():
            self._thread.join(timeout)

    @property
    def closing(self) -> bool:
        return self._closing

    def pipeline(self) -> object:
        """The pipeline that draws, waiting for it to be loaded. Raises LiTError if there is none.

        Shared: only to be used by who has the lane.
        """
        self._loaded.wait()
        if self._pipeline is None:
            raise LiTError("The studio is closing." if self.model == "loading" else self.model)
        return self._pipeline

    def submit(self, visitor: str, settings: GenerationSettings) -> Job:
        """Queue a GenerationSettings. Raises LiTError if there is no model, or the queue is full."""
        if self.model not in ("loading", "ready"):
            raise LiTError(self.model)
        if self.store.waiting() >= QUEUE:
            raise LiTError(f"The queue is full: {QUEUE} drawings are waiting. Try again in a while.")
        job = self.store.add(visitor, asdict(settings))
        self._wake.set()
        return job

    def stop(self, job_id: str, visitor: str) -> bool:
        """End a job of this visitor, within one step; True if there was something to end."""
        job = self.store.get(job_id)
        if job is None or job.visitor != visitor:
            return False
        if self.store.withdraw(job_id):
            return True
        with self._guard:
            if self._progress is None or self._progress.job_id != job_id:
                return False
            self._interrupt()
            return True

    def view(self, job_id: str) -> View | None:
        job = self.store.get(job_id)
        if job is None:
            return None
        progress = self._progress
        if progress is None or progress.job_id != job_id:
            position = self.store.position(job_id) if job.active else 0
            return View(job, None, position, (), self.model, False)
        previews = progress.finished + progress.drawing
        return View(job, progress.eta(job.steps), 0, previews, self.model, progress.stop)

    def _run(self):
        try:
            self._pipeline = self._load_pipeline()
            self.model = "ready"
        except LiTError as error:
            self.model = str(error)
        except Exception as error:
            log.exception("the model could not be loaded")
            self.model = f"The model could not be loaded: {error}"
        self._loaded.set()
        while not self._closing:
            job = self.store.take_next()
            if job is None:
                self._wake.wait(timeout=1.0)
                self._wake.clear()
            elif self._pipeline is None:
                self.store.finish(job.id, "failed", self.model)
            else:
                self._draw(job)

    def _draw(self, job: Job):
        try:
            settings = GenerationSettings(**job.settings)
            with self._guard:
                self._progress = progress = _Progress(job.id)
            files = []
            with self.lane:
                run = self._pipeline.start(settings, callback_on_step_end=self._on_step_end)
                with self._guard:
                    progress.run = run
                    if progress.stop:  # pressed before the run was there
                        run.interrupt()
                for drawing in run:
                    files.append(self._save(job, drawing))
                    self.store.keep(job.id, files)
                    progress.drawing = ()
                    progress.finished += (_webp(drawing.image),)
            if self._closing and progress.stop:
                return  # the row still says running: the next studio will call it interrupted
            self.store.finish(job.id, "stopped" if progress.stop else "done")
        except LiTError as error:
            self.store.finish(job.id, "failed", str(error))
        except Exception as error:
            log.exception("job %s failed", job.id)
            self.store.finish(job.id, "failed", f"Drawing failed: {type(error).__name__}: {error}")
        finally:
            with self._guard:
                self._progress = None

    def _interrupt(self):
        self._progress.stop = True
        if self._progress.run is not None:
            self._progress.run.interrupt()

    def _on_step_end(self, pipeline, step: int, timestep, tensors: dict) -> dict:
        """diffusers' callback: count the step, draw a preview now and then."""
        progress = self._progress
        now = time.monotonic()
        progress.times.append(now)
        self.store.advance(progress.job_id, progress.run.steps_done, progress.run.steps_total)
        if now >= progress.preview_at:
            progress.drawing = tuple(_webp(image) for image in progress.run.preview())
            took = time.monotonic() - now
            progress.preview_at = now + max(PREVIEW_INTERVAL, took / PREVIEW_SHARE)
        self.lane.pause()
        return tensors

    def _save(self, job: Job, drawing) -> Path:
        """Write a picture with its settings; one that was stopped says so, for its settings draw another."""
        folder = self.store.pictures / job.id
        folder.mkdir(exist_ok=True)
        provenance = self._pipeline.provenance()
        if not drawing.finished:
            provenance["stopped_after"] = drawing.steps
        path = folder / f"{_slug(drawing.settings.prompt)}-{drawing.settings.seed}.png"
        drawing.image.save(path, "PNG", pnginfo=to_png_info(drawing.settings, provenance))
        return path


def _webp(image) -> bytes:
    """A small file with transparency, in a few milliseconds."""
    small = image.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    file = io.BytesIO()
    small.save(file, "WEBP", quality=60, method=0)
    return file.getvalue()


def _slug(prompt: str) -> str:
    """The prompt as the beginning of a file's name: "A blue dragon!" -> "a-blue-dragon"."""
    return re.sub(r"[\W_]+", "-", prompt.lower()).strip("-")[:40].strip("-") or "sticker"
