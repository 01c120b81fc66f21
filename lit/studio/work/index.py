"""Drawn pictures put where the library finds them: a row each, with what its file says of itself."""

import json
import sqlite3
from pathlib import Path
from typing import NamedTuple

from lit.errors import LiTError
from lit.settings import GenerationSettings, from_record
from lit.settings.chunks import read_texts
from lit.settings.png import TEXT_KEY
from lit.studio.work.rows import files_of

MODEL_DIGITS = 10  # of the weights' SHA-256


class Described(NamedTuple):
    """A picture's words. model: the first digits of its weights' SHA-256, "" where unknown."""

    prompt: str
    style: str
    seed: int
    model: str


def add_pictures(database: sqlite3.Connection, job_id: str, pictures: Path):
    """Give each of a job's files that are there a row, inside the caller's transaction. Those that have one keep it."""
    row = database.execute("SELECT id, visitor, created, settings, files FROM jobs WHERE id = ?", (job_id,)).fetchone()
    if row is not None:
        _add(database, row, pictures)


def add_all(database: sqlite3.Connection, pictures: Path):
    """The same for all jobs none of whose pictures has a row: of an older version, or written by one."""
    rows = database.execute(
        "SELECT id, visitor, created, settings, files FROM jobs"
        " WHERE files != '[]' AND id NOT IN (SELECT job FROM pictures) ORDER BY number"
    ).fetchall()
    for row in rows:
        _add(database, row, pictures)


def _add(database, row, pictures):
    job_id, visitor, created, record, names = row
    try:
        files, created = files_of(names, pictures), float(created)
    except (ValueError, TypeError, RecursionError):
        return  # the list of jobs says that this row is damaged
    for place, file in enumerate(files):
        if file.is_file():
            values = (job_id, place, file.relative_to(pictures).as_posix(), visitor, created)
            database.execute(
                "INSERT OR IGNORE INTO pictures (job, place, file, visitor, created, prompt, style, seed, model)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*values, *_described(file, record, place)),
            )


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
