"""Threads that take jobs for a painter elsewhere: one for each drawing that it can have under way."""

import logging
import threading
import time
from collections.abc import Iterator

from lit.errors import LiTError, Phrase
from lit.settings import batch_key
from lit.studio.work.database import StoreError
from lit.studio.work.inhand import RETRY, InHand, Work
from lit.studio.work.jobs import Job, JobStore
from lit.studio.work.painters import LocalPainter, Painter, Unable

log = logging.getLogger(__name__)


class Hands:
    """As many jobs in hand as the painter has hands, taken in the queue's order; jobs that can be drawn together are
    taken together, as many as the painter's batch has room for and no more than leaves work for every hand.

    otherwise: draws, one by one, what the painter is unable to draw at the moment.
    """

    def __init__(self, painter: Painter, store: JobStore, in_hand: InHand, otherwise: LocalPainter | None = None):
        self.trouble = ""  # what keeps them from going on, as a sentence
        self._painter, self._store, self._in_hand, self._otherwise = painter, store, in_hand, otherwise
        self._taking = threading.Lock()  # one after another, so that the shares are right
        self._free = painter.hands  # of those, the hands that draw nothing
        self._over = threading.Event()  # no more jobs are taken
        self._wakes = [threading.Event() for _ in range(painter.hands)]
        self._threads = [
            threading.Thread(target=self._run, args=(wake,), name=f"lit-hand-{number}", daemon=True)
            for number, wake in enumerate(self._wakes)
        ]

    def start(self):
        for thread in self._threads:
            thread.start()

    def news(self):
        """There may be a job to take."""
        for wake in self._wakes:
            wake.set()

    def drain(self):
        """Take no more jobs."""
        self._over.set()
        self.news()

    def close(self, timeout: float):
        """The same, and wait so many seconds at most for what is in hand, which has been told to stop; then the painter
        ends."""
        self.drain()
        deadline = time.monotonic() + timeout
        for thread in self._threads:
            if thread.is_alive():
                thread.join(max(0.0, deadline - time.monotonic()))
        self._painter.close()

    def _run(self, wake: threading.Event):
        while not self._over.is_set():
            wake.clear()  # first: what comes from here on is seen, now or when it is set again
            try:
                jobs = self._take()
                self.trouble = ""
                if jobs:
                    try:
                        self._paint(jobs)
                    finally:
                        with self._taking:
                            self._free += 1
                else:
                    wake.wait(RETRY)
            except StoreError as error:
                self.trouble = Phrase("{error}. Drawing goes on by itself as soon as it can.", error=error.words)
                wake.wait(RETRY)
            except BaseException as error:  # whatever it was, there are other jobs
                log.exception("a hand goes on after an error")
                self.trouble = Phrase("Something went wrong: {kind}: {why}.", kind=type(error).__name__, why=error)
                wake.wait(RETRY)

    def _take(self) -> list[Work]:
        """The next job, and those behind it that can be drawn with it. Raises StoreError."""
        with self._taking:
            if self._over.is_set():
                return []
            self._in_hand.release_lost()
            if (first := self._store.take_next()) is None:
                return []
            works = [self._in_hand.take(first)]
            try:
                for job in self._alike(first):
                    works.append(self._in_hand.take(job))
            except Exception:  # the first has been taken, and is drawn
                log.exception("drawn without others")
            self._free -= 1
            return works

    def _alike(self, first: Job) -> Iterator[Job]:
        """Jobs at the head of the queue that can be drawn with the first one, so that nobody is overtaken."""
        key, pictures = _key(first), _pictures(first)
        if self._painter.batch == 1 or key is None:
            return
        waiting = self._store.drawable()
        share = -(-(len(waiting) + 1) // self._free)
        for job in waiting[: share - 1]:
            pictures += _pictures(job)
            if pictures > self._painter.batch or _key(job) != key:
                return
            if (taken := self._store.take_next(job.id)) is None:
                return  # stopped meanwhile
            yield taken

    def _paint(self, works: list[Work]):
        fit = []
        for work in works:
            try:
                if work.job.damage:
                    raise LiTError(work.job.damage)
                work.check()
                fit.append(work)
            except BaseException as error:
                work.finish(error)
        if not fit:
            return
        try:
            self._painter.paint(fit)
        except Unable as error:
            log.warning("drawn here instead: %s", error)
            for work in fit:
                self._paint_here(work, error)
        except BaseException as error:
            for work in fit:
                work.finish(error)
        for work in fit:
            work.finish()

    def _paint_here(self, work: Work, unable: Unable):
        if work.ended:
            return
        try:
            if self._otherwise is None:
                raise unable
            self._otherwise.paint(work)
        except BaseException as error:
            work.finish(error)


def _key(job: Job) -> tuple | None:
    """Equal for jobs that can be drawn together, None for one that is drawn alone."""
    try:
        return None if job.damage or job.settings.image_sha256 else batch_key(job.settings)
    except LiTError:
        return None


def _pictures(job: Job) -> int:
    try:
        return job.settings.num_images_per_prompt
    except LiTError:
        return 1
