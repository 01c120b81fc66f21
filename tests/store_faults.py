"""What may happen to a studio's list of jobs from outside."""

import contextlib
from collections.abc import Iterator

from sqlalchemy import Connection, create_engine
from sqlalchemy.pool import NullPool

from lit.studio.work.jobs import JobStore


def reopened(store: JobStore) -> JobStore:
    """The store as the next studio has it."""
    store.close()
    return JobStore(store.home, address(store))


def address(store: JobStore) -> str:
    """What the store's list has been opened by, "" for its file."""
    return store.database.engine.url.render_as_string(hide_password=False) if store.shared else ""


class Outside:
    """The list as another program sees it."""

    def __init__(self, connection: Connection):
        self.connection = connection

    def execute(self, statement: str, values: tuple = ()):
        if self.connection.dialect.name == "postgresql":
            statement = statement.replace("?", "%s")
        return self.connection.exec_driver_sql(statement, values)


@contextlib.contextmanager
def from_outside(store: JobStore) -> Iterator[Outside]:
    """The list as another program sees it; what it changes is kept at the end."""
    engine = create_engine(address(store) or f"sqlite:///{store.home / 'jobs.sqlite'}", poolclass=NullPool)
    with engine.begin() as connection:
        yield Outside(connection)


@contextlib.contextmanager
def full(store: JobStore, *tables: str) -> Iterator[None]:
    """Inside, nothing can be written into these tables, the list of jobs if none is named: the database says what it
    says of a full disk."""
    begin, end = _FULL[store.database.dialect]
    tables = tables or ("jobs",)
    with from_outside(store) as database:
        for table, statement in ((table, statement) for table in tables for statement in begin):
            database.execute(statement.format(table=table))
    try:
        yield
    finally:
        with from_outside(store) as database:
            for table, statement in ((table, statement) for table in tables for statement in end):
                database.execute(statement.format(table=table))


_SAID = "BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
_FULL = {
    "sqlite": (
        [f"CREATE TRIGGER full_{kind}_{{table}} BEFORE {kind} ON {{table}} {_SAID}" for kind in ("INSERT", "UPDATE")],
        [f"DROP TRIGGER full_{kind}_{{table}}" for kind in ("INSERT", "UPDATE")],
    ),
    "postgresql": (
        [
            "CREATE OR REPLACE FUNCTION full_disk() RETURNS trigger AS 'BEGIN RAISE EXCEPTION USING ERRCODE ="
            " ''53100'', MESSAGE = ''could not extend file''; END' LANGUAGE plpgsql",
            "CREATE TRIGGER full_{table} BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION full_disk()",
        ],
        ["DROP TRIGGER full_{table} ON {table}"],
    ),
}
