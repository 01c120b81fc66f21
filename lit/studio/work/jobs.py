"""What has been asked for and what became of it: the list of jobs, kept in SQLite.

A job is one press of Generate. The page only looks at jobs; they live here, so that a reload,
a sleeping phone or a restart of the studio loses none of them.

    queued -> running -> done          drawn to the end, in the order of their turns; those of a visitor who has
                                       paused (work/queue.py) keep theirs and are passed over
                      -> stopped       stopped by its visitor, with the pictures as far as they got
                      -> failed        `message` says why
                      -> interrupted   the studio was shut down in the middle
                      -> queued        whoever drew it is gone, and another is to (work/claims.py)
"""

import json
import logging
import os
import secrets
import socket
import sqlite3
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from lit.errors import LiTError, Phrase
from lit.settings import GenerationSettings, to_record
from lit.studio.work import folder, index, schema
from lit.studio.work.claims import HELD, INTERRUPTED, LEASE, TURN, Claims, Held
from lit.studio.work.database import Database, StoreError
from lit.studio.work.orders import PLAIN, Order
from lit.studio.work.pictures import is_whole, reason
from lit.studio.work.rows import Job, read_job
from lit.studio.work.sources import Sources

log = logging.getLogger(__name__)


class Recent(NamedTuple):
    """pictures: files that are there and whole.  damaged: names of those among them that are not."""

    pictures: list[Path]
    damaged: list[str]


