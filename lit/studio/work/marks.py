"""What people put on pictures of the library: favourites, tags, boards."""

import sqlite3
from collections.abc import Iterable

from lit.errors import InputError, Phrase
from lit.studio.work.library import Library, Shelf

LONGEST = 60  # characters of a tag's or a board's name
BOARDS = 200  # of one owner


class Marks:
    """Favourites, tags and boards. Each method changes all named pictures or none; raises StoreError and InputError.
    What is put on pictures or taken off them is answered with the names of those that it was not, or was on before."""

    def __init__(self, library: Library):
        self.library, self.database = library, library.database

    def favourite(self, shelf: Shelf, names: Iterable[str], on: bool) -> list[str]:
        said = "INSERT OR IGNORE INTO favourites (owner, picture) VALUES (?, ?)"
        unsaid = "DELETE FROM favourites WHERE owner = ? AND picture = ?"
        return self._each(said if on else unsaid, (shelf.owner,), shelf, names)

    def tag(self, shelf: Shelf, names: Iterable[str], tag: str, on: bool) -> list[str]:
        said = "INSERT OR IGNORE INTO tags (owner, tag, picture) VALUES (?, ?, ?)"
        unsaid = "DELETE FROM tags WHERE owner = ? AND tag = ? AND picture = ?"
        return self._each(said if on else unsaid, (shelf.owner, _name("tag", tag).lower()), shelf, names)

    def board(self, shelf: Shelf, name: str) -> int:
        """A board of this name, made if there is none; its id."""
        name = _name("board", name)
        with self.database.writing() as database:
            (count,) = database.execute("SELECT COUNT(*) FROM boards WHERE owner = ?", (shelf.owner,)).fetchone()
            if count >= BOARDS:
                raise InputError("boards", count, Phrase("at most {most} before one more", most=BOARDS - 1))
            database.execute("INSERT OR IGNORE INTO boards (owner, name) VALUES (?, ?)", (shelf.owner, name))
            query = "SELECT id FROM boards WHERE owner = ? AND name = ?"
            return database.execute(query, (shelf.owner, name)).fetchone()["id"]

    def rename_board(self, shelf: Shelf, board: int, name: str):
        name = _name("board", name)
        with self.database.writing() as database:
            self._own(database, shelf, board)
            query = "SELECT 1 FROM boards WHERE owner = ? AND name = ? AND id != ?"
            if database.execute(query, (shelf.owner, name, board)).fetchone():
                raise InputError("board", name, "a name that no other board has")
            database.execute("UPDATE boards SET name = ? WHERE id = ?", (name, board))

    def remove_board(self, shelf: Shelf, board: int) -> tuple[str, list[str]]:
        """Its pictures stay. Returns what it was called and the names of those that were on it."""
        with self.database.writing() as database:
            self._own(database, shelf, board)
            query = "SELECT job, place FROM pictures, on_boards WHERE picture = number AND board = ? ORDER BY number"
            names = [f"{row['job']}/{row['place']}" for row in database.execute(query, (board,))]
            (called,) = database.execute("SELECT name FROM boards WHERE id = ?", (board,)).fetchone()
            database.execute("DELETE FROM on_boards WHERE board = ?", (board,))
            database.execute("DELETE FROM boards WHERE id = ?", (board,))
            return called, names

    def put(self, shelf: Shelf, names: Iterable[str], board: int, on: bool) -> list[str]:
        """Put pictures on a board, or take them off."""
        with self.database.writing() as database:
            self._own(database, shelf, board)
        said = "INSERT OR IGNORE INTO on_boards (board, picture) VALUES (?, ?)"
        unsaid = "DELETE FROM on_boards WHERE board = ? AND picture = ?"
        return self._each(said if on else unsaid, (board,), shelf, names)

    def _each(self, statement, values, shelf, names):
        pictures = self.library.find(shelf, names)
        with self.database.writing() as database:
            return [one.name for one in pictures if database.execute(statement, (*values, one.number)).rowcount]

    @staticmethod
    def _own(database: sqlite3.Connection, shelf: Shelf, board: int):
        query = "SELECT 1 FROM boards WHERE id = ? AND owner = ?"
        if not database.execute(query, (board, shelf.owner)).fetchone():
            raise InputError("board", board, "one that is still there")


def _name(kind: str, name: object) -> str:
    """The name without the spaces around it. Raises InputError."""
    short = " ".join(name.split()) if isinstance(name, str) else ""
    if not 0 < len(short) <= LONGEST or not short.isprintable():
        got = short if len(short) <= LONGEST else f"{short[:20]}… ({len(short)} characters)"
        raise InputError(kind, got, Phrase("a name of 1 to {most} characters", most=LONGEST))
    return short
