"""What has been asked for and what became of it: the list of jobs, kept in SQLite.

A job is one press of Generate. The page only looks at jobs; they live here, so that a reload,
a sleeping phone or a restart of the studio loses none of them.

    queued -> running -> done          drawn to the end
                      -> stopped       stopped by its visitor, with the pictures as far as they got
                      -> failed        `message` says why
                      -> interrupted   the studio was shut down in the middle
"""

import json
import sqlite3
import threading
import time
import uuid
from dataclasses import dataclass
from pathlib import Path

from lit.errors import LiTError
from lit.settings import GenerationSettings, from_record, to_record

ACTIVE = ("queued", "running")

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,  -- order of arrival
    id       TEXT NOT NULL UNIQUE,               -- random: also the capability to read the pictures
    visitor  TEXT NOT NULL,                      -- who asked: only they may stop it
    state    TEXT NOT NULL,
    settings TEXT NOT NULL,                      -- GenerationSettings as a JSON record of lit.settings.codec
    step     INTEGER NOT NULL DEFAULT 0,         -- denoising steps completed, over all pictures
    steps    INTEGER NOT NULL DEFAULT 0,         -- of so many; 0 until drawing begins
    files    TEXT NOT NULL DEFAULT '[]',         -- pictures, as paths inside the pictures folder
    message  TEXT NOT NULL DEFAULT '',
    created  REAL NOT NULL,                      -- seconds since 1970, like the next two
    started  REAL,
    finished REAL
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, number);
"""


@dataclass(frozen=True)
class Job:
    """One row of the list. record: its settings as they are stored. files: absolute paths."""

    number: int
    id: str
    visitor: str
    state: str
    record: dict
    step: int
    steps: int
    files: tuple[Path, ...]
    message: str
    created: float
    started: float | None
    finished: float | None

    @property
    def settings(self) -> GenerationSettings:
        """What is drawn. Raises InputError for what this version does not know, or cannot draw."""
        return from_record(self.record)

    @property
    def active(self) -> bool:
        return self.state in ACTIVE


class JobStore:
    """The list of jobs in `home/jobs.sqlite`, with the pictures beside it in `home/pictures`.

    Any thread may call any method. A folder belongs to one studio at a time: a second one that
    opens it gets a LiTError. Opening marks what a former studio left running as interrupted.
    """

    def __init__(self, home: Path):
        self.home = Path(home).expanduser().resolve()
        self.pictures = self.home / "pictures"
        try:
            self.pictures.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LiTError(f"LIT_HOME: {self.home} cannot be written ({error.strerror})") from error
        self._claim_folder()
        self._guard = threading.Lock()
        self._database = sqlite3.connect(self.home / "jobs.sqlite", check_same_thread=False)
        self._database.row_factory = sqlite3.Row
        with self._guard, self._database:
            self._database.executescript(SCHEMA)
            # Queued jobs are drawn after all. Running ones are not: whatever ended the last
            # studio might have been this very job.
            self._database.execute(
                "UPDATE jobs SET state = 'interrupted', finished = ?, message = ? WHERE state = 'running'",
                (time.time(), "The studio was closed while this was being drawn."),
            )

    def close(self):
        with self._guard:
            self._database.close()
            self._folder_lock.close()

    def add(self, visitor: str, settings: GenerationSettings) -> Job:
        """Put a job at the end of the queue."""
        job_id = uuid.uuid4().hex
        with self._guard, self._database:
            self._database.execute(
                "INSERT INTO jobs (id, visitor, state, settings, created) VALUES (?, ?, 'queued', ?, ?)",
                (job_id, visitor, json.dumps(to_record(settings)), time.time()),
            )
        return self.get(job_id)

    def get(self, job_id: str) -> Job | None:
        return self._first("SELECT * FROM jobs WHERE id = ?", (job_id,))

    def take_next(self) -> Job | None:
        """The queued job that came first, now running; None when nothing waits."""
        job = self._first("SELECT * FROM jobs WHERE state = 'queued' ORDER BY number LIMIT 1")
        if job is None or not self._change(job.id, "queued", state="running", started=time.time()):
            return None  # stopped between the two statements: the caller looks again
        return self.get(job.id)

    def advance(self, job_id: str, step: int, steps: int):
        """Record that `step` of `steps` denoising steps are completed."""
        self._change(job_id, "running", step=step, steps=steps)

    def keep(self, job_id: str, files: list[Path]):
        """Record the pictures of a running job that are on disk."""
        names = [path.relative_to(self.pictures).as_posix() for path in files]
        self._change(job_id, "running", files=json.dumps(names))

    def finish(self, job_id: str, state: str, message: str = ""):
        """End a running job as done, stopped or failed; its pictures stay."""
        self._change(job_id, "running", state=state, message=message, finished=time.time())

    def withdraw(self, job_id: str) -> bool:
        """Take a job out of the queue; False when it was not waiting there any more."""
        return self._change(job_id, "queued", state="stopped", finished=time.time())

    def position(self, job_id: str) -> int:
        """How many jobs come before this one: 0 for the one being drawn."""
        row = self._rows(
            "SELECT COUNT(*) AS ahead FROM jobs WHERE state IN ('queued', 'running')"
            " AND number < (SELECT number FROM jobs WHERE id = ?)",
            (job_id,),
        )
        return row[0]["ahead"]

    def waiting(self) -> int:
        """How many jobs are in the queue."""
        return self._rows("SELECT COUNT(*) AS jobs FROM jobs WHERE state = 'queued'")[0]["jobs"]

    def active_of(self, visitor: str) -> Job | None:
        """The job of this visitor that is being drawn or waits; the newest if there are several."""
        return self._first(
            "SELECT * FROM jobs WHERE visitor = ? AND state IN ('queued', 'running') ORDER BY number DESC LIMIT 1",
            (visitor,),
        )

    def latest_of(self, visitor: str) -> Job | None:
        return self._first("SELECT * FROM jobs WHERE visitor = ? ORDER BY number DESC LIMIT 1", (visitor,))

    def recent(self, limit: int, visitor: str | None = None) -> list[Path]:
        """The newest pictures that still exist, newest first; of one visitor if named."""
        whose, values = ("AND visitor = ?", (visitor,)) if visitor is not None else ("", ())
        rows = self._rows(
            f"SELECT * FROM jobs WHERE files != '[]' {whose} ORDER BY number DESC LIMIT ?", (*values, limit)
        )
        files = [file for row in rows for file in self._job(row).files if file.exists()]
        return files[:limit]

    def _claim_folder(self):
        # An open exclusive transaction is a lock that every system lets go of when the process ends.
        self._folder_lock = sqlite3.connect(self.home / "lock.sqlite", timeout=0.2, check_same_thread=False)
        self._folder_lock.isolation_level = None
        try:
            self._folder_lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            self._folder_lock.close()
            raise LiTError(
                f"LIT_HOME: another studio already works in {self.home}; close it, or set LIT_HOME to another folder"
            ) from error

    def _change(self, job_id: str, only_if: str, **columns) -> bool:
        assignments = ", ".join(f"{name} = ?" for name in columns)
        with self._guard, self._database:
            cursor = self._database.execute(
                f"UPDATE jobs SET {assignments} WHERE id = ? AND state = ?",
                (*columns.values(), job_id, only_if),
            )
            return cursor.rowcount == 1

    def _rows(self, query: str, values: tuple = ()) -> list[sqlite3.Row]:
        with self._guard:
            return self._database.execute(query, values).fetchall()

    def _first(self, query: str, values: tuple = ()) -> Job | None:
        rows = self._rows(query, values)
        return self._job(rows[0]) if rows else None

    def _job(self, row: sqlite3.Row) -> Job:
        columns = dict(row)
        columns["record"] = json.loads(columns.pop("settings"))
        columns["files"] = tuple(self.pictures / name for name in json.loads(columns["files"]))
        return Job(**columns)
