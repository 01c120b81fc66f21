"""The library: all drawn pictures, found by words, style, model, marks and day; thrown away, brought back, gone.

A picture is named by its job's id and its place in it ("3f…/0"), which never changes and is never given again.
"""

import contextlib
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lit.errors import InputError, Phrase
from lit.studio.work.jobs import JobStore
from lit.studio.work.rows import ACTIVE

PAGE = 120  # pictures at once, at most
KEPT = 30 * 86400  # seconds that a picture stays in the trash, unless somebody empties it
AT_ONCE = 20000  # pictures that one request may be about

# Scripts that write words without a space between: there a search is for any part of the text.
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


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
        condition, values = _condition(shelf, query)
        (count,) = self.database.rows(f"SELECT COUNT(*) FROM pictures p WHERE {condition}", values)[0]
        from_here = "" if before is None else " AND p.number < ?"
        rows = self.database.rows(
            f"SELECT p.*, {MARKS} FROM pictures p WHERE {condition}{from_here} ORDER BY p.number DESC LIMIT ?",
            [*[shelf.owner] * 3, *values, *([] if before is None else [before]), limit + 1],
        )
        pictures = tuple(map(self._found, rows[:limit]))
        return Page(pictures, count, pictures[-1].number if len(rows) > limit else None)

    def find(self, shelf: Shelf, names: Iterable[str]) -> list[Found]:
        """Those of the named pictures that are there and may be seen, thrown away or not, in the order of the names."""
        places: list[tuple[str, int]] = [place for name in names if (place := _place(name))]
        if len(places) > AT_ONCE:
            raise InputError("pictures", len(places), Phrase("at most {most} at once", most=AT_ONCE))
        seen, values = ("", []) if shelf.whose is None else (" AND p.visitor = ?", [shelf.whose])
        found = []
        for job, place in places:
            query = f"SELECT p.*, {MARKS} FROM pictures p WHERE p.job = ? AND p.place = ?{seen}"
            found += map(self._found, self.database.rows(query, [*[shelf.owner] * 3, job, place, *values]))
        return found

    def file(self, name: str) -> Path | None:
        """A picture's file. Who knows its job's id may see it."""
        place = _place(name)
        rows = self.database.rows("SELECT file FROM pictures WHERE job = ? AND place = ?", place) if place else []
        return self.store.pictures / rows[0]["file"] if rows else None

    def choices(self, shelf: Shelf) -> dict[str, list]:
        """What there is to filter by: [value, how many] each, of the pictures in sight.

        styles, models, tags: the most common first.  boards: [id, name, how many] by name.  trash: how many are there.
        """
        seen, values = ("1", []) if shelf.whose is None else ("p.visitor = ?", [shelf.whose])
        here = f"FROM pictures p WHERE {seen} AND p.trashed IS NULL"
        found = {}
        for column in ("style", "model"):
            query = f"SELECT p.{column}, COUNT(*) {here} AND p.{column} != '' GROUP BY 1 ORDER BY 2 DESC, 1"
            found[f"{column}s"] = [list(row) for row in self.database.rows(query, values)]
        tags = (
            f"SELECT t.tag, COUNT(*) FROM tags t JOIN pictures p ON p.number = t.picture WHERE t.owner = ? AND {seen}"
            " AND p.trashed IS NULL GROUP BY 1 ORDER BY 2 DESC, 1"
        )
        boards = (
            "SELECT b.id, b.name, (SELECT COUNT(*) FROM on_boards o JOIN pictures p ON p.number = o.picture"
            f" WHERE o.board = b.id AND {seen} AND p.trashed IS NULL) FROM boards b WHERE b.owner = ? ORDER BY b.name"
        )
        found["tags"] = [list(row) for row in self.database.rows(tags, [shelf.owner, *values])]
        found["boards"] = [list(row) for row in self.database.rows(boards, [*values, shelf.owner])]
        trash = f"SELECT COUNT(*) FROM pictures p WHERE {seen} AND p.trashed IS NOT NULL"
        found["trash"] = self.database.rows(trash, values)[0][0]
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
        change = "UPDATE pictures SET trashed = ? WHERE number = ? AND (trashed IS NULL) = ?"
        pictures = self.find(shelf, names)
        with self.database.writing() as database:
            changed = ((one.name, database.execute(change, (since, one.number, since is not None))) for one in pictures)
            return [name for name, found in changed if found.rowcount]

    def empty(self, shelf: Shelf, names: Iterable[str] | None = None) -> int:
        """Take pictures of the trash, None for all, off the disk; how many. A drawing that goes on keeps its pictures
        until it has ended. Raises OSError if a file cannot be removed: its row stays, to be tried again."""
        rows = self._thrown_away("1", []) if shelf.whose is None else self._thrown_away("visitor = ?", [shelf.whose])
        wanted = None if names is None else set(names)
        return self._remove(row for row in rows if wanted is None or f"{row['job']}/{row['place']}" in wanted)

    def sweep(self) -> int:
        """Take off the disk what has been in the trash for long; how many pictures."""
        return self._remove(self._thrown_away("trashed < ?", [time.time() - KEPT]))

    def _thrown_away(self, condition, values):
        return self.database.rows(f"SELECT * FROM pictures WHERE trashed IS NOT NULL AND {condition}", values)

    def _remove(self, rows) -> int:
        count = 0
        for row in rows:
            job = self.store.get(row["job"])
            if job is not None and job.state in ACTIVE:
                continue
            file = self.store.pictures / row["file"]
            for path in (file, thumbnail_of(self.store, f"{row['job']}/{row['place']}")):
                path.unlink(missing_ok=True)
            with self.database.writing() as database:
                # With the last picture its job goes: the words are in it too.
                database.execute("DELETE FROM pictures WHERE number = ? AND trashed IS NOT NULL", (row["number"],))
                database.execute(
                    "DELETE FROM jobs WHERE id = ? AND NOT EXISTS (SELECT 1 FROM pictures WHERE job = jobs.id)",
                    (row["job"],),
                )
            with contextlib.suppress(OSError):  # other pictures are in it
                file.parent.rmdir()
            if job is not None:
                self.store.sources.forget(job)
            count += 1
        return count

    def _found(self, row) -> Found:
        return Found(
            number=row["number"],
            name=f"{row['job']}/{row['place']}",
            file=self.store.pictures / row["file"],
            created=row["created"],
            prompt=row["prompt"],
            style=row["style"],
            seed=row["seed"],
            model=row["model"],
            favourite=bool(row["favourite"]),
            tags=tuple(sorted((row["tags"] or "").split("\n"))) if row["tags"] else (),
            boards=tuple(sorted(map(int, row["boards"].split(",")))) if row["boards"] else (),
        )


