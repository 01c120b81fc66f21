"""Who draws which job: taken by one worker at a time, kept by signs of life, handed to another when those end.

A worker is whoever draws: the thread of a studio (`JobStore.worker` is its name), a replica, another machine's studio
on the same database. It takes a job (`claim`), says within each `LEASE` that it lives (`beat`), and ends the job. One
that cannot say so for that long has to stop drawing by itself: by then the job is another's.
"""

import time
from typing import Any, NamedTuple

from sqlalchemy import Double, Row, bindparam, case, cast, extract, func, select, update

from lit.studio.work.database import Database
from lit.studio.work.tables import JOBS, PAUSED

LEASE = 20.0  # seconds without a sign of life after which a job is another's
BEAT = 4.0  # seconds between two of them
TRIES = 3  # how often a job is begun; one that has ended so many workers might be the reason

INTERRUPTED = "The studio was closed while this was being drawn."

TURN = func.coalesce(JOBS.c.rank, JOBS.c.number)  # by which the queue is ordered
QUEUED, RUNNING = JOBS.c.state == "queued", JOBS.c.state == "running"


# A pause lasts, and holds a job, at the moment at which a statement is executed. (`now` gives time.time as it is then.)
LASTING = PAUSED.c.until.is_(None) | (PAUSED.c.until > bindparam("now", callable_=lambda: time.time(), type_=Double))
ON_HOLD = JOBS.c.visitor.in_(select(PAUSED.c.visitor).where(LASTING))
WAITING = select(JOBS).where(QUEUED, ~ON_HOLD).order_by(TURN, JOBS.c.number)  # what may be drawn, in its order


class Held(NamedTuple):
    """Ids of jobs.  jobs: those that are a worker's own.  stopping: those among them whose visitor wants an end."""

    jobs: frozenset[str]
    stopping: frozenset[str]


class Claims:
    """The claims in a database. Any thread, process or machine may call any method; all raise StoreError."""

    def __init__(self, database: Database):
        self.database = database

    def claim(self, worker: str, job_id: str | None = None) -> Row[Any] | None:
        """Make the first job of the queue that may be drawn, or a named one, this worker's; its row, None if none
        waits."""
        first = WAITING.with_only_columns(JOBS.c.number).limit(1)
        if job_id is not None:
            first = first.where(JOBS.c.id == job_id)
        first = first.with_for_update(skip_locked=True)  # in SQLite one writes at a time anyway
        taken = {"state": "running", "started": time.time(), "worker": worker, "beat": self._now(), "stopping": 0}
        change = update(JOBS).where(JOBS.c.number == first.scalar_subquery(), QUEUED)
        with self.database.writing() as connection:
            return connection.execute(change.values(**taken, tries=JOBS.c.tries + 1).returning(JOBS)).first()

    def beat(self, worker: str) -> Held:
        """Say that a worker lives, and what it draws; a job that is not among these it has to leave alone."""
        change = update(JOBS).where(RUNNING, JOBS.c.worker == worker).values(beat=self._now())
        with self.database.writing() as connection:
            rows = connection.execute(change.returning(JOBS.c.id, JOBS.c.stopping)).fetchall()
        return Held(frozenset(row.id for row in rows), frozenset(row.id for row in rows if row.stopping))

    def ask_to_stop(self, job_id: str) -> bool:
        """Tell whoever draws a job to end it, at its next sign of life; False for one that is not drawn."""
        with self.database.writing() as connection:
            return connection.execute(update(JOBS).where(RUNNING, JOBS.c.id == job_id).values(stopping=1)).rowcount == 1

    def release(self, worker: str, crashed: bool = True, job_id: str | None = None) -> int:
        """Hand back what a worker draws, or one job of it, because it ends or is known to have ended: it waits again,
        where it stood; how many jobs. What was to be stopped is called stopped, and what crashed workers have begun too
        often, interrupted."""
        own = JOBS.c.worker == worker
        return self._release(own if job_id is None else own & (JOBS.c.id == job_id), crashed)

    def release_stale(self, lease: float = LEASE) -> int:
        """The same for all workers without a sign of life for so many seconds."""
        return self._release(JOBS.c.beat < self._now() - lease, True)

    def _now(self):
        """Seconds by a clock that all workers share: the server's, or this machine's own, which nobody sets."""
        if self.database.dialect == "postgresql":
            return cast(extract("epoch", func.clock_timestamp()), Double)
        return time.monotonic()

    def _release(self, which, crashed):
        stopped = JOBS.c.stopping == 1
        over = stopped | (JOBS.c.tries >= TRIES) if crashed else stopped
        ended = {
            "state": case((stopped, "stopped"), else_="interrupted"),
            "message": case((stopped, ""), else_=INTERRUPTED),
            "finished": time.time(),
        }
        again = {"state": "queued", "started": None, "step": 0, "steps": 0, "worker": None, "beat": None}
        again |= {} if crashed else {"tries": JOBS.c.tries - 1}
        with self.database.writing() as connection:
            connection.execute(update(JOBS).where(RUNNING, which, over).values(ended))
            return connection.execute(update(JOBS).where(RUNNING, which).values(again)).rowcount
