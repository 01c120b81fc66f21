"""What has been asked for and what became of it: the list of jobs, kept in a database: a file, or a server's.

A job is one press of Generate. The page only looks at jobs; they live here, so that a reload,
a sleeping phone or a restart of the studio loses none of them.

    queued -> running -> done          drawn to the end, in the order of their turns; those of a visitor who has
                                       paused (work/queue.py) keep theirs and are passed over
                      -> stopped       stopped by its visitor, with the pictures as far as they got
                      -> failed        `message` says why
                      -> interrupted   the studio was shut down in the middle
                      -> queued        whoever drew it is gone, and another is to (work/claims.py)
"""

import contextlib
import json
import logging
import os
import secrets
import socket
import time
import uuid
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, bindparam, func, insert, select, update

from lit.errors import Phrase
from lit.settings import GenerationSettings, to_record
from lit.studio.work import folder, index, postgres, rescue, schema, sqlite
from lit.studio.work.claims import INTERRUPTED, LEASE, ON_HOLD, QUEUED, RUNNING, TURN, WAITING, Claims, Held
from lit.studio.work.database import Database, StoreError
from lit.studio.work.orders import PLAIN, Order
from lit.studio.work.pictures import is_whole, reason
from lit.studio.work.rows import ACTIVE, Job, read_job
from lit.studio.work.sources import Sources
from lit.studio.work.tables import JOBS, PICTURES

log = logging.getLogger(__name__)


class Recent(NamedTuple):
    """pictures: files that are there and whole.  damaged: names of those among them that are not."""

    pictures: list[Path]
    damaged: list[str]


