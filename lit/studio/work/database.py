"""The studio's one database: a connection that every thread may use, and errors that are sentences."""

import logging
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lit.errors import LiTError, Phrase
from lit.studio.work import folder

log = logging.getLogger(__name__)


class StoreError(LiTError):
    """The list of jobs cannot be read or written at the moment: its disk is full, or somebody holds the file."""


class Database:
    """A SQLite file after `prepare(database)`. Who holds `guard` is alone with it.

    aside: the name that a damaged file has now, which was in this one's place; else "".
    """

    def __init__(self, file: Path, prepare: Callable[[sqlite3.Connection], None]):
        self.file = file
        self.guard = threading.RLock()
        self._connection, self.aside = folder.open_database(file, prepare)

    def close(self):
        with self.guard:
            self._connection.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """One transaction. Raises StoreError, and then nothing of it has been written."""
        try:
            with self.guard, self._connection:
                yield self._connection
        except sqlite3.Error as error:
            raise StoreError(Phrase("The list of drawings cannot be written ({why})", why=error)) from error

    def rows(self, query: str, values: tuple | list = ()) -> list[sqlite3.Row]:
        """All rows of a query. Raises StoreError."""
        try:
            with self.guard:
                return self._connection.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise StoreError(Phrase("The list of drawings cannot be read ({why})", why=error)) from error
