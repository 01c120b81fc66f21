"""The list of drawings as a file, for one studio on one machine: opened, checked, set aside where it is damaged."""

import contextlib
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import StaticPool

from lit.errors import LiTError
from lit.studio.work import folder
from lit.studio.work.database import HELD, Database

DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
BUSY = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
PATIENCE = 1.0  # seconds to wait for a file that somebody else reads or copies
AT_START = 10.0  # the same when the studio starts


Prepare = Callable[[Connection, Path | None], None]


def opened(file: Path, prepare: Prepare) -> Database:
    """The database after `prepare(connection, aside)` in one transaction.

    A damaged file is set aside and a new one begun, now or when it is seen later; aside: where the damaged one is now,
    None where there is none. Raises LiTError if it cannot be used.
    """

    def renewed(error: BaseException) -> Engine | None:
        return _begun_anew(file, prepare) if _is_damage(error) else None

    try:
        engine = _prepared(file, prepare, None)
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise _unusable(file, error) from error
        engine = _begun_anew(file, prepare)
    return Database(engine, explain, alone=True, renewed=renewed)


def set_aside(file: Path) -> Path:
    """Call a damaged file by the day and time; its new name."""
    name = f"{file.stem}-damaged-{time.strftime('%Y%m%d-%H%M%S')}"
    aside, number = file.with_name(f"{name}{file.suffix}"), 1
    while aside.exists():
        number += 1
        aside = file.with_name(f"{name}-{number}{file.suffix}")
    _rename(file, aside)
    return aside


def _rename(file, name):
    for more in ("", "-journal", "-wal", "-shm"):  # a journal that stays would be played into the next one
        with contextlib.suppress(FileNotFoundError):
            Path(f"{file}{more}").replace(f"{name}{more}")


def explain(error: BaseException) -> str:
    """What SQLite says; of a file that others hold, in words."""
    if isinstance(error, sqlite3.Error) and folder.code(error) in BUSY:
        return HELD
    return str(error)


def _is_damage(error):
    return isinstance(error, sqlite3.DatabaseError) and folder.code(error) in DAMAGED


def _begun_anew(file, prepare) -> Engine:
    aside = set_aside(file)
    try:
        return _prepared(file, prepare, aside)
    except BaseException as error:  # such as a full disk: the next try shall find the damaged one, and read it
        _rename(aside, file)
        if isinstance(error, sqlite3.DatabaseError):
            raise _unusable(file, error) from error
        raise


def _prepared(file, prepare, aside) -> Engine:
    connection = sqlite3.connect(file, timeout=AT_START, check_same_thread=False)
    engine = create_engine("sqlite://", creator=lambda: connection, poolclass=StaticPool)
    try:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            error = sqlite3.DatabaseError(found)
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error
        with engine.begin() as database:
            prepare(database, aside)
        connection.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000:.0f}")
    except DBAPIError as error:
        connection.close()
        raise error.orig or error from error
    except BaseException:
        connection.close()
        raise
    return engine


def _unusable(file, error) -> LiTError:
    if folder.code(error) in BUSY:
        return LiTError(f"LIT_HOME: another program holds {file}; close it and start again. Nothing has been changed")
    return folder.unwritable(file, str(error))
