"""The studio's data folder: made, and claimed for one studio."""

import contextlib
import errno
import sqlite3
from pathlib import Path

from lit.errors import LiTError
from lit.studio.work.pictures import reason


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
        found = code(error)
        if found == sqlite3.SQLITE_NOTADB:  # nobody holds it like that, and there is nothing in it
            with contextlib.suppress(OSError):
                file.unlink()
                return claim(home)
        if found == sqlite3.SQLITE_BUSY and _can_lock(home):
            raise LiTError(
                f"LIT_HOME: another studio already works in {home}; close it, or set LIT_HOME to another folder"
            ) from error
        if found in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PROTOCOL):
            raise LiTError(
                f"LIT_HOME: {home} is on a file system that does not lock files ({error}), as some network drives are;"
                " set LIT_HOME to a folder on a disk of this machine"
            ) from error
        raise unwritable(home, str(error)) from error


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


def code(error: sqlite3.Error) -> int:
    """SQLite's primary result code; the errors of the module itself have none."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
