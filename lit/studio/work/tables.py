"""The studio's tables, the same in SQLite and in PostgreSQL.

    jobs       one press of Generate each (work/jobs.py)
    pictures   one drawn picture each, as the library finds it (work/library.py)
    favourites, tags, boards, on_boards    what people put on pictures
    paused     visitors whose jobs wait until they go on (work/queue.py)

The words of the prompts stand beside them, in each database's own way (work/search.py).
"""

from collections.abc import Iterable

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Double,
    Index,
    Insert,
    Integer,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class _Plain(TypeDecorator):
    """Text as SQLite has it: compared by code points, and only ASCII has capitals; without the one character that
    PostgreSQL cannot keep, which stands in no text that is looked for."""

    impl = Text(collation="C")
    cache_ok = True

    def process_bind_param(self, value, dialect):
        return value.replace("\0", "\N{REPLACEMENT CHARACTER}") if isinstance(value, str) else value


TEXT = Text().with_variant(_Plain(), "postgresql")
NUMBER = BigInteger().with_variant(Integer, "sqlite")  # there it is as large, and only so a row's own number

METADATA = MetaData()

JOBS = Table(
    "jobs",
    METADATA,
    Column("number", NUMBER, primary_key=True),  # order of arrival
    Column("id", TEXT, nullable=False, unique=True),  # random: also the capability to read the pictures
    Column("visitor", TEXT, nullable=False),  # who asked: only they may stop it
    Column("state", TEXT, nullable=False),
    Column("settings", TEXT, nullable=False),  # a JSON record of lit.settings.codec, with what work/orders.py adds
    Column("step", Integer, nullable=False, server_default="0"),  # denoising steps completed, over all pictures
    Column("steps", Integer, nullable=False, server_default="0"),  # of so many; 0 until drawing begins
    Column("files", TEXT, nullable=False, server_default="[]"),  # pictures, as paths inside the pictures folder
    Column("message", TEXT, nullable=False, server_default=""),
    Column("created", Double, nullable=False),  # seconds since 1970, like the next two
    Column("started", Double),
    Column("finished", Double),
    Column("memory", NUMBER),  # bytes of the program at most, while it was drawn
    Column("rank", NUMBER),  # its turn in the queue; NULL where that is its number
    Column("worker", TEXT),  # who draws it, or drew it last; NULL for nobody yet
    Column("beat", Double),  # that one's last sign of life, seconds since 1970
    Column("tries", Integer, nullable=False, server_default="0"),  # how often it was begun
    Column("stopping", Integer, nullable=False, server_default="0"),  # 1: its visitor wants it to end
    Index("jobs_by_state", "state", "number"),
    Index("jobs_of", "visitor", "number"),
    sqlite_autoincrement=True,
)
PICTURES = Table(
    "pictures",
    METADATA,
    Column("number", NUMBER, primary_key=True),  # order of arrival
    Column("job", TEXT, nullable=False),  # with the next one: which picture it is, for ever
    Column("place", Integer, nullable=False),  # among those of its job, from 0
    Column("file", TEXT, nullable=False),  # path inside the pictures folder
    Column("visitor", TEXT, nullable=False),
    Column("created", Double, nullable=False),  # seconds since 1970
    Column("prompt", TEXT, nullable=False),  # this and the next three as its file says
    Column("style", TEXT, nullable=False),  # '' for any
    Column("seed", NUMBER, nullable=False),
    Column("model", TEXT, nullable=False),  # the first ten digits of the weights' SHA-256, '' where unknown
    Column("trashed", Double),  # when it was thrown away; NULL for those in sight
    UniqueConstraint("job", "place"),
    Index("pictures_of", "visitor", "number"),
    Index("pictures_by_style", "style", "number"),
    Index("pictures_by_model", "model", "number"),
    sqlite_autoincrement=True,
)
# In PostgreSQL of all rows: who names its dialect here imports it, which takes a twentieth of a second.
Index("pictures_thrown_away", PICTURES.c.trashed, sqlite_where=PICTURES.c.trashed.is_not(None))

# owner: whose marks these are, see Shelf
FAVOURITES = Table(
    "favourites",
    METADATA,
    Column("owner", TEXT, primary_key=True),
    Column("picture", NUMBER, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)
TAGS = Table(
    "tags",
    METADATA,
    Column("owner", TEXT, primary_key=True),
    Column("tag", TEXT, primary_key=True),
    Column("picture", NUMBER, primary_key=True, autoincrement=False),
    Index("tags_of", "picture"),
    sqlite_with_rowid=False,
)
BOARDS = Table(
    "boards",
    METADATA,
    Column("id", NUMBER, primary_key=True),
    Column("owner", TEXT),
    Column("name", TEXT),
    UniqueConstraint("owner", "name"),
    sqlite_autoincrement=True,
)
ON_BOARDS = Table(
    "on_boards",
    METADATA,
    Column("board", NUMBER, primary_key=True, autoincrement=False),
    Column("picture", NUMBER, primary_key=True, autoincrement=False),
    Index("boards_of", "picture"),
    sqlite_with_rowid=False,
)
PAUSED = Table(
    "paused",
    METADATA,
    Column("visitor", TEXT, primary_key=True),
    Column("until", Double),  # when the pause ends by itself, seconds since 1970; NULL for never
    sqlite_with_rowid=False,
)

ON_PICTURES = (FAVOURITES, TAGS, ON_BOARDS)  # what goes with a picture


def insert_new(connection: Connection, table: Table) -> Insert:
    """An INSERT that passes over rows which are there."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert  # with the driver only, for it takes time
    else:
        from sqlalchemy.dialects.sqlite import insert
    return insert(table).on_conflict_do_nothing()


def in_parts(values: Iterable, size: int = 1000) -> list[list]:
    """Values by so many: a statement takes 32,766 at most."""
    values = list(values)
    return [values[start : start + size] for start in range(0, len(values), size)]
