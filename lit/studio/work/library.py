"""The library: all drawn pictures, found by words, style, model, marks and day; thrown away, brought back, gone.

A picture is named by its job's id and its place in it ("3f…/0"), which never changes and is never given again.
"""

import contextlib
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Text, and_, cast, delete, exists, func, select, true, update

from lit.errors import InputError, Phrase
from lit.studio.work import index, search
from lit.studio.work.jobs import JobStore
from lit.studio.work.rows import ACTIVE
from lit.studio.work.tables import BOARDS, FAVOURITES, JOBS, ON_BOARDS, PICTURES, TAGS, in_parts

PAGE = 120  # pictures at once, at most
KEPT = 30 * 86400  # seconds that a picture stays in the trash, unless somebody empties it
AT_ONCE = 20000  # pictures that one request may be about


@dataclass(frozen=True)
class Shelf:
    """Whose library is looked at.

    whose: the visitor whose pictures are seen, None for all there are: on a studio of one's own every device sees all.
    owner: whose favourites, tags and boards these are.
    """

    whose: str | None
    owner: str

    @classmethod
    def of(cls, visitor: str, public: bool) -> "Shelf":
        return cls(visitor, visitor) if public else cls(None, "")


@dataclass(frozen=True)
class Query:
    """Which pictures are wanted; None and "" for any. words: all of which begin a word of the prompt.

    model: the first digits of its weights' SHA-256, "" for all.  trash: those thrown away instead of the others.
    """

    words: str = ""
    style: str | None = None
    model: str = ""
    tag: str = ""
    board: int | None = None
    favourite: bool = False
    trash: bool = False


@dataclass(frozen=True)
class Found:
    """A picture of the library. name: "JOB/PLACE".  number: grows with time.  style: "" for any."""

    number: int
    name: str
    file: Path
    created: float
    prompt: str
    style: str
    seed: int
    model: str
    favourite: bool
    tags: tuple[str, ...]
    boards: tuple[int, ...]


@dataclass(frozen=True)
class Page:
    """pictures: newest first.  count: of all that fit.  before: where the next page begins, None at the end."""

    pictures: tuple[Found, ...]
    count: int
    before: int | None


