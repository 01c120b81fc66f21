"""Drawn pictures put where the library finds them: a row each, with what its file says of itself."""

import json
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Connection, delete, select, update

from lit.errors import LiTError
from lit.settings import GenerationSettings, from_record
from lit.settings.chunks import read_texts
from lit.settings.png import TEXT_KEY
from lit.studio.work import search
from lit.studio.work.rows import files_of
from lit.studio.work.tables import JOBS, ON_PICTURES, PICTURES, insert_new

MODEL_DIGITS = 10  # of the weights' SHA-256


class Described(NamedTuple):
    """A picture's words. model: the first digits of its weights' SHA-256, "" where unknown."""

    prompt: str
    style: str
    seed: int
    model: str


_WANTED = select(JOBS.c.id, JOBS.c.visitor, JOBS.c.created, JOBS.c.settings, JOBS.c.files)


def add_pictures(connection: Connection, job_id: str, pictures: Path):
    """Give each of a job's files that are there a row, inside the caller's transaction. Those that have one keep it."""
    row = connection.execute(_WANTED.where(JOBS.c.id == job_id)).first()
    if row is not None:
        _add(connection, row, pictures)


def add_all(connection: Connection, pictures: Path):
    """The same for all jobs none of whose pictures has a row: of an older version, or written by one."""
    without = JOBS.c.id.not_in(select(PICTURES.c.job))
    for row in connection.execute(_WANTED.where(JOBS.c.files != "[]", without).order_by(JOBS.c.number)).fetchall():
        _add(connection, row, pictures)


def remove(connection: Connection, number: int):
    """Take a picture's row away, and what people have put on it, inside the caller's transaction."""
    for table in ON_PICTURES:
        connection.execute(delete(table).where(table.c.picture == number))
    connection.execute(delete(PICTURES).where(PICTURES.c.number == number))


def _add(connection, row, pictures):
    job_id, visitor, created, record, names = row
    try:
        files, created = files_of(names, pictures), float(created)
    except (ValueError, TypeError, RecursionError):
        return  # the list of jobs says that this row is damaged
    known = {there.place: there for there in connection.execute(select(PICTURES).where(PICTURES.c.job == job_id))}
    for place, file in enumerate(files):
        name = file.relative_to(pictures).as_posix()
        if not file.is_file():
            continue
        if (there := known.get(place)) is None:
            values = {"job": job_id, "place": place, "file": name, "visitor": visitor, "created": created}
            values |= _described(file, record, place)._asdict()
            new = insert_new(connection, PICTURES).values(values).returning(PICTURES.c.number)
            if (number := connection.execute(new).scalar()) is not None:
                search.add(connection, number, values["prompt"])
        elif there.file != name:  # drawn once more, by another worker: it is the same picture
            connection.execute(update(PICTURES).where(PICTURES.c.number == there.number).values(file=name))
            (pictures / there.file).unlink(missing_ok=True)


def _described(file, record, place) -> Described:
    """As the file says, else as its job does: a damaged one is found too."""
    for read in (lambda: _of_file(file), lambda: _of(from_record(json.loads(record)).for_image(place), {})):
        try:
            return read()
        except (LiTError, LookupError, AttributeError, ValueError, TypeError, RecursionError):
            continue
    return Described("", "", 0, "")


def _of_file(file):
    found = json.loads(read_texts(file)[TEXT_KEY])
    provenance = found.get("provenance")
    return _of(from_record(found), provenance if isinstance(provenance, dict) else {})


def _of(settings: GenerationSettings, provenance: dict) -> Described:
    settings = settings.resolved()
    weights = str(provenance.get("weights_sha256") or "")[:MODEL_DIGITS]
    return Described(settings.prompt, settings.style or "", settings.seed, weights)
