"""What has been asked for and what became of it: the list of jobs, kept in SQLite.

A job is one press of Generate. The page only looks at jobs; they live here, so that a reload,
a sleeping phone or a restart of the studio loses none of them.

    queued -> running -> done          drawn to the end
                      -> stopped       stopped by its visitor, with the pictures as far as they got
                      -> failed        `message` says why
                      -> interrupted   the studio was shut down in the middle
"""

import json
import logging
import os
import sqlite3
import threading
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from lit.errors import LiTError
from lit.settings import GenerationSettings, from_record, to_record
from lit.studio.work import folder
from lit.studio.work.pictures import is_whole, reason

log = logging.getLogger(__name__)

ACTIVE = ("queued", "running")
STATES = (*ACTIVE, "done", "stopped", "failed", "interrupted")

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


class StoreError(LiTError):
    """The list of jobs cannot be read or written at the moment: its disk is full, or somebody holds the file."""


@dataclass(frozen=True)
class Job:
    """One row of the list. record: its settings as they are stored. files: absolute paths.

    damage: what cannot be read of the row, in words; then it counts as failed.
    """

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
    damage: str = ""

    @property
    def settings(self) -> GenerationSettings:
        """What is drawn. Raises InputError for what this version does not know, or cannot draw."""
        return from_record(self.record)

    @property
    def active(self) -> bool:
        return self.state in ACTIVE


class Recent(NamedTuple):
    """pictures: files that are there and whole.  damaged: names of those among them that are not."""

    pictures: list[Path]
    damaged: list[str]