class Library:
    """Questions to the list of pictures. Any thread may ask; all raise StoreError if the list cannot be had."""

    def __init__(self, store: JobStore):
        self.store, self.database = store, store.database

    def page(self, shelf: Shelf, query: Query, before: int | None = None, limit: int = PAGE) -> Page:
        """The pictures that fit, newest first, from number `before` on downwards."""
        fits = self._condition(shelf, query)
        count = self.database.rows(select(func.count()).select_from(PICTURES).where(fits))[0][0]
        found = _marked(shelf).where(fits).order_by(PICTURES.c.number.desc()).limit(limit + 1)
        rows = self.database.rows(found if before is None else found.where(PICTURES.c.number < before))
        pictures = tuple(map(self._found, rows[:limit]))
        return Page(pictures, count, pictures[-1].number if len(rows) > limit else None)

    def find(self, shelf: Shelf, names: Iterable[str]) -> list[Found]:
        """Those of the named pictures that are there and may be seen, thrown away or not, in the order of the names."""
        places: list[tuple[str, int]] = [place for name in names if (place := _place(name))]
        if len(places) > AT_ONCE:
            raise InputError("pictures", len(places), Phrase("at most {most} at once", most=AT_ONCE))
        found = {}
        for jobs in in_parts({job for job, _ in places}):
            rows = self.database.rows(_marked(shelf).where(_seen(shelf), PICTURES.c.job.in_(jobs)))
            found |= {(row.job, row.place): self._found(row) for row in rows}
        return [found[place] for place in places if place in found]

    def file(self, name: str) -> Path | None:
        """A picture's file. Who knows its job's id may see it."""
        if (place := _place(name)) is None:
            return None
        which = (PICTURES.c.job == place[0]) & (PICTURES.c.place == place[1])
        rows = self.database.rows(select(PICTURES.c.file).where(which))
        return self.store.pictures / rows[0].file if rows else None

    def choices(self, shelf: Shelf) -> dict[str, list]:
        """What there is to filter by: [value, how many] each, of the pictures in sight.

        styles, models, tags: the most common first.  boards: [id, name, how many] by name.  trash: how many are there.
        """
        here = (_seen(shelf), PICTURES.c.trashed.is_(None))
        many = func.count().label("many")

        def counted(column, query: Select) -> list[list]:
            return [
                list(row)
                for row in self.database.rows(query.where(*here).group_by(column).order_by(many.desc(), column))
            ]

        found = {}
        for column in (PICTURES.c.style, PICTURES.c.model):
            found[f"{column.name}s"] = counted(column, select(column, many).where(column != ""))
        tags = select(TAGS.c.tag, many).join(PICTURES, PICTURES.c.number == TAGS.c.picture)
        found["tags"] = counted(TAGS.c.tag, tags.where(TAGS.c.owner == shelf.owner))
        on_it = select(func.count()).select_from(ON_BOARDS).join(PICTURES, PICTURES.c.number == ON_BOARDS.c.picture)
        on_it = on_it.where(ON_BOARDS.c.board == BOARDS.c.id, *here).scalar_subquery()
        boards = select(BOARDS.c.id, BOARDS.c.name, on_it).where(BOARDS.c.owner == shelf.owner)
        found["boards"] = [list(row) for row in self.database.rows(boards.order_by(BOARDS.c.name))]
        trash = select(func.count()).select_from(PICTURES).where(_seen(shelf), PICTURES.c.trashed.is_not(None))
        found["trash"] = self.database.rows(trash)[0][0]
        return found

    # The trash

    def throw_away(self, shelf: Shelf, names: Iterable[str]) -> list[str]:
        """Put pictures into the trash; the names of those that were not there yet."""
        return self._trash(shelf, names, time.time())

    def bring_back(self, shelf: Shelf, names: Iterable[str]) -> list[str]:
        """Take pictures out of the trash, with all their marks; the names of those that were in it."""
        return self._trash(shelf, names, None)

    def _trash(self, shelf, names, since: float | None) -> list[str]:
        """since: from when on they lie there, None for no longer."""
        lies = PICTURES.c.trashed.is_(None) if since is not None else PICTURES.c.trashed.is_not(None)
        pictures = {one.number: one.name for one in self.find(shelf, names)}
        changed: set[int] = set()
        with self.database.writing() as connection:
            for part in in_parts(pictures):
                change = update(PICTURES).where(PICTURES.c.number.in_(part), lies).values(trashed=since)
                changed |= set(connection.execute(change.returning(PICTURES.c.number)).scalars())
        return [name for number, name in pictures.items() if number in changed]

    def empty(self, shelf: Shelf, names: Iterable[str] | None = None) -> int:
        """Take pictures of the trash, None for all, off the disk; how many. A drawing that goes on keeps its pictures
        until it has ended. Raises OSError if a file cannot be removed: its row stays, to be tried again."""
        wanted = None if names is None else set(names)
        rows = self._thrown_away(_seen(shelf))
        return self._remove(row for row in rows if wanted is None or f"{row.job}/{row.place}" in wanted)

    def sweep(self) -> int:
        """Take off the disk what has been in the trash for long; how many pictures."""
        return self._remove(self._thrown_away(PICTURES.c.trashed < time.time() - KEPT))

    def _thrown_away(self, which: ColumnElement[bool]):
        away = select(PICTURES).where(PICTURES.c.trashed.is_not(None), which)
        return self.database.rows(away.order_by(PICTURES.c.number))

    def _remove(self, rows: Iterable[Row[Any]]) -> int:
        count = 0
        for row in rows:
            job = self.store.get(row.job)
            if job is not None and job.state in ACTIVE:
                continue
            file = self.store.pictures / row.file
            for path in (file, thumbnail_of(self.store, f"{row.job}/{row.place}")):
                path.unlink(missing_ok=True)
            with self.database.writing() as connection:
                index.remove(connection, row.number)
                # With the last picture its job goes: the words are in it too.
                others = exists().where(PICTURES.c.job == JOBS.c.id)
                connection.execute(delete(JOBS).where(JOBS.c.id == row.job, ~others))
            with contextlib.suppress(OSError):  # other pictures are in it
                file.parent.rmdir()
            if job is not None:
                self.store.sources.forget(job)
            count += 1
        return count

    def _found(self, row) -> Found:
        return Found(
            number=row.number,
            name=f"{row.job}/{row.place}",
            file=self.store.pictures / row.file,
            created=row.created,
            prompt=row.prompt,
            style=row.style,
            seed=row.seed,
            model=row.model,
            favourite=bool(row.favourite),
            tags=tuple(sorted(row.tags.split("\n"))) if row.tags else (),
            boards=tuple(sorted(map(int, row.boards.split(",")))) if row.boards else (),
        )

    def _condition(self, shelf: Shelf, query: Query) -> ColumnElement[bool]:
        number = PICTURES.c.number
        parts = [PICTURES.c.trashed.is_not(None) if query.trash else PICTURES.c.trashed.is_(None), _seen(shelf)]
        if query.style is not None:
            parts.append(PICTURES.c.style == query.style)
        if query.model:
            parts.append(PICTURES.c.model == query.model)
        if query.favourite:
            parts.append(number.in_(select(FAVOURITES.c.picture).where(FAVOURITES.c.owner == shelf.owner)))
        if query.tag:
            tagged = select(TAGS.c.picture).where(TAGS.c.owner == shelf.owner, TAGS.c.tag == query.tag)
            parts.append(number.in_(tagged))
        if query.board is not None:
            on_it = select(ON_BOARDS.c.picture).join(BOARDS, BOARDS.c.id == ON_BOARDS.c.board)
            parts.append(number.in_(on_it.where(BOARDS.c.id == query.board, BOARDS.c.owner == shelf.owner)))
        return and_(*parts, *(search.containing(self.database.dialect, word) for word in query.words.split()))


def thumbnail_of(store: JobStore, name: str) -> Path:
    """Where the small version of a picture lies, once it has been made."""
    return store.home / "thumbnails" / f"{name}.webp"


def _seen(shelf: Shelf) -> ColumnElement[bool]:
    return true() if shelf.whose is None else PICTURES.c.visitor == shelf.whose


def _marked(shelf: Shelf) -> Select:
    """Pictures with what the shelf's owner has put on them."""
    number, owner = PICTURES.c.number, shelf.owner
    favourite = exists().where(FAVOURITES.c.owner == owner, FAVOURITES.c.picture == number)
    tags = select(func.aggregate_strings(TAGS.c.tag, "\n")).where(TAGS.c.picture == number, TAGS.c.owner == owner)
    boards = select(func.aggregate_strings(cast(ON_BOARDS.c.board, Text), ","))
    boards = boards.join(BOARDS, BOARDS.c.id == ON_BOARDS.c.board)
    boards = boards.where(ON_BOARDS.c.picture == number, BOARDS.c.owner == owner)
    return select(
        PICTURES,
        favourite.label("favourite"),
        tags.scalar_subquery().label("tags"),
        boards.scalar_subquery().label("boards"),
    )


def _place(name: object) -> tuple[str, int] | None:
    match = re.fullmatch(r"([0-9a-f]{1,64})/(\d{1,4})", name) if isinstance(name, str) else None
    return (match[1], int(match[2])) if match else None
