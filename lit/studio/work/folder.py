"""The studio's data folder: made, claimed for one studio, with a database in it that can be used."""

import contextlib
import errno
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from lit.errors import LiTError
from lit.studio.work.pictures import reason

DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
PATIENCE = 1.0  # seconds to wait for a database that somebody else reads or copies


def unwritable(home: Path, why: str) -> LiTError:
    return LiTError(f"LIT_HOME: {home} cannot be written ({why}); set LIT_HOME to a folder that can")


def made(home: Path) -> Path:
    """The folder's full path, made if it is not there. Raises LiTError if it cannot be used."""
    try:
        home = home.expanduser().resolve()
        home.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError) as error:
        raise unwritable(home, reason(error) if isinstance(error, OSError) else str(error)) from error
    return home


def claim(home: Path) -> sqlite3.Connection:
    """A lock on the folder, held until it is closed or the process ends. Raises LiTError if it is not to be had."""
    file = home / "lock.sqlite"
    try:
        return _locked(file)
    except sqlite3.DatabaseError as error:
        code = _code(error)
        if code == sqlite3.SQLITE_NOTADB:  # nobody holds it like that, and there is nothing in it
            with contextlib.suppress(OSError):
                file.unlink()
                return claim(home)
        if code == sqlite3.SQLITE_BUSY and _can_lock(home):
            raise LiTError(
                f"LIT_HOME: another studio already works in {home}; close it, or set LIT_HOME to another folder"
            ) from error
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PROTOCOL):
            raise LiTError(
                f"LIT_HOME: {home} is on a file system that does not lock files ({error}), as some network drives are;"
                " set LIT_HOME to a folder on a disk of this machine"
            ) from error
        raise unwritable(home, str(error)) from error


def open_database(file: Path, prepare: Callable[[sqlite3.Connection], None]) -> tuple[sqlite3.Connection, str]:
    """The database, after `prepare(database)` in one transaction; and "".

    A damaged one is set aside and a new one begun: then the name that it has now. Raises LiTError if it cannot be used.
    """
    try:
        return _opened(file, prepare), ""
    except sqlite3.DatabaseError as error:
        if _code(error) not in DAMAGED:
            raise unwritable(file, str(error)) from error
    aside = f"{file.stem}-damaged-{time.strftime('%Y%m%d-%H%M%S')}{file.suffix}"
    for more in ("", "-journal", "-wal", "-shm"):  # a journal that stays would be played into the new one
        with contextlib.suppress(FileNotFoundError):
            Path(f"{file}{more}").rename(file.with_name(f"{aside}{more}"))
    try:
        return _opened(file, prepare), aside
    except sqlite3.DatabaseError as error:
        raise unwritable(file, str(error)) from error


def _opened(file, prepare):
    database = sqlite3.connect(file, timeout=PATIENCE, check_same_thread=False)
    try:
        (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            error = sqlite3.DatabaseError(found)
            error.sqlite_errorcode = sqlite3.SQLITE_CORRUPT
            raise error
        with database:
            prepare(database)
    except BaseException:
        database.close()
        raise
    return database


def _locked(file):
    # An open exclusive transaction is a lock that every system lets go of when the process ends.
    lock = sqlite3.connect(file, timeout=0.2, check_same_thread=False, isolation_level=None)
    try:
        lock.execute("BEGIN EXCLUSIVE")
    except BaseException:
        lock.close()
        raise
    return lock


def _can_lock(home):
    """Whether files of this folder can be locked at all; SQLite calls a system without locks busy."""
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    trial = home / ".lock-trial"
    try:
        with trial.open("wb") as file:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno in (errno.EACCES, errno.EAGAIN)  # somebody tries at this moment too
    finally:
        with contextlib.suppress(OSError):
            trial.unlink()
    return True


def _code(error):
    """SQLite's primary result code; the errors of the module itself have none."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
