"""The tables of the studio's database, and the way from an older version of them to this one.

    jobs       one press of Generate each (work/jobs.py)
    pictures   one drawn picture each, as the library finds it (work/library.py)
    words      their prompts, for searching
    favourites, tags, boards, on_boards    what people put on pictures
    paused     visitors whose jobs wait until they go on (work/queue.py)

Each version is a list of statements that make it of the one before; version 0 is what LiT Studio 0.1 wrote.
"""

import contextlib
import os
import sqlite3
from pathlib import Path

from lit.errors import LiTError

JOBS = (
    """
CREATE TABLE IF NOT EXISTS jobs (
    number   INTEGER PRIMARY KEY AUTOINCREMENT,  -- order of arrival
    id       TEXT NOT NULL UNIQUE,               -- random: also the capability to read the pictures
    visitor  TEXT NOT NULL,                      -- who asked: only they may stop it
    state    TEXT NOT NULL,
    settings TEXT NOT NULL,                      -- a JSON record of lit.settings.codec, with what work/orders.py adds
    step     INTEGER NOT NULL DEFAULT 0,         -- denoising steps completed, over all pictures
    steps    INTEGER NOT NULL DEFAULT 0,         -- of so many; 0 until drawing begins
    files    TEXT NOT NULL DEFAULT '[]',         -- pictures, as paths inside the pictures folder
    message  TEXT NOT NULL DEFAULT '',
    created  REAL NOT NULL,                      -- seconds since 1970, like the next two
    started  REAL,
    finished REAL
)""",
    "CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, number)",
)
LIBRARY = (
    "ALTER TABLE jobs ADD COLUMN memory INTEGER",  # bytes of the program at most, while it was drawn
    """
CREATE TABLE pictures (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,  -- order of arrival
    job     TEXT NOT NULL,                      -- with the next one: which picture it is, for ever
    place   INTEGER NOT NULL,                   -- among those of its job, from 0
    file    TEXT NOT NULL,                      -- path inside the pictures folder
    visitor TEXT NOT NULL,
    created REAL NOT NULL,                      -- seconds since 1970
    prompt  TEXT NOT NULL,                      -- this and the next three as its file says
    style   TEXT NOT NULL,                      -- '' for any
    seed    INTEGER NOT NULL,
    model   TEXT NOT NULL,                      -- the first ten digits of the weights' SHA-256, '' where unknown
    trashed REAL,                               -- when it was thrown away; NULL for those in sight
    UNIQUE (job, place)
)""",
    "CREATE INDEX pictures_of ON pictures (visitor, number)",
    "CREATE INDEX pictures_by_style ON pictures (style, number)",
    "CREATE INDEX pictures_by_model ON pictures (model, number)",
    "CREATE INDEX pictures_thrown_away ON pictures (trashed) WHERE trashed IS NOT NULL",
    """
CREATE VIRTUAL TABLE words USING fts5(
    prompt, content='pictures', content_rowid='number', prefix='1 2 3', tokenize='unicode61 remove_diacritics 2'
)""",
    """
CREATE TRIGGER words_come AFTER INSERT ON pictures BEGIN
    INSERT INTO words (rowid, prompt) VALUES (new.number, new.prompt);
END""",
    """
CREATE TRIGGER words_go AFTER DELETE ON pictures BEGIN
    INSERT INTO words (words, rowid, prompt) VALUES ('delete', old.number, old.prompt);
    DELETE FROM favourites WHERE picture = old.number;
    DELETE FROM tags WHERE picture = old.number;
    DELETE FROM on_boards WHERE picture = old.number;
END""",
    # owner: whose marks these are, see Shelf
    "CREATE TABLE favourites (owner TEXT, picture INTEGER, PRIMARY KEY (owner, picture)) WITHOUT ROWID",
    "CREATE TABLE tags (owner TEXT, tag TEXT, picture INTEGER, PRIMARY KEY (owner, tag, picture)) WITHOUT ROWID",
    "CREATE TABLE boards (id INTEGER PRIMARY KEY AUTOINCREMENT, owner TEXT, name TEXT, UNIQUE (owner, name))",
    "CREATE TABLE on_boards (board INTEGER, picture INTEGER, PRIMARY KEY (board, picture)) WITHOUT ROWID",
    "CREATE INDEX tags_of ON tags (picture)",
    "CREATE INDEX boards_of ON on_boards (picture)",
)
QUEUE = (
    "ALTER TABLE jobs ADD COLUMN rank INTEGER",  # its turn in the queue; NULL where that is its number
    # until: when the pause ends by itself, seconds since 1970; NULL for never
    "CREATE TABLE paused (visitor TEXT PRIMARY KEY, until REAL) WITHOUT ROWID",
)
WORKERS = (
    "ALTER TABLE jobs ADD COLUMN worker TEXT",  # who draws it, or drew it last; NULL for nobody yet
    "ALTER TABLE jobs ADD COLUMN beat REAL",  # that one's last sign of life, seconds since 1970
    "ALTER TABLE jobs ADD COLUMN tries INTEGER NOT NULL DEFAULT 0",  # how often it was begun
    "ALTER TABLE jobs ADD COLUMN stopping INTEGER NOT NULL DEFAULT 0",  # 1: its visitor wants it to end
)
VERSIONS = (JOBS, LIBRARY, QUEUE, WORKERS)  # what makes version 0, and each next one
VERSION = len(VERSIONS) - 1


def copy_of(file: Path) -> Path:
    """Where the older version lies until the way to this one is done."""
    return file.with_name(f"{file.stem}-before-{VERSION}{file.suffix}")


def migrate(database: sqlite3.Connection, file: Path):
    """Bring the tables to this version, in a transaction that the caller ends: an error, or an end of the process, in
    the middle leaves the older version as it was. Before, the file is copied; `forget_copy` is for after the end.
    Raises LiTError for a newer version."""
    database.execute("BEGIN IMMEDIATE")  # else each statement that makes a table would be on its own
    (version,) = database.execute("PRAGMA user_version").fetchone()
    if version > VERSION:
        raise LiTError(
            f"LIT_HOME: {file} was written by a newer LiT Studio (version {version} of the list; this one reads up to"
            f" {VERSION}). Start that one, or set LIT_HOME to another folder; nothing has been changed"
        )
    empty = not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'jobs'").fetchone()
    if version == VERSION and not empty:
        return
    if not empty:
        _copy(file)
    for statements in VERSIONS if empty else VERSIONS[version + 1 :]:
        for statement in statements:
            database.execute(statement)
    database.execute(f"PRAGMA user_version = {VERSION}")


def forget_copy(file: Path):
    with contextlib.suppress(OSError):
        copy_of(file).unlink()


def _copy(file):
    """The file as it is, beside it: whole or not at all. Nobody else writes: the transaction holds it."""
    part = copy_of(file).with_suffix(".part")
    with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as old:
        part.unlink(missing_ok=True)
        with contextlib.closing(sqlite3.connect(part)) as new:
            old.backup(new)
    os.replace(part, copy_of(file))
