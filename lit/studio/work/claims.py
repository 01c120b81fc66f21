"""Who draws which job: taken by one worker at a time, kept by signs of life, handed to another when those end.

A worker is whoever draws: the thread of a studio (`JobStore.worker` is its name), a replica, another machine's studio
on the same database. It takes a job (`claim`), says within each `LEASE` that it lives (`beat`), and ends the job. One
that cannot say so for that long has to stop drawing by itself: by then the job is another's.
"""

import sqlite3
import time
from typing import NamedTuple

from lit.studio.work.database import Database

LEASE = 20.0  # seconds without a sign of life after which a job is another's
BEAT = 4.0  # seconds between two of them
TRIES = 3  # how often a job is begun; one that has ended so many workers might be the reason

TURN = "COALESCE(rank, number)"  # by which the queue is ordered
HELD = "visitor IN (SELECT visitor FROM paused WHERE until IS NULL OR until > CAST(strftime('%s', 'now') AS REAL))"


class Held(NamedTuple):
    """Ids of jobs.  jobs: those that are a worker's own.  stopping: those among them whose visitor wants an end."""

    jobs: frozenset[str]
    stopping: frozenset[str]


class Claims:
    """The claims in a database. Any thread, process or machine may call any method; all raise StoreError."""

    def __init__(self, database: Database):
        self.database = database

    def claim(self, worker: str, job_id: str | None = None) -> sqlite3.Row | None:
        """Make the first job of the queue that may be drawn, or a named one, this worker's; its row, None if none
        waits."""
        now, which = time.time(), "" if job_id is None else "AND id = ?"
        with self.database.writing() as database:
            first = f"SELECT number FROM jobs WHERE state = 'queued' AND NOT {HELD} {which} ORDER BY {TURN} LIMIT 1"
            return database.execute(
                "UPDATE jobs SET state = 'running', started = ?, worker = ?, beat = ?, tries = tries + 1, stopping = 0"
                f" WHERE number = ({first}) AND state = 'queued' RETURNING *",
                (now, worker, now, *(() if job_id is None else (job_id,))),
            ).fetchone()

    def beat(self, worker: str) -> Held:
        """Say that a worker lives, and what it draws; a job that is not among these it has to leave alone."""
        with self.database.writing() as database:
            rows = database.execute(
                "UPDATE jobs SET beat = ? WHERE worker = ? AND state = 'running' RETURNING id, stopping",
                (time.time(), worker),
            ).fetchall()
        return Held(frozenset(row["id"] for row in rows), frozenset(row["id"] for row in rows if row["stopping"]))

    def ask_to_stop(self, job_id: str) -> bool:
        """Tell whoever draws a job to end it, at its next sign of life; False for one that is not drawn."""
        with self.database.writing() as database:
            found = database.execute("UPDATE jobs SET stopping = 1 WHERE id = ? AND state = 'running'", (job_id,))
            return found.rowcount == 1

    def release(self, worker: str) -> int:
        """Hand back what a worker draws, because it ends or is known to have ended: it waits again, where it stood;
        how many jobs. What was begun too often is called interrupted, and what was to be stopped, stopped."""
        return self._release("worker = ?", (worker,))

    def release_stale(self, lease: float = LEASE) -> int:
        """The same for all workers without a sign of life for so many seconds."""
        return self._release("beat < ?", (time.time() - lease,))

    def _release(self, which, values):
        again = "UPDATE jobs SET state = 'queued', started = NULL, step = 0, steps = 0, worker = NULL, beat = NULL"
        ended = "UPDATE jobs SET state = CASE stopping WHEN 1 THEN 'stopped' ELSE 'interrupted' END, finished = ?"
        ended += ", message = CASE stopping WHEN 1 THEN '' ELSE ? END"
        with self.database.writing() as database:
            database.execute(
                f"{ended} WHERE state = 'running' AND {which} AND (stopping = 1 OR tries >= ?)",
                (time.time(), INTERRUPTED, *values, TRIES),
            )
            return database.execute(f"{again} WHERE state = 'running' AND {which}", values).rowcount


INTERRUPTED = "The studio was closed while this was being drawn."
