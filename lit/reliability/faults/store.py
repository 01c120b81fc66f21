"""A list of jobs that somebody else holds, and one that is damaged."""

import contextlib
import random
import sqlite3
import time
from pathlib import Path

from lit.reliability.faults.bench import Bench, Broke, Fault, Visitor, started
from lit.reliability.tally import on_disk

HELD = 8.0  # seconds that another program holds the list: longer than the studio waits for it


def locked_list(bench: Bench) -> str:
    visitor = Visitor(bench)
    with started(bench) as studio:
        for _ in range(3):
            visitor.ask(studio, pictures=2)
        refused = 0
        with contextlib.closing(sqlite3.connect(_list(bench), timeout=30, isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            until = time.monotonic() + HELD
            while time.monotonic() < until:
                told = studio.post("drawings", visitor=visitor.name, values=bench.values()[0])
                if "error" not in told or "Traceback" in told["error"]:
                    raise Broke(f"asked while it was locked: {told}")
                refused += 1
                time.sleep(0.2)
            other.execute("ROLLBACK")
        visitor.ask(studio)
        return f"{refused} times refused in words; then {visitor.account(studio)}"


def damaged_list(bench: Bench) -> str:
    visitor = Visitor(bench)
    with started(bench) as studio:
        for _ in range(3):
            visitor.ask(studio, pictures=2)
        visitor.ended(studio)
        before = _library(studio, visitor)
    pictures = on_disk(bench.home)[0]
    file = _list(bench)
    data = bytearray(file.read_bytes())
    for more in ("-wal", "-shm", "-journal"):
        file.with_name(file.name + more).unlink(missing_ok=True)
    data[len(data) // 3 : len(data) // 2] = random.Random(0).randbytes(len(data) // 2 - len(data) // 3)
    file.write_bytes(bytes(data))
    with started(bench) as studio:
        said = studio.post("drawings/open", visitor=visitor.name)["said"]
        aside = list(bench.home.glob("jobs-damaged-*"))
        if not said or not aside:
            raise Broke(f"said {said!r}, kept aside {len(aside)}")
        if on_disk(bench.home)[0] != pictures:
            raise Broke("pictures are gone")
        again = Visitor(bench)
        again.ask(studio)
        again.ended(studio)
        after = _library(studio, visitor)
        if after < before + 1:
            raise Broke(f"the library shows {after} pictures of {before + 1}; said: {said}")
        return f"said: {said} All {after} pictures are in the library"


def _list(bench: Bench) -> Path:
    return bench.home / "jobs.sqlite"


def _library(studio, visitor) -> int:
    return studio.post("library/ask/page", visitor=visitor.name)["count"]


FAULTS = (
    Fault("locked list", "it is said while it lasts, and nothing is lost", locked_list),
    Fault("damaged list", "kept aside, said, begun anew; no picture is lost", damaged_list),
)
