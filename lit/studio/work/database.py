"""The studio's one database, in SQLite or PostgreSQL: transactions and queries, and errors that are sentences."""

import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, Executable
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from lit.errors import LiTError, Phrase

log = logging.getLogger(__name__)


class StoreError(LiTError):
    """The list of jobs cannot be read or written at the moment: its disk is full, or somebody holds the file."""


# Why, where it is not what the database itself says.
HELD = Phrase("another program holds it")
UNREACHED = Phrase("its server does not answer")
FULL = Phrase("the disk of its server is full")


class Database:
    """What work/sqlite.py or work/postgres.py have opened.

    explain(error): what went wrong, in words that strangers may read; of the driver's error.
    alone: one connection serves all threads, one after the other; else each has its own.
    renewed(error): where the error says that the list is damaged, another one in its place; else None.
    guard: a lock of this process, for who needs several statements and what is in memory to agree.
    changes: grows with each transaction of this process, as soon as others can read what it has written.
    """

    def __init__(
        self,
        engine: Engine,
        explain: Callable[[BaseException], str],
        alone: bool,
        renewed: Callable[[BaseException], Engine | None] = lambda error: None,
    ):
        self.engine, self._explain, self._renewed = engine, explain, renewed
        self.dialect = engine.dialect.name
        self.guard = threading.RLock()
        self.changes = 0
        self._turn = self.guard if alone else contextlib.nullcontext()

    def close(self):
        with self.guard:
            self.engine.dispose()

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction. Raises StoreError, and then nothing of it has been written."""
        with self._turn:
            try:
                with self.engine.begin() as connection:
                    yield connection
            except SQLAlchemyError as error:
                why = self._seen(error)
                raise StoreError(Phrase("The list of drawings cannot be written ({why})", why=why)) from error
            finally:
                self.changes += 1

    def rows(self, query: Executable, values: dict | None = None) -> Sequence:
        """All rows of a query. values: of its parameters, by name. Raises StoreError."""
        with self._turn:
            try:
                with self.engine.connect() as connection:
                    return connection.execute(query, values).fetchall()
            except SQLAlchemyError as error:
                why = self._seen(error)
                raise StoreError(Phrase("The list of drawings cannot be read ({why})", why=why)) from error

    def _seen(self, error) -> str:
        """What went wrong. Of a damaged list there is another one from now on."""
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        try:
            if (engine := self._renewed(cause)) is not None:
                damaged, self.engine = self.engine, engine
                damaged.dispose()
        except (LiTError, OSError) as again:  # the next statement tries it anew
            log.error("the damaged list cannot be begun anew: %s", again)
        return self._explain(cause)