class JobStore:
    """The list of jobs in `home/jobs.sqlite`, with the pictures beside it in `home/pictures`.

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
        self._folder_lock = folder.claim(self.home)
        self._guard = threading.Lock()
        self._unwritten: dict[str, dict] = {}  # columns of running jobs, by id
        self._said: set[str] = set()  # damages that the log has
        try:
            self._database, aside = folder.open_database(self.home / "jobs.sqlite", self._prepare)
            self.pictures.mkdir(exist_ok=True)
        except OSError as error:
            self._folder_lock.close()
            raise folder.unwritable(self.home, reason(error)) from error
        except LiTError:
            self._folder_lock.close()
            raise
        if aside:
            self.notice = f"The list of former drawings was damaged. It is now called {aside}; the pictures stay."
            log.warning("%s: %s", self.home, self.notice)

    @staticmethod
    def _prepare(database: sqlite3.Connection):
        database.row_factory = sqlite3.Row
        database.executescript(SCHEMA)
        # Queued jobs are drawn after all. Running ones are not: whatever ended the last
        # studio might have been this very job.
        database.execute(
            "UPDATE jobs SET state = 'interrupted', finished = ?, message = ? WHERE state = 'running'",
            (time.time(), "The studio was closed while this was being drawn."),
        )

    def close(self):
        with self._guard:
            self._write_down()
            self._database.close()
            self._folder_lock.close()

    def add(self, visitor: str, settings: GenerationSettings) -> Job:
        """Put a job at the end of the queue. Raises StoreError if that cannot be written."""
        job_id = uuid.uuid4().hex
        with self._guard, self._writing():
            self._database.execute(
                "INSERT INTO jobs (id, visitor, state, settings, created) VALUES (?, ?, 'queued', ?, ?)",
                (job_id, visitor, json.dumps(to_record(settings)), time.time()),
            )
        job = self.get(job_id)
        assert job is not None  # no row is ever removed
        return job

    def add_drawn(
        self, job_id: str, visitor: str, settings: GenerationSettings, files: list[Path], seconds: float
    ) -> Job:
        """Record a drawing that has been made elsewhere, in so many seconds, as a job that is done.

        job_id: random.  files: in the folder of pictures. Raises StoreError if that cannot be written.
        """
        now, names = time.time(), json.dumps([path.relative_to(self.pictures).as_posix() for path in files])
        with self._guard, self._writing():
            self._database.execute(
                "INSERT INTO jobs (id, visitor, state, settings, files, created, started, finished)"
                " VALUES (?, ?, 'done', ?, ?, ?, ?, ?)",
                (job_id, visitor, json.dumps(to_record(settings)), names, now - seconds, now - seconds, now),
            )
        job = self.get(job_id)
        assert job is not None  # no row is ever removed
        return job

    def get(self, job_id: str) -> Job | None:
        return self._first("SELECT * FROM jobs WHERE id = ?", (job_id,))

    def take_next(self) -> Job | None:
        """Make the first job of the queue the running one; None if none waits. Raises StoreError."""
        with self._guard:
            self._write_down()
        job = self._first("SELECT * FROM jobs WHERE state = 'queued' ORDER BY number LIMIT 1")
        now = time.time()
        if job is None or not self._change(job.id, "queued", state="running", started=now):
            return None  # stopped between the two statements: the caller looks again
        return replace(job, state="running", started=now)

    def advance(self, job_id: str, step: int, steps: int):
        """Record that `step` of `steps` denoising steps are completed."""
        self._note(job_id, step=step, steps=steps)

    def keep(self, job_id: str, files: list[Path]):
        """Record the pictures of a running job that are on disk."""
        names = [path.relative_to(self.pictures).as_posix() for path in files]
        self._note(job_id, files=json.dumps(names))

    def finish(self, job_id: str, state: str, message: str = ""):
        """End a running job as done, stopped or failed; its pictures stay."""
        self._note(job_id, state=state, message=message, finished=time.time())

    def withdraw(self, job_id: str) -> bool:
        """Take a job out of the queue; False when it was not waiting there any more. Raises StoreError."""
        return self._change(job_id, "queued", state="stopped", finished=time.time())

    def position(self, job_id: str) -> int:
        """How many jobs come before this one: 0 for the one being drawn."""
        rows = self._rows(
            "SELECT id FROM jobs WHERE state IN ('queued', 'running')"
            " AND number < (SELECT number FROM jobs WHERE id = ?)",
            (job_id,),
        )
        return sum("state" not in self._unwritten.get(row["id"], {}) for row in rows)

    def waiting(self) -> int:
        """How many jobs are in the queue."""
        return self._rows("SELECT COUNT(*) AS jobs FROM jobs WHERE state = 'queued'")[0]["jobs"]

    def active_of(self, visitor: str) -> Job | None:
        """The job of this visitor that is being drawn or waits; the newest if there are several."""
        job = self._first(
            "SELECT * FROM jobs WHERE visitor = ? AND state IN ('queued', 'running') ORDER BY number DESC LIMIT 1",
            (visitor,),
        )
        return job if job and job.active else None

    def latest_of(self, visitor: str) -> Job | None:
        return self._first("SELECT * FROM jobs WHERE visitor = ? ORDER BY number DESC LIMIT 1", (visitor,))

    def recent(self, limit: int, visitor: str | None = None) -> Recent:
        """The newest pictures that still exist, newest first; of one visitor if named."""
        whose, values = ("AND visitor = ?", (visitor,)) if visitor is not None else ("", ())
        query = f"SELECT * FROM jobs WHERE files != '[]' AND number < ? {whose} ORDER BY number DESC LIMIT ?"
        pictures, damaged, before = [], [], 2**63 - 1
        while len(pictures) < limit and (rows := self._rows(query, (before, *values, limit))):
            before = rows[-1]["number"]
            for job in map(self._job, rows):
                damaged += [f"entry {job.number} of the list"] if job.damage else []
                there = [file for file in job.files if os.path.exists(file)]
                whole = [file for file in there if is_whole(file)]
                pictures += whole
                damaged += [file.name for file in there if file not in whole]
        for name in set(damaged) - self._said:
            log.warning("%s: %s cannot be read and is left out", self.home, name)
        self._said |= set(damaged)
        return Recent(pictures[:limit], damaged)

    def _note(self, job_id: str, **columns):
        """Change a running job, in memory until that is written."""
        with self._guard:
            known = self._unwritten.setdefault(job_id, {})
            if "state" not in known:  # an ended job does not change any more
                known |= columns
            self._write_down()

    def _write_down(self):
        """Write what is only in memory; what still cannot be written stays there."""
        try:
            for job_id, columns in list(self._unwritten.items()):
                self._update(job_id, "running", columns)
                del self._unwritten[job_id]
        except StoreError as error:
            log.debug("%s: %s", self.home, error)  # said by the next who has to write

    def _change(self, job_id: str, only_if: str, **columns) -> bool:
        with self._guard:
            return self._update(job_id, only_if, columns)

    def _update(self, job_id: str, only_if: str, columns: dict) -> bool:
        assignments = ", ".join(f"{name} = ?" for name in columns)
        with self._writing():
            cursor = self._database.execute(
                f"UPDATE jobs SET {assignments} WHERE id = ? AND state = ?",
                (*columns.values(), job_id, only_if),
            )
            return cursor.rowcount == 1

    @contextmanager
    def _writing(self):
        """One transaction."""
        try:
            with self._database:
                yield
        except sqlite3.Error as error:
            raise StoreError(f"The list of drawings cannot be written ({error})") from error

    def _rows(self, query: str, values: tuple = ()) -> list[sqlite3.Row]:
        try:
            with self._guard:
                return self._database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"The list of drawings cannot be read ({error})") from error

    def _first(self, query: str, values: tuple = ()) -> Job | None:
        rows = self._rows(query, values)
        return self._job(rows[0]) if rows else None

    def _job(self, row: sqlite3.Row) -> Job:
        """The row as a job. What is damaged in it is left empty, and said."""
        columns, wrong = dict(row), []
        if columns["state"] == "running":
            columns |= self._unwritten.get(columns["id"], {})

        def read(name, reader, otherwise):
            try:
                columns[name] = reader(columns[name])
            except (ValueError, TypeError, RecursionError):
                columns[name] = otherwise
                wrong.append(name)

        read("settings", _settings, {})
        read("files", self._files, ())
        for name in ("step", "steps"):
            read(name, int, 0)
        for name in ("created", "started", "finished"):
            read(name, lambda value: None if value is None else float(value), None)
        if columns["state"] not in STATES:
            wrong.append("state")
        if columns["state"] == "done" and None in (columns["started"], columns["finished"]):
            wrong.append("times")
        columns["record"] = columns.pop("settings")
        if wrong:
            damage = f"This drawing's entry in the list is damaged ({', '.join(wrong)})."
            columns |= {"state": "failed", "damage": damage, "message": damage}
        return Job(**columns)

    def _files(self, text: str) -> tuple[Path, ...]:
        files = [Path(os.path.normpath(self.pictures / name)) for name in _parsed(text, list)]
        if not all(file.is_relative_to(self.pictures) for file in files):
            raise ValueError("a path that leads out of the folder of pictures")
        return tuple(files)


def _settings(text: str) -> dict:
    return _parsed(text, dict)


def _parsed(text, kind):
    value = json.loads(text)
    if not isinstance(value, kind):
        raise ValueError(f"{kind.__name__} expected")
    return value