class JobStore:
    """The list of jobs in `home/jobs.sqlite`, with the pictures beside it in `home/pictures`, and those that they are
    drawn over in `home/sources`.

    Any thread may call any method. A folder belongs to one studio at a time: a second one that
    opens it gets a LiTError. Opening marks what a former studio left running as interrupted, and sets
    a damaged list aside, which `notice` then says.

    What becomes of a running job is never lost to a full disk: it is kept in memory until it can be
    written, and counts from the beginning.
    """

    def __init__(self, home: Path):
        self.home = folder.made(Path(home))
        self.pictures = self.home / "pictures"
        self.notice = ""
        self.worker = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._folder_lock = folder.claim(self.home)
        self._unwritten: dict[tuple[str, str], dict] = {}  # columns of running jobs, by id and worker
        self._said: set[str] = set()  # damages that the log has
        try:
            self.database = Database(self.home / "jobs.sqlite", self._prepare)
            schema.forget_copy(self.database.file)
            self.pictures.mkdir(exist_ok=True)
            self.claims = Claims(self.database)
            self.sources = Sources(self.home / "sources", self.database)
            self.sources.sweep()
        except OSError as error:
            self._folder_lock.close()
            raise folder.unwritable(self.home, reason(error)) from error
        except LiTError:
            self._folder_lock.close()
            raise
        if aside := self.database.aside:
            self.notice = Phrase(
                "The list of former drawings was damaged. It is now called {name}; the pictures stay.", name=aside
            )
            log.warning("%s: %s", self.home, self.notice)

    def _prepare(self, database: sqlite3.Connection):
        database.row_factory = sqlite3.Row
        schema.migrate(database, self.home / "jobs.sqlite")
        # Queued jobs are drawn after all. Running ones are not: whatever ended the last
        # studio might have been this very job.
        database.execute(
            "UPDATE jobs SET state = 'interrupted', finished = ?, message = ? WHERE state = 'running'",
            (time.time(), INTERRUPTED),
        )
        index.add_all(database, self.pictures)

    def close(self):
        with self.database.guard:
            self._write_down()
            self.database.close()
            self._folder_lock.close()

    def add(self, visitor: str, settings: GenerationSettings, order: Order = PLAIN) -> Job:
        """Put a job at the end of the queue. Raises StoreError if that cannot be written."""
        job_id = uuid.uuid4().hex
        with self.database.writing() as database:
            database.execute(
                "INSERT INTO jobs (id, visitor, state, settings, created) VALUES (?, ?, 'queued', ?, ?)",
                (job_id, visitor, json.dumps(to_record(settings) | order.record()), time.time()),
            )
        job = self.get(job_id)
        assert job is not None  # its pictures have only just come
        return job

    def add_drawn(
        self,
        job_id: str,
        visitor: str,
        settings: GenerationSettings,
        files: list[Path],
        seconds: float,
        order: Order = PLAIN,
    ) -> Job:
        """Record a drawing that has been made elsewhere, in so many seconds, as a job that is done.

        job_id: random.  files: in the folder of pictures. Raises StoreError if that cannot be written.
        """
        record = json.dumps(to_record(settings) | order.record())
        now, names = time.time(), json.dumps([path.relative_to(self.pictures).as_posix() for path in files])
        with self.database.writing() as database:
            database.execute(
                "INSERT INTO jobs (id, visitor, state, settings, files, created, started, finished)"
                " VALUES (?, ?, 'done', ?, ?, ?, ?, ?)",
                (job_id, visitor, record, names, now - seconds, now - seconds, now),
            )
            index.add_pictures(database, job_id, self.pictures)
        job = self.get(job_id)
        assert job is not None  # its pictures have only just come
        return job

    def get(self, job_id: str) -> Job | None:
        return self._first("SELECT * FROM jobs WHERE id = ?", (job_id,))

    def take_next(self, job_id: str | None = None) -> Job | None:
        """Make the first job of the queue that may be drawn, or a named one, a running one; None if none waits. Raises
        StoreError."""
        return self.claim(self.worker, job_id)

    def claim(self, worker: str, job_id: str | None = None) -> Job | None:
        """The same for one of several workers, who has to `beat` while it draws. Raises StoreError."""
        with self.database.guard:
            self._write_down()
        row = self.claims.claim(worker, job_id)
        return None if row is None else self._job(row)

    def beat(self, worker: str | None = None) -> Held:
        """Say that a worker lives, this studio's own if none is named; what it draws. Raises StoreError."""
        return self.claims.beat(worker or self.worker)

    def ask_to_stop(self, job_id: str) -> bool:
        """Tell whoever draws a job to end it; False for one that is not drawn. Raises StoreError."""
        return self.claims.ask_to_stop(job_id)

    def release(self, worker: str | None = None) -> int:
        """Let another draw what a worker draws, this studio's own if none is named; how many jobs. StoreError."""
        return self.claims.release(worker or self.worker)

    def release_stale(self, lease: float = LEASE) -> int:
        """The same for all without a sign of life for so many seconds. Raises StoreError."""
        return self.claims.release_stale(lease)

    # What becomes of a running job. worker: who claimed it, this studio's own if none is named; what anybody else says
    # of it, whose claim has ended, does not count.

    def advance(self, job_id: str, step: int, steps: int, worker: str | None = None):
        """Record that `step` of `steps` denoising steps are completed."""
        self._note(job_id, worker, step=step, steps=steps)

    def keep(self, job_id: str, files: list[Path], worker: str | None = None):
        """Record the pictures of a running job that are on disk."""
        names = [path.relative_to(self.pictures).as_posix() for path in files]
        self._note(job_id, worker, files=json.dumps(names))

    def finish(self, job_id: str, state: str, message: str = "", memory: int | None = None, worker: str | None = None):
        """End a running job as done, stopped or failed; its pictures stay. memory: bytes at most meanwhile."""
        self._note(job_id, worker, state=state, message=message, finished=time.time(), memory=memory)

    def withdraw(self, job_id: str) -> bool:
        """Take a job out of the queue; False when it was not waiting there any more. Raises StoreError."""
        return self._update(job_id, "queued", {"state": "stopped", "finished": time.time()})

    def requeue(self, visitor: str, job_ids: Iterable[str]) -> int:
        """Put jobs of this visitor that were withdrawn back to where they stood in the queue; how many. StoreError."""
        again = (
            "UPDATE jobs SET state = 'queued', finished = NULL"
            " WHERE id = ? AND visitor = ? AND state = 'stopped' AND started IS NULL"
        )
        with self.database.writing() as database:
            return database.executemany(again, [(job_id, visitor) for job_id in job_ids]).rowcount

    def position(self, job_id: str) -> int:
        """How many jobs are drawn before this one: 0 for the one being drawn."""
        rows = self.database.rows(
            "SELECT id FROM jobs WHERE id != ? AND (state = 'running' OR state = 'queued'"
            f" AND NOT {HELD} AND {TURN} < (SELECT {TURN} FROM jobs WHERE id = ? AND state = 'queued'))",
            (job_id, job_id),
        )
        ended = {job_id for (job_id, _), columns in list(self._unwritten.items()) if "state" in columns}
        return sum(row["id"] not in ended for row in rows)

    def waiting(self, held: bool = False) -> int:
        """How many jobs are in the queue: of those that may be drawn, or of those that a pause holds."""
        which = HELD if held else f"NOT {HELD}"
        return self.database.rows(f"SELECT COUNT(*) AS jobs FROM jobs WHERE state = 'queued' AND {which}")[0]["jobs"]

    def drawable(self) -> list[Job]:
        """The jobs that wait and may be drawn, in their order."""
        query = f"SELECT * FROM jobs WHERE state = 'queued' AND NOT {HELD} ORDER BY {TURN}"
        return list(map(self._job, self.database.rows(query)))

    def active(self, visitor: str | None = None) -> list[Job]:
        """The jobs that are drawn or wait, in their order; of one visitor if named."""
        whose, values = ("AND visitor = ?", (visitor,)) if visitor is not None else ("", ())
        query = f"SELECT * FROM jobs WHERE state IN ('queued', 'running') {whose} ORDER BY state = 'queued', {TURN}"
        return [job for job in map(self._job, self.database.rows(query, values)) if job.active]

    def latest_of(self, visitor: str) -> Job | None:
        return self._first("SELECT * FROM jobs WHERE visitor = ? ORDER BY number DESC LIMIT 1", (visitor,))

    def newest_of(self, visitor: str, limit: int) -> list[Job]:
        """The last jobs of a visitor, the newest first."""
        query = "SELECT * FROM jobs WHERE visitor = ? ORDER BY number DESC LIMIT ?"
        return list(map(self._job, self.database.rows(query, (visitor, limit))))

    def recent(self, limit: int, visitor: str | None = None) -> Recent:
        """The newest pictures that still exist and have not been thrown away, newest first; of one visitor if named."""
        away = self._away()
        whose, values = ("AND visitor = ?", (visitor,)) if visitor is not None else ("", ())
        query = f"SELECT * FROM jobs WHERE files != '[]' AND number < ? {whose} ORDER BY number DESC LIMIT ?"
        pictures, damaged, before = [], [], 2**63 - 1
        while len(pictures) < limit and (rows := self.database.rows(query, (before, *values, limit))):
            before = rows[-1]["number"]
            for job in map(self._job, rows):
                damaged += [Phrase("entry {n} of the list", n=job.number)] if job.damage else []
                there = [file for file in job.files if file not in away and os.path.exists(file)]
                whole = [file for file in there if is_whole(file)]
                pictures += whole
                damaged += [file.name for file in there if file not in whole]
        for name in set(damaged) - self._said:
            log.warning("%s: %s cannot be read and is left out", self.home, name)
        self._said |= set(damaged)
        return Recent(pictures[:limit], damaged)

    def in_sight(self, job: Job) -> list[Path]:
        """A job's pictures that are whole and have not been thrown away."""
        away = self._away(job.id)
        return [file for file in job.files if file not in away and is_whole(file)]

    def _away(self, job_id: str | None = None) -> set[Path]:
        """Pictures that have been thrown away, of one job if named."""
        which, values = ("", ()) if job_id is None else (" AND job = ?", (job_id,))
        rows = self.database.rows(f"SELECT file FROM pictures WHERE trashed IS NOT NULL{which}", values)
        return {self.pictures / row["file"] for row in rows}

    def _note(self, job_id: str, worker: str | None, **columns):
        """Change a running job, in memory until that is written."""
        with self.database.guard:
            known = self._unwritten.setdefault((job_id, worker or self.worker), {})
            if "state" not in known:  # an ended job does not change any more
                known |= columns
            self._write_down()

    def _write_down(self):
        """Write what is only in memory; what still cannot be written stays there."""
        try:
            for (job_id, worker), columns in list(self._unwritten.items()):
                self._update(job_id, "running", columns, worker)
                del self._unwritten[job_id, worker]
        except StoreError as error:
            log.debug("%s: %s", self.home, error)  # said by the next who has to write

    def _update(self, job_id: str, only_if: str, columns: dict, worker: str | None = None) -> bool:
        assignments = ", ".join(f"{name} = ?" for name in columns)
        whose, values = ("", ()) if worker is None else (" AND worker = ?", (worker,))
        with self.database.writing() as database:
            cursor = database.execute(
                f"UPDATE jobs SET {assignments} WHERE id = ? AND state = ?{whose}",
                (*columns.values(), job_id, only_if, *values),
            )
            if "files" in columns and cursor.rowcount:
                index.add_pictures(database, job_id, self.pictures)
            return cursor.rowcount == 1

    def _first(self, query: str, values: tuple = ()) -> Job | None:
        rows = self.database.rows(query, values)
        return self._job(rows[0]) if rows else None

    def _job(self, row: sqlite3.Row) -> Job:
        columns = dict(row)
        if columns["state"] == "running":
            columns |= self._unwritten.get((columns["id"], columns["worker"]), {})
        return read_job(columns, self.pictures)
