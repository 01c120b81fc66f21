"""Rows of the list of jobs, read as jobs: what is damaged in one is left empty, and said."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from lit.errors import Phrase
from lit.settings import GenerationSettings, from_record
from lit.studio.work.orders import Order

ACTIVE = ("queued", "running")
STATES = (*ACTIVE, "done", "stopped", "failed", "interrupted")


@dataclass(frozen=True)
class Job:
    """One row of the list. record: its settings as they are stored, with what else was asked for, as JSON.

    files: absolute paths.  worker: who draws it, or drew it last.

    memory: bytes that the program had at most while it was drawn, None where that is not known.
    damage: what cannot be read of the row, in words; then it counts as failed.
    """

    number: int
    id: str
    visitor: str
    state: str
    record: str
    step: int
    steps: int
    files: tuple[Path, ...]
    message: str
    created: float
    started: float | None
    finished: float | None
    memory: int | None = None
    worker: str | None = None
    damage: str = ""

    @property
    def settings(self) -> GenerationSettings:
        """What is drawn. Raises InputError for what this version does not know, or cannot draw."""
        return _settings(self.record)

    @property
    def order(self) -> Order:
        """What was asked for beside them. Raises InputError for what this version does not know."""
        return _order(self.record)

    @property
    def active(self) -> bool:
        return self.state in ACTIVE


def read_job(row: Mapping, pictures: Path) -> Job:
    """A row as a job, by the columns' names. pictures: the folder that its files have to be in."""
    columns, wrong = dict(row), []

    def read(name, reader, otherwise):
        try:
            columns[name] = reader(columns[name])
        except (ValueError, TypeError, RecursionError):
            columns[name] = otherwise
            wrong.append(name)

    read("settings", _checked, "{}")
    read("files", lambda text: files_of(text, pictures), ())
    for name in ("step", "steps"):
        read(name, int, 0)
    for name in ("created", "started", "finished"):
        read(name, lambda value: None if value is None else float(value), None)
    read("memory", lambda value: None if value is None else int(value), None)
    if columns["state"] not in STATES:
        wrong.append("state")
    if columns["state"] == "done" and None in (columns["started"], columns["finished"]):
        wrong.append("times")
    columns["record"] = columns.pop("settings")
    for name in ("rank", "beat", "tries", "stopping"):  # what work/claims.py and the list's order need
        columns.pop(name, None)
    if wrong:
        damage = Phrase("This drawing's entry in the list is damaged ({names}).", names=", ".join(wrong))
        columns |= {"state": "failed", "damage": damage, "message": damage}
    return Job(**columns)


def files_of(text: str, pictures: Path) -> tuple[Path, ...]:
    """The paths of a row's files. Raises ValueError or TypeError for what is none, or leads out of the folder."""
    files = [Path(os.path.normpath(pictures / name)) for name in _parsed(text, list)]
    if not all(file.is_relative_to(pictures) for file in files):
        raise ValueError("a path that leads out of the folder of pictures")
    return tuple(files)


# Every page that follows a drawing has all that wait read several times a second.
@lru_cache(1024)
def _checked(text: str) -> str:
    _parsed(text, dict)
    return text


@lru_cache(1024)
def _settings(text: str) -> GenerationSettings:
    return from_record(json.loads(text))


@lru_cache(1024)
def _order(text: str) -> Order:
    return Order.of(json.loads(text))


def _parsed(text, kind):
    value = json.loads(text)
    if not isinstance(value, kind):
        raise ValueError(f"{kind.__name__} expected")
    return value
