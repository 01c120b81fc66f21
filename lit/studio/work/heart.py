"""A studio's signs of life at a list that several studios share, and what it hears with them."""

import logging
import threading
import time
from collections.abc import Callable

from lit.studio.work.claims import BEAT, LEASE
from lit.studio.work.database import StoreError
from lit.studio.work.jobs import JobStore

log = logging.getLogger(__name__)


class Heart:
    """A thread that says every BEAT seconds that this studio lives, and gives back what is of silent ones.

    drawn(): the ids of the jobs that are being drawn.  stop(job_id): its visitor wants it to end.
    lose(job_id): it is another's, or will be before this studio can say that it lives: to be left at once.
    """

    def __init__(
        self,
        store: JobStore,
        drawn: Callable[[], set[str]],
        stop: Callable[[str], object],
        lose: Callable[[str], object],
    ):
        self._store, self._drawn, self._stop, self._lose = store, drawn, stop, lose
        self._heard = time.monotonic()  # when the list last took a sign of life
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="lit-heart", daemon=True)

    def start(self):
        self._thread.start()

    def close(self):
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(1.0)

    def beat(self):
        """One sign of life."""
        jobs, asked = self._drawn(), time.monotonic()  # before: one that is claimed meanwhile is no lost one
        try:
            held = self._store.beat()
            self._heard = asked
            if released := self._store.release_stale():
                log.warning("%d jobs of a studio that has fallen silent wait again", released)
        except StoreError as error:
            if jobs and time.monotonic() - self._heard > LEASE - 2 * BEAT:
                log.warning("%s left to others: %s", ", ".join(jobs), error)
                for job in jobs:
                    self._lose(job)
            return
        for job in (jobs - held.jobs) & self._drawn():
            log.warning("job %s has become another studio's", job)
            self._lose(job)
        for job in jobs & held.stopping:
            self._stop(job)

    def _run(self):
        while not self._closing.wait(BEAT):
            try:
                self.beat()
            except Exception:  # the next one may be heard
                log.exception("a sign of life failed")
