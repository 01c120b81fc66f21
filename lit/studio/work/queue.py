"""The queue as its visitors steer it: pause and go on, a job to the front. All of it is in the database.

A pause holds the waiting jobs of one visitor, until he goes on; what is being drawn is drawn to its end. On a studio
that strangers share visitors take turns: a visitor's first waiting job comes in the first round, the second in the next
one, however much another asked for before. Nobody changes another's turn, and a pause ends by itself, so that no place
is held for ever.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import bindparam, delete, select, update

from lit.errors import LiTError
from lit.studio.languages import t
from lit.studio.work.claims import LASTING, ON_HOLD, QUEUED, TURN
from lit.studio.work.jobs import Job, JobStore
from lit.studio.work.tables import JOBS, PAUSED, insert_new

QUEUE = 100  # jobs that may wait, and as many that a pause may hold; more would wait for hours
ROUND = 2**32  # by so much the turns of two rounds differ; within one the older job comes first
PAUSE = 3600.0  # seconds after which a pause ends by itself on a shared studio
FRESH = 0.2  # seconds in which what others may have changed, another studio or the end of a pause, is not looked for


class Line(NamedTuple):
    """A job in the queue. held: a pause keeps it from being drawn."""

    job: Job
    held: bool


@dataclass(frozen=True)
class Moment:
    """All of the queue as it stands. lines: of all visitors, in their order.  lined: the same by the job's id.

    before: how many jobs are drawn before each, by id: 0 for one that is being drawn.
    """

    lines: tuple[Line, ...]
    lined: dict[str, Line]
    before: dict[str, int]

    @classmethod
    def of(cls, lines: list[Line]) -> "Moment":
        before, count = {}, 0
        for line in lines:
            before[line.job.id] = count if line.job.state == "queued" else 0
            count += not line.held
        return cls(tuple(lines), {line.job.id: line for line in lines}, before)


class Queue:
    """All visitors' way to the order of the jobs. public: strangers share the studio.

    changed(): called when another job may be the next one.
    """

    def __init__(self, store: JobStore, public: bool, changed: Callable[[], None]):
        self._store, self._public, self._changed = store, public, changed
        self._looking = threading.Lock()
        self._seen, self._until, self._latest = -1, 0.0, Moment.of([])  # changes of the list, and how long that holds

    def now(self) -> Moment:
        """The queue as it stands: read once for all who look before it changes."""
        with self._looking:
            changes, now = self._store.database.changes, time.monotonic()
            if changes != self._seen or now > self._until:
                held = self._held()
                self._latest = Moment.of([Line(job, job.id in held) for job in self._store.active()])
                self._seen, self._until = changes, now + FRESH
            return self._latest

    def lines(self, visitor: str) -> list[Line]:
        """What is drawn and what waits, in that order: all there is, or this visitor's own on a shared studio."""
        return [line for line in self.now().lines if not self._public or line.job.visitor == visitor]

    def drawn_next(self) -> list[Job]:
        """The job that is drawn and all that wait, of all visitors, without those that a pause holds."""
        return [line.job for line in self.now().lines if not line.held]

    def check_room(self, visitor: str, more: int = 1):
        """Raise LiTError where so many more jobs of this visitor find no place."""
        held = self.paused(visitor)
        if self._store.waiting(held) + more > QUEUE:
            if more > 1:
                text = "The queue has no room for {n} drawings at the moment. Try again in a while"
                raise LiTError(t(text, n=more))
            if held:
                raise LiTError(t("The queue is full: {n} drawings are held by a pause. Go on first", n=QUEUE))
            raise LiTError(t("The queue is full: {n} drawings are waiting. Try again in a while", n=QUEUE))

    def place(self, job: Job):
        """Give a job that has just come its turn: on a shared studio behind one job of every visitor for each that its
        own visitor has waiting, else behind all that wait."""
        if not self._public:
            return
        waiting = select(JOBS.c.id, JOBS.c.visitor, JOBS.c.number, TURN.label("turn")).where(QUEUED)
        with self._store.database.writing() as connection:
            rows = {row.id: row for row in connection.execute(waiting.with_for_update())}
            if (new := rows.pop(job.id, None)) is None:
                return  # taken already
            rounds = [row.turn // ROUND for row in rows.values()]
            own = [row.turn // ROUND + 1 for row in rows.values() if row.visitor == job.visitor]
            turn = max([min(rounds, default=0), *own]) * ROUND + new.number
            connection.execute(update(JOBS).where(JOBS.c.id == job.id).values(rank=turn))

    def paused(self, visitor: str) -> bool:
        return bool(self._store.database.rows(select(PAUSED).where(PAUSED.c.visitor == visitor, LASTING)))

    def pause(self, visitor: str):
        """Hold what waits of this visitor, and what he asks for from now on. Raises LiTError where a shared studio
        holds too much already."""
        waits = sum(job.state == "queued" for job in self._store.active(visitor))
        if self._public and not self.paused(visitor) and self._store.waiting(held=True) + waits > QUEUE:
            raise LiTError("Too much is paused in this studio already. Yours goes on; cancel what you do not need")
        until = time.time() + PAUSE if self._public else None
        own = PAUSED.c.visitor == visitor
        with self._store.database.writing() as connection:
            connection.execute(insert_new(connection, PAUSED).values(visitor=visitor))
            connection.execute(update(PAUSED).where(own).values(until=until))
            # Those that have ended by themselves
            connection.execute(delete(PAUSED).where(PAUSED.c.until < time.time()))

    def go_on(self, visitor: str):
        with self._store.database.writing() as connection:
            connection.execute(delete(PAUSED).where(PAUSED.c.visitor == visitor))
        self._changed()

    def to_front(self, visitor: str, job_id: str) -> bool:
        """Give a waiting job of this visitor the first turn: of all that wait, or of his own on a shared studio, so
        that nobody else's turn changes. False for one that does not wait any more, or is another's."""
        query = select(JOBS.c.id, JOBS.c.visitor, TURN.label("turn")).where(QUEUED).order_by(TURN, JOBS.c.number)
        if self._public:
            query = query.where(JOBS.c.visitor == visitor)
        with self._store.database.writing() as connection:
            waiting = connection.execute(query.with_for_update()).fetchall()
            if (job_id, visitor) not in {(row.id, row.visitor) for row in waiting}:
                return False
            # The same turns, given to the named job first and then to the others as they were.
            order = [job_id, *(row.id for row in waiting if row.id != job_id)]
            turns = [{"job": job, "turn": row.turn} for job, row in zip(order, waiting, strict=True)]
            connection.execute(update(JOBS).where(JOBS.c.id == bindparam("job")).values(rank=bindparam("turn")), turns)
        self._changed()
        return True

    def _held(self) -> set[str]:
        return {row.id for row in self._store.database.rows(select(JOBS.c.id).where(QUEUED, ON_HOLD))}
