"""How the tables come into a database, and the way from an older version of them to this one.

A new database gets the tables of work/tables.py. Each version is a list of statements that make it of the one before;
version 0 is what LiT Studio 0.1 wrote. PostgreSQL has been there since version 3: statements of later ones are of both.
"""

import contextlib
import os
import sqlite3
import uuid
from pathlib import Path

from sqlalchemy import Connection

from lit.errors import LiTError
from lit.studio.work import search
from lit.studio.work.tables import METADATA

JOBS = (
    """
CREATE TABLE IF NOT EXISTS jobs (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,
    id       TEXT NOT NULL UNIQUE,
    visitor  TEXT NOT NULL,
    state    TEXT NOT NULL,
    settings TEXT NOT NULL,
    step     INTEGER NOT NULL DEFAULT 0,
    steps    INTEGER NOT NULL DEFAULT 0,
    files    TEXT NOT NULL DEFAULT '[]',
    message  TEXT NOT NULL DEFAULT '',
    created  REAL NOT NULL,
    started  REAL,
    finished REAL
)""",
    "CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, number)",
)
LIBRARY = (
    "ALTER TABLE jobs ADD COLUMN memory INTEGER",
    """
CREATE TABLE pictures (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    job     TEXT NOT NULL,
    place   INTEGER NOT NULL,
    file    TEXT NOT NULL,
    visitor TEXT NOT NULL,
    created REAL NOT NULL,
    prompt  TEXT NOT NULL,
    style   TEXT NOT NULL,
    seed    INTEGER NOT NULL,
    model   TEXT NOT NULL,
    trashed REAL,
    UNIQUE (job, place)
)""",
    "CREATE INDEX pictures_of ON pictures (visitor, number)",
    "CREATE INDEX pictures_by_style ON pictures (style, number)",
    "CREATE INDEX pictures_by_model ON pictures (model, number)",
    "CREATE INDEX pictures_thrown_away ON pictures (trashed) WHERE trashed IS NOT NULL",
    *search.SQLITE,
    "CREATE TABLE favourites (owner TEXT, picture INTEGER, PRIMARY KEY (owner, picture)) WITHOUT ROWID",
    "CREATE TABLE tags (owner TEXT, tag TEXT, picture INTEGER, PRIMARY KEY (owner, tag, picture)) WITHOUT ROWID",
    "CREATE TABLE boards (id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT, name TEXT, UNIQUE (owner, name))",
    "CREATE TABLE on_boards (board INTEGER, picture INTEGER, PRIMARY KEY (board, picture)) WITHOUT ROWID",
    "CREATE INDEX tags_of ON tags (picture)",
    "CREATE INDEX boards_of ON on_boards (picture)",
)
QUEUE = (
    "ALTER TABLE jobs ADD COLUMN rank INTEGER",
    "CREATE TABLE paused (visitor TEXT PRIMARY KEY, until REAL) WITHOUT ROWID",
)
WORKERS = (
    "ALTER TABLE jobs ADD COLUMN worker TEXT",
    "ALTER TABLE jobs ADD COLUMN beat REAL",
    "ALTER TABLE jobs ADD COLUMN tries INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE jobs ADD COLUMN stopping INTEGER NOT NULL DEFAULT 0",
    "CREATE INDEX jobs_of ON jobs (visitor, number)",
)
VERSIONS = (JOBS, LIBRARY, QUEUE, WORKERS)  # what makes version 0, and each next one
VERSION = len(VERSIONS) - 1
LOCK = 0x4C69545374756469  # any number that nobody else takes; this is "LiTStudi"


def copy_of(file: Path) -> Path:
    """Where the older version lies until the way to this one is done."""
    return file.with_name(f"{file.stem}-before-{VERSION}{file.suffix}")


def migrate(database: Connection, file: Path) -> bool:
    """Bring the tables of a SQLite file to this version, in a transaction that the caller ends: an error, or an end of
    the process, in the middle leaves the older version as it was. Before, the file is copied; `forget_copy` is for
    after the end. True where there were no tables. Raises LiTError for a newer version."""
    database.exec_driver_sql("BEGIN IMMEDIATE")  # else each statement that makes a table would be on its own
    version = database.exec_driver_sql("PRAGMA user_version").scalar_one()
    _check(version, f"LIT_HOME: {file}", "set LIT_HOME to another folder")
    empty = not database.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'jobs'").first()
    if version == VERSION and not empty:
        return False
    if empty:
        _make(database, search.SQLITE)
    else:
        _copy(file)
        _execute(database, VERSIONS[version + 1 :])
    database.exec_driver_sql(f"PRAGMA user_version = {VERSION}")
    return empty


def migrate_server(database: Connection) -> bool:
    """The same for a database of PostgreSQL, where several studios may start at once: one does it, others wait."""
    database.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LOCK})")
    database.exec_driver_sql("CREATE TABLE IF NOT EXISTS lit_version (version INTEGER NOT NULL, name TEXT NOT NULL)")
    version = database.exec_driver_sql("SELECT version FROM lit_version").scalar()
    if version is None:
        _make(database, search.POSTGRES)
        database.exec_driver_sql(f"INSERT INTO lit_version VALUES ({VERSION}, '{uuid.uuid4().hex}')")
        return True
    _check(version, "LIT_DATABASE: the database", "name another database")
    if version < VERSION:
        _execute(database, VERSIONS[version + 1 :])
        database.exec_driver_sql(f"UPDATE lit_version SET version = {VERSION}")
    return False


def name_of_server(database: Connection) -> str:
    """What no other database of PostgreSQL is called."""
    return database.exec_driver_sql("SELECT name FROM lit_version").scalar_one()


def _make(database, words):
    METADATA.create_all(database, checkfirst=False)
    _execute(database, [words])


def _execute(database, versions):
    for statements in versions:
        for statement in statements:
            database.exec_driver_sql(statement)


def _check(version, what, otherwise):
    if version > VERSION:
        raise LiTError(
            f"{what} was written by a newer LiT Studio (version {version} of the list; this one reads up to"
            f" {VERSION}). Start that one, or {otherwise}; nothing has been changed"
        )


def forget_copy(file: Path):
    with contextlib.suppress(OSError):
        copy_of(file).unlink()


def _copy(file):
    """The file as it is, beside it: whole or not at all. Nobody else writes: the transaction holds it."""
    part = copy_of(file).with_suffix(".part")
    with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as old:
        part.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(part)) as new:
            old.backup(new)
    os.replace(part, copy_of(file))
