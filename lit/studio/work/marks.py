"""What people put on pictures of the library: favourites, tags, boards."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, func, select, update

from lit.errors import InputError, Phrase
from lit.studio.work.library import Library, Shelf
from lit.studio.work.tables import BOARDS as NAMED
from lit.studio.work.tables import FAVOURITES, ON_BOARDS, PICTURES, TAGS, in_parts, insert_new

LONGEST = 60  # characters of a tag's or a board's name
BOARDS = 200  # of one owner


class Marks:
    """Favourites, tags and boards. Each method changes all named pictures or none; raises StoreError and InputError.
    What is put on pictures or taken off them is answered with the names of those that it was not, or was on before."""

    def __init__(self, library: Library):
        self.library, self.database = library, library.database

    def favourite(self, shelf: Shelf, names: Iterable[str], on: bool) -> list[str]:
        return self._each(FAVOURITES, {"owner": shelf.owner}, shelf, names, on)

    def tag(self, shelf: Shelf, names: Iterable[str], tag: str, on: bool) -> list[str]:
        return self._each(TAGS, {"owner": shelf.owner, "tag": _name("tag", tag).lower()}, shelf, names, on)

    def board(self, shelf: Shelf, name: str) -> int:
        """A board of this name, made if there is none; its id."""
        name = _name("board", name)
        own = NAMED.c.owner == shelf.owner
        with self.database.writing() as connection:
            count = connection.execute(select(func.count()).select_from(NAMED).where(own)).scalar_one()
            if count >= BOARDS:
                raise InputError("boards", count, Phrase("at most {most} before one more", most=BOARDS - 1))
            connection.execute(insert_new(connection, NAMED).values(owner=shelf.owner, name=name))
            return connection.execute(select(NAMED.c.id).where(own, NAMED.c.name == name)).scalar_one()

    def rename_board(self, shelf: Shelf, board: int, name: str):
        name = _name("board", name)
        with self.database.writing() as connection:
            self._own(connection, shelf, board)
            other = (NAMED.c.owner == shelf.owner) & (NAMED.c.name == name) & (NAMED.c.id != board)
            if connection.execute(select(NAMED.c.id).where(other)).first():
                raise InputError("board", name, "a name that no other board has")
            connection.execute(update(NAMED).where(NAMED.c.id == board).values(name=name))

    def remove_board(self, shelf: Shelf, board: int) -> tuple[str, list[str]]:
        """Its pictures stay. Returns what it was called and the names of those that were on it."""
        on_it = select(PICTURES.c.job, PICTURES.c.place).join(ON_BOARDS, ON_BOARDS.c.picture == PICTURES.c.number)
        with self.database.writing() as connection:
            called = self._own(connection, shelf, board)
            found = connection.execute(on_it.where(ON_BOARDS.c.board == board).order_by(PICTURES.c.number))
            names = [f"{job}/{place}" for job, place in found]
            connection.execute(delete(ON_BOARDS).where(ON_BOARDS.c.board == board))
            connection.execute(delete(NAMED).where(NAMED.c.id == board))
            return called, names

    def put(self, shelf: Shelf, names: Iterable[str], board: int, on: bool) -> list[str]:
        """Put pictures on a board, or take them off."""
        with self.database.writing() as connection:
            self._own(connection, shelf, board)
        return self._each(ON_BOARDS, {"board": board}, shelf, names, on)

    def _each(self, table, values: dict, shelf, names, on: bool):
        """The rows of a table of marks that have these values: one for each picture, or none."""
        pictures = {one.number: one.name for one in self.library.find(shelf, names)}
        these = [table.c[name] == value for name, value in values.items()]
        with self.database.writing() as connection:
            marked = set(connection.execute(select(table.c.picture).where(*these)).scalars())
            changed = [number for number in pictures if (number in marked) is not on]
            if changed and on:
                connection.execute(insert_new(connection, table), [values | {"picture": number} for number in changed])
            for part in [] if on else in_parts(changed):
                connection.execute(delete(table).where(*these, table.c.picture.in_(part)))
        return [pictures[number] for number in changed]

    @staticmethod
    def _own(connection: Connection, shelf: Shelf, board: int) -> str:
        """What the board is called. Raises InputError where there is none of this id, or of another owner."""
        own = select(NAMED.c.name).where(NAMED.c.id == board, NAMED.c.owner == shelf.owner)
        if (called := connection.execute(own).scalar()) is None:
            raise InputError("board", board, "one that is still there")
        return called


def _name(kind: str, name: object) -> str:
    """The name without the spaces around it. Raises InputError."""
    short = " ".join(name.split()) if isinstance(name, str) else ""
    if not 0 < len(short) <= LONGEST or not short.isprintable():
        got = short if len(short) <= LONGEST else f"{short[:20]}… ({len(short)} characters)"
        raise InputError(kind, got, Phrase("a name of 1 to {most} characters", most=LONGEST))
    return short
