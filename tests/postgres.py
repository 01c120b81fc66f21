"""A PostgreSQL server for tests: Debian's package, on a socket in a folder of its own, gone with it."""

import contextlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

SETTINGS = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "shared_buffers=16MB", "listen_addresses=")


def programs() -> Path | None:
    """The folder of the newest server's programs that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda file: float(file.parts[4]))
    path = found[-1] if found else shutil.which("postgres")
    return Path(path).parent if path else None


@contextlib.contextmanager
def server() -> Iterator[str]:
    """A server until the block ends; the address of a database in it. Skips where there is none to be had."""
    pytest.importorskip("psycopg", reason="needs psycopg: pip install 'lit-studio[postgres]'")
    if (place := programs()) is None:
        pytest.skip("needs PostgreSQL: apt install postgresql")
    # The server refuses to run as root, and files of tests are root's own.
    as_nobody = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.geteuid() == 0 else {}
    with tempfile.TemporaryDirectory(prefix="pg-", ignore_cleanup_errors=True) as folder:
        if as_nobody:
            shutil.chown(folder, "nobody", "nogroup")
        data, said = f"{folder}/data", Path(folder, "log")
        quietly = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT, **as_nobody}
        make = [place / "initdb", "-D", data, "-N", "-A", "trust", "-U", "lit", "-E", "UTF8", "--locale=C"]
        subprocess.run(make, check=True, **quietly)
        options = [part for setting in SETTINGS for part in ("-c", setting)]
        with said.open("wb") as log:
            command = [place / "postgres", "-D", data, "-k", folder, *options]
            process = subprocess.Popen(command, **quietly | {"stdout": log})
            try:
                while subprocess.run([place / "pg_isready", "-h", folder], stdout=subprocess.DEVNULL).returncode:
                    assert process.poll() is None, said.read_text()
                    time.sleep(0.02)
                yield f"postgresql://lit@/postgres?host={folder}"
            finally:
                process.send_signal(2)  # "fast": whoever is connected is cut off
                process.wait(20)
