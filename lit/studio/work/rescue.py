"""A new list of drawings made of what there is: of a damaged one what can be read, and of pictures on disk what their
files say.

So a damaged list costs little: prompts, settings and files come from the pictures; what waited, favourites, tags and
boards from the old list, as far as it can be read. A list that is new on a server begins with what a file had.
"""

import contextlib
import json
import logging
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Connection, Double, Table, delete, func, insert, select, text

from lit.errors import LiTError
from lit.settings import GenerationSettings, from_record, to_record
from lit.settings.chunks import read_texts
from lit.settings.png import TEXT_KEY
from lit.studio.work import index, search
from lit.studio.work.tables import BOARDS, JOBS, METADATA, ON_BOARDS, ON_PICTURES, PICTURES, TEXT, in_parts, insert_new

log = logging.getLogger(__name__)


def take_over(connection: Connection, file: Path):
    """Put into the new tables what can be read of a list in SQLite, damaged or not, inside the caller's transaction."""
    with _copy_of(file) as old:
        for table in METADATA.sorted_tables:
            for part in in_parts(_rows(old, table)):
                connection.execute(insert_new(connection, table), part)
    for number, prompt in connection.execute(select(PICTURES.c.number, PICTURES.c.prompt)).fetchall():
        search.add(connection, number, prompt)
    # Marks on a picture that is lost would come to be another's.
    for table in ON_PICTURES:
        connection.execute(delete(table).where(table.c.picture.not_in(select(PICTURES.c.number))))
    connection.execute(delete(ON_BOARDS).where(ON_BOARDS.c.board.not_in(select(BOARDS.c.id))))
    if connection.dialect.name == "postgresql":  # where numbers that were given do not count by themselves
        for column in (JOBS.c.number, PICTURES.c.number, BOARDS.c.id):
            name, most = column.table.name, func.coalesce(func.max(column), 0)
            sequence = func.pg_get_serial_sequence(name, column.name)
            connection.execute(select(func.setval(sequence, most + 1, text("false"))))


def find_pictures(connection: Connection, pictures: Path):
    """Give the pictures on disk that no job has a job, inside the caller's transaction: one for each folder, in the
    order in which they were drawn. Whose they are is not known."""
    known = set(connection.execute(select(JOBS.c.id)).scalars())
    found = []
    for folder in pictures.iterdir() if pictures.is_dir() else ():
        if re.fullmatch("[0-9a-f]{32}", folder.name) and folder.name not in known:
            with contextlib.suppress(OSError):
                files = sorted(folder.glob("*.png"), key=lambda file: (file.stat().st_mtime_ns, file.name))
                found += [(files[0].stat().st_mtime, folder.name, files)] if files else []
    for created, job_id, files in sorted(found):
        # Where only the jobs are lost, marks are by the places that these pictures had.
        order = select(PICTURES.c.file, PICTURES.c.place).where(PICTURES.c.job == job_id)
        places = {pictures / file: place for file, place in connection.execute(order)}
        files.sort(key=lambda file: places.get(file, len(files)))
        values = {"id": job_id, "visitor": "", "state": "done", "settings": json.dumps(_record(files))}
        values["files"] = json.dumps([file.relative_to(pictures).as_posix() for file in files])
        values |= {"created": created, "started": created, "finished": created}
        connection.execute(insert(JOBS).values(values))
        index.add_pictures(connection, job_id, pictures)


def _record(files: list[Path]) -> dict:
    """The settings of a job with these pictures: those of the first that says any."""
    for file in files:
        with contextlib.suppress(LiTError, LookupError, AttributeError, ValueError, TypeError, RecursionError):
            settings = from_record(json.loads(read_texts(file)[TEXT_KEY]))
            return to_record(replace(settings, num_images_per_prompt=len(files)))
    return to_record(GenerationSettings("", num_images_per_prompt=len(files)))


@contextlib.contextmanager
def _copy_of(file: Path) -> Iterator[sqlite3.Connection]:
    """A list that may be changed in reading: where its last transaction was cut, SQLite takes that back first."""
    with tempfile.TemporaryDirectory() as folder:
        for more in ("", "-journal", "-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(f"{file}{more}", f"{folder}/{file.name}{more}")
        with contextlib.closing(sqlite3.connect(f"{folder}/{file.name}")) as old:
            old.row_factory = sqlite3.Row
            old.text_factory = lambda data: data.decode("utf-8", "replace")
            yield old


def _rows(old: sqlite3.Connection, table: Table) -> list[dict]:
    """What can be read of a table: from its beginning until something is damaged, and from its end."""
    keys = [column.name for column in table.primary_key]
    found: dict[tuple, dict] = {}
    for way in ("ASC", "DESC"):
        order = ", ".join(f"{key} {way}" for key in keys)
        try:
            for row in old.execute(f"SELECT * FROM {table.name} NOT INDEXED ORDER BY {order}"):
                values = {name: row[name] for name in row.keys() if name in table.columns}  # noqa: SIM118 (sqlite3's)
                if _fits(values, table):
                    found.setdefault(tuple(values[key] for key in keys), values)
            break
        except sqlite3.DatabaseError as error:
            log.warning("%s: %s", table.name, error)
    return [found[key] for key in sorted(found)]


def _fits(row: dict, table: Table) -> bool:
    """Whether a row's values are of the columns' kinds; in a damaged page others may stand."""
    return all(
        table.columns[name].nullable if value is None else isinstance(value, _kinds(table.columns[name].type))
        for name, value in row.items()
    )


def _kinds(kind):
    return (str,) if kind is TEXT else (int, float) if isinstance(kind, Double) else (int,)