# What a person has put on a picture; three times their name.
MARKS = """
EXISTS (SELECT 1 FROM favourites f WHERE f.owner = ? AND f.picture = p.number) AS favourite,
(SELECT group_concat(t.tag, char(10)) FROM tags t WHERE t.picture = p.number AND t.owner = ?) AS tags,
(SELECT group_concat(o.board) FROM on_boards o JOIN boards b ON b.id = o.board
    WHERE o.picture = p.number AND b.owner = ?) AS boards"""


def thumbnail_of(store: JobStore, name: str) -> Path:
    """Where the small version of a picture lies, once it has been made."""
    return store.home / "thumbnails" / f"{name}.webp"


def _condition(shelf: Shelf, query: Query) -> tuple[str, list]:
    """The query as a condition on rows p, and its values."""
    parts: list[tuple[str, Sequence]] = [(f"p.trashed IS {'NOT ' if query.trash else ''}NULL", ())]
    if shelf.whose is not None:
        parts.append(("p.visitor = ?", (shelf.whose,)))
    if query.style is not None:
        parts.append(("p.style = ?", (query.style,)))
    if query.model:
        parts.append(("p.model = ?", (query.model,)))
    if query.favourite:
        parts.append(("p.number IN (SELECT picture FROM favourites WHERE owner = ?)", (shelf.owner,)))
    if query.tag:
        parts.append(("p.number IN (SELECT picture FROM tags WHERE owner = ? AND tag = ?)", (shelf.owner, query.tag)))
    if query.board is not None:
        on_it = "SELECT o.picture FROM on_boards o JOIN boards b ON b.id = o.board WHERE b.id = ? AND b.owner = ?"
        parts.append((f"p.number IN ({on_it})", (query.board, shelf.owner)))
    parts += map(_containing, query.words.split())
    return " AND ".join(part for part, _ in parts), [value for _, values in parts for value in values]


def _containing(word: str) -> tuple[str, Sequence]:
    """The condition that a prompt has a word which begins with this one; or, where a script has no spaces and for
    what is no letter (emoji), that it has it anywhere."""
    quoted = word.replace("\0", "").replace('"', '""')
    matching = "p.number IN (SELECT rowid FROM words WHERE words MATCH ?)"
    if word.isascii() and any(letter.isalnum() for letter in word):
        return matching, (f'"{quoted}"*',)
    anywhere = "instr(lower(p.prompt), lower(?)) > 0"
    if UNSPACED.search(word) or not any(letter.isalnum() for letter in word):
        return anywhere, (word,)
    return f"({matching} OR {anywhere})", (f'"{quoted}"*', word)


def _place(name: object) -> tuple[str, int] | None:
    match = re.fullmatch(r"([0-9a-f]{1,64})/(\d{1,4})", name) if isinstance(name, str) else None
    return (match[1], int(match[2])) if match else None