class JobStore:
    """The list of jobs, with the pictures in `home/pictures`, and those that they are drawn over in `home/sources`.

    The list is `home/jobs.sqlite`; then a folder belongs to one studio at a time, a second one that opens it gets a
    LiTError, and opening marks what a former studio left running as interrupted. A damaged list is set aside and made
    anew of what can be read and of the pictures, which `notice` then says.

    url: of a PostgreSQL database (work/postgres.py), which has the list instead. Then several studios, of which each
    reaches the same folder, draw what is in it: `shared`.

    Any thread may call any method. What becomes of a running job is never lost to a full disk: it is kept in memory
    until it can be written, and counts from the beginning.
    """

    def __init__(self, home: Path, url: str = ""):
        self.home = folder.made(Path(home))
        self.pictures = self.home / "pictures"
        self.shared = bool(url)
        self.notice = ""
        self.worker = f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
        self._unwritten: dict[tuple[str, str], dict] = {}  # columns of running jobs, by id and worker
        self._said: set[str] = set()  # damages that the log has
        self._starting = True
        with contextlib.ExitStack() as opened:
            try:
                self.pictures.mkdir(exist_ok=True)
                self.database = self._opened_list(opened, url)
                opened.callback(self.database.close)
                self.claims = Claims(self.database)
                self.sources = Sources(self.home / "sources", self.database)
                self.sources.sweep()
            except OSError as error:
                raise folder.unwritable(self.home, reason(error)) from error
            self._opened = opened.pop_all()
        self._starting = False

    def _opened_list(self, opened: contextlib.ExitStack, url: str) -> Database:
        if url:
            return postgres.opened(url, self._prepare_server)
        opened.callback(folder.claim(self.home).close)
        database = sqlite.opened(self._file, self._prepare)
        schema.forget_copy(self._file)
        return database

    @property
    def _file(self) -> Path:
        return self.home / "jobs.sqlite"

    def _prepare(self, connection: Connection, aside: Path | None):
        if schema.migrate(connection, self._file):
            if aside is not None:
                rescue.take_over(connection, aside)
            rescue.find_pictures(connection, self.pictures)
        if self._starting:
            # Queued jobs are drawn after all. Running ones are not: whatever ended the last
            # studio might have been this very job.
            connection.execute(update(JOBS).where(RUNNING).values(self._interrupted()))
        index.add_all(connection, self.pictures)
        if aside is not None:
            count = connection.execute(select(func.count()).select_from(PICTURES)).scalar_one()
            self.notice = Phrase(
                "The list of former drawings was damaged. It is now called {name}. Pictures found again: {n}.",
                name=aside.name,
                n=count,
            )
            log.warning("%s: %s", self.home, self.notice)

    def _prepare_server(self, connection: Connection):
        new = schema.migrate_server(connection)
        postgres.check_folder(connection, self.home, new)
        if new:
            if self._file.exists():
                rescue.take_over(connection, self._file)
                connection.execute(update(JOBS).where(RUNNING).values(self._interrupted()))
            rescue.find_pictures(connection, self.pictures)

    @staticmethod
    def _interrupted() -> dict:
        return {"state": "interrupted", "finished": time.time(), "message": INTERRUPTED}

    def close(self):
        with self.database.guard:
            self._write_down()
            if self.shared:  # another studio goes on with it
                with contextlib.suppress(StoreError):
                    self.release(crashed=False)
            self._opened.close()

    def add(self, visitor: str, settings: GenerationSettings, order: Order = PLAIN) -> Job:
        """Put a job at the end of the queue. Raises StoreError if that cannot be written."""
        job_id, record = uuid.uuid4().hex, json.dumps(to_record(settings) | order.record())
        values = {"id": job_id, "visitor": visitor, "state": "queued", "settings": record, "created": time.time()}
        with self.database.writing() as connection:
            connection.execute(insert(JOBS).values(values))
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
        values = {"id": job_id, "visitor": visitor, "state": "done", "settings": record, "files": names}
        values |= {"created": now - seconds, "started": now - seconds, "finished": now}
        with self.database.writing() as connection:
            connection.execute(insert(JOBS).values(values))
            index.add_pictures(connection, job_id, self.pictures)
        job = self.get(job_id)
        assert job is not None  # its pictures have only just come
        return job

    def get(self, job_id: str) -> Job | None:
        return self._first(_BY_ID, {"job": job_id})

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

    def release(self, worker: str | None = None, crashed: bool = True, job_id: str | None = None) -> int:
        """Let another draw what a worker draws, this studio's own if none is named, or one job of it; how many jobs.
        crashed: it has not ended as it should, which a job may be the reason of. Raises StoreError."""
        return self.claims.release(worker or self.worker, crashed, job_id)

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
        withdrawn = (JOBS.c.state == "stopped") & JOBS.c.started.is_(None)
        again = update(JOBS).where(JOBS.c.id.in_(list(job_ids)), JOBS.c.visitor == visitor, withdrawn)
        with self.database.writing() as connection:
            return connection.execute(again.values(state="queued", finished=None)).rowcount

    def waiting(self, held: bool = False) -> int:
        """How many jobs are in the queue: of those that may be drawn, or of those that a pause holds."""
        query = select(func.count()).select_from(JOBS).where(QUEUED, ON_HOLD if held else ~ON_HOLD)
        return self.database.rows(query)[0][0]

    def counts(self) -> dict[str, int]:
        """How many jobs are in each state, as the list has it."""
        query = select(JOBS.c.state, func.count()).group_by(JOBS.c.state)
        return {row[0]: row[1] for row in self.database.rows(query)}

    def drawable(self) -> list[Job]:
        """The jobs that wait and may be drawn, in their order."""
        return list(map(self._job, self.database.rows(WAITING)))

    def active(self, visitor: str | None = None) -> list[Job]:
        """The jobs that are drawn or wait, in their order; of one visitor if named."""
        rows = self.database.rows(_of(visitor, _ACTIVE))
        return [job for job in map(self._job, rows) if job.active]

    def latest_of(self, visitor: str) -> Job | None:
        return self._first(_of(visitor, _NEWEST).limit(1))

    def newest_of(self, visitor: str, limit: int) -> list[Job]:
        """The last jobs of a visitor, the newest first."""
        return list(map(self._job, self.database.rows(_of(visitor, _NEWEST).limit(limit))))

    def recent(self, limit: int, visitor: str | None = None) -> Recent:
        """The newest pictures that still exist and have not been thrown away, newest first; of one visitor if named."""
        away = self._away()
        query = _of(visitor, _NEWEST).where(JOBS.c.files != "[]").limit(limit)
        pictures, damaged, before = [], [], 2**63 - 1
        while len(pictures) < limit and (rows := self.database.rows(query.where(JOBS.c.number < before))):
            before = rows[-1].number
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
        query = select(PICTURES.c.file).where(PICTURES.c.trashed.is_not(None))
        rows = self.database.rows(query if job_id is None else query.where(PICTURES.c.job == job_id))
        return {self.pictures / row.file for row in rows}

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
        change = update(JOBS).where(JOBS.c.id == job_id, JOBS.c.state == only_if)
        if worker is not None:
            change = change.where(JOBS.c.worker == worker)
        with self.database.writing() as connection:
            changed = connection.execute(change.values(columns)).rowcount == 1
            if changed and "files" in columns:
                index.add_pictures(connection, job_id, self.pictures)
            return changed

    def _first(self, query: Select, values: dict | None = None) -> Job | None:
        rows = self.database.rows(query, values)
        return self._job(rows[0]) if rows else None

    def _job(self, row: Row[Any]) -> Job:
        columns = dict(row._mapping)
        if columns["state"] == "running":
            columns |= self._unwritten.get((columns["id"], columns["worker"]), {})
        return read_job(columns, self.pictures)


# Made once, for to put one together takes longer than to have it answered.
_JOB = bindparam("job")
_BY_ID = select(JOBS).where(JOBS.c.id == _JOB)
_NEWEST = select(JOBS).order_by(JOBS.c.number.desc())
_ACTIVE = select(JOBS).where(JOBS.c.state.in_(ACTIVE)).order_by(QUEUED, TURN, JOBS.c.number)


def _of(visitor: str | None, query: Select) -> Select:
    """The jobs of one visitor if named."""
    return query if visitor is None else query.where(JOBS.c.visitor == visitor)
