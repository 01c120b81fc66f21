"""What may happen to a studio's list of jobs from outside."""

import contextlib
import sqlite3
from collections.abc import Iterator

from lit.studio.work.jobs import JobStore


@contextlib.contextmanager
def from_outside(store: JobStore) -> Iterator[sqlite3.Connection]:
    """The list as another program sees it; what it changes is kept at the end."""
    with contextlib.closing(sqlite3.connect(store.home / "jobs.sqlite")) as database:
        yield database
        database.commit()


@contextlib.contextmanager
def full(store: JobStore, *tables: str) -> Iterator[None]:
    """Inside, nothing can be written into these tables, the list of jobs if none is named: SQLite says what it says of
    a full disk."""
    kinds = [(kind, table) for kind in ("INSERT", "UPDATE") for table in tables or ("jobs",)]
    with from_outside(store) as database:
        for kind, table in kinds:
            said = "SELECT RAISE(ABORT, 'database or disk is full')"
            database.execute(f"CREATE TRIGGER full_{kind}_{table} BEFORE {kind} ON {table} BEGIN {said}; END")
    try:
        yield
    finally:
        with from_outside(store) as database:
            for kind, table in kinds:
                database.execute(f"DROP TRIGGER full_{kind}_{table}")
