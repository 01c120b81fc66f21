"""The list of drawings on a server, for several studios: PostgreSQL, named by LIT_DATABASE."""

import importlib.util
import re
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from lit.errors import InputError
from lit.studio.work import schema
from lit.studio.work.database import FULL, HELD, UNREACHED, Database

NAME = "LIT_DATABASE"
EXPECTED = "postgresql://USER:PASSWORD@HOST/NAME, or nothing for a file in LIT_HOME"
# A server that does not answer is given up: when connecting after so many seconds, later after about as many.
CONNECTING = {
    "connect_timeout": "5",
    "keepalives_idle": "5",
    "keepalives_interval": "2",
    "keepalives_count": "3",
    "tcp_user_timeout": "10000",
    "application_name": "lit-studio",
}
PATIENCE = 5.0  # seconds to wait for a table that another program holds
CONNECTIONS = 16  # at most, of one studio
DISK_FULL, LOCK = "53100", "55P03"
OFF = ("08", "57P")  # the connection broke, the server goes down or is not up yet


def opened(url: str, prepare: Callable[[Connection], None]) -> Database:
    """The database after `prepare(connection)` in one transaction.

    url: as LIT_DATABASE says it. Raises InputError, which never shows the password.
    """
    address = _address(url)
    shown = _shown(address)
    if importlib.util.find_spec("psycopg") is None:
        raise InputError(NAME, shown, "a program with psycopg: pip install 'lit-studio[postgres]'")
    try:
        engine = create_engine(
            address,
            pool_size=4,
            max_overflow=CONNECTIONS - 4,
            pool_timeout=10,
            pool_pre_ping=True,  # after the server has been started anew
            connect_args={name: value for name, value in CONNECTING.items() if name not in address.query},
        )
    except ImportError as error:  # it is there, and its library of PostgreSQL's is not
        raise InputError(NAME, shown, "a whole psycopg: pip install 'lit-studio[postgres]'") from error
    except (SQLAlchemyError, ValueError, TypeError) as error:
        raise InputError(NAME, shown, EXPECTED) from error
    event.listen(engine, "connect", _patient)
    try:
        with engine.begin() as connection:
            prepare(connection)
    except DBAPIError as error:
        engine.dispose()
        raise InputError(NAME, shown, _remedy(error.orig)) from error
    except BaseException:
        engine.dispose()
        raise
    return Database(engine, explain, alone=False)


def check_folder(connection: Connection, home: Path, new: bool):
    """See that all studios of a database reach the same files: whoever made its tables leaves a mark for the others.
    Raises InputError."""
    mark = home / f".database-{schema.name_of_server(connection)}"
    if new:
        mark.touch()
    elif not mark.exists():
        raise InputError("LIT_HOME", str(home), f"the folder with the pictures of {NAME}, which all its studios share")


def explain(error: BaseException) -> str:
    """What went wrong, without the server's address and paths."""
    state = getattr(error, "sqlstate", None)
    if state == DISK_FULL:
        return FULL
    if state == LOCK:
        return HELD
    if state is None or state.startswith(OFF):
        return UNREACHED
    return error.diag.message_primary or type(error).__name__  # type: ignore[attr-defined]


def _patient(connection, record):
    """Wait for what another program holds, but not for ever. (No startup option: pgbouncer takes none.)"""
    connection.execute(f"SET lock_timeout = {1000 * PATIENCE:.0f}")
    connection.commit()


def _address(url: str) -> URL:
    try:
        address = make_url(url.strip())
    except (ArgumentError, ValueError) as error:  # what of it would be the password cannot be known
        raise InputError(NAME, "…", EXPECTED) from error
    if address.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise InputError(NAME, f"{address.drivername}://…", EXPECTED)
    return address.set(drivername="postgresql+psycopg")


def _shown(address: URL) -> str:
    return address.set(drivername="postgresql", query={}).render_as_string(hide_password=True)


def _remedy(error) -> str:
    """What would do, in one line. libpq says why in several, one for each address of the host that it tried."""
    state, said = getattr(error, "sqlstate", None) or "", " ".join(str(error).split())
    why = said.rsplit("failed: ", 1)[-1][:200]
    if state == "3D000" or re.search("database .* does not exist", said):
        return "a database that is there: createdb makes one"
    if state.startswith("28") or re.search("authentication|no password|role .* does not exist|pg_hba", said):
        return "a user and a password that the server takes"
    if state == "42501":
        return "a user who may make tables in it"
    if not state or state.startswith(OFF):
        return f"a server that answers ({why})"
    return f"a database that can be used ({why})"
