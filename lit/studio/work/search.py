"""The words of the pictures' prompts, and how they are found: by FTS5 in SQLite, by a tsvector in PostgreSQL.

Both cut a text at all that is neither letter nor number, and forget capitals and what stands above Latin letters, as
FTS5's tokenizer unicode61 does; what is looked for is the beginning of a word. PostgreSQL's own cutter would keep
half-moon.png whole, so for it the words are cut here.
"""

import re
import unicodedata

from sqlalchemy import ColumnElement, Connection, func, literal, or_, text

from lit.studio.work.tables import PICTURES

# Scripts that write words without a space between: there a search is for any part of the text.
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

SQLITE = (
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
)
POSTGRES = (
    "CREATE TABLE words (picture BIGINT PRIMARY KEY REFERENCES pictures ON DELETE CASCADE, lexemes TSVECTOR NOT NULL)",
    "CREATE INDEX words_found ON words USING gin (lexemes)",
)
LONGEST = 200  # characters of a word that count; PostgreSQL keeps 2,046 bytes
MOST = 16_000  # words of a prompt that count; it keeps as many places


def add(connection: Connection, number: int, prompt: str):
    """Make a new picture be found by its prompt."""
    if connection.dialect.name == "postgresql":  # in SQLite a trigger does
        words = " ".join(f"'{word}':{place}" for place, word in enumerate(words_of(prompt)[:MOST], 1))
        statement = text("INSERT INTO words (picture, lexemes) VALUES (:number, CAST(:words AS tsvector))")
        connection.execute(statement, {"number": number, "words": words})


def containing(dialect: str, word: str) -> ColumnElement[bool]:
    """The condition that a prompt has a word which begins with this one; or, where a script has no spaces and for
    what is no letter (emoji), that it has it anywhere.

    dialect: of the database, "sqlite" or "postgresql".  word: any text without a space."""
    anywhere = (func.instr if dialect == "sqlite" else func.strpos)(
        func.lower(PICTURES.c.prompt), func.lower(literal(word, PICTURES.c.prompt.type))
    )
    lettered = any(letter.isalnum() for letter in word)
    if word.isascii() and lettered:
        return _beginning(dialect, word)
    if UNSPACED.search(word) or not lettered:
        return anywhere > 0
    return or_(_beginning(dialect, word), anywhere > 0)


def _beginning(dialect, word):
    if dialect == "sqlite":
        quoted = word.replace("\0", "").replace('"', '""')
        found = text("SELECT rowid FROM words WHERE words MATCH :asked").bindparams(asked=f'"{quoted}"*')
    else:
        asked = " <-> ".join(f"'{part}'" for part in words_of(word.replace("\0", "")))
        asked = f"{asked}:*" if asked else ""
        found = text("SELECT picture FROM words WHERE lexemes @@ CAST(:asked AS tsquery)").bindparams(asked=asked)
    return PICTURES.c.number.in_(found)


def words_of(prompt: str) -> list[str]:
    """As unicode61 with remove_diacritics 2 cuts and folds them."""
    folded = "".join(letter.lower() if letter.isascii() else _folded(letter) for letter in prompt)
    return [word[:LONGEST] for word in re.findall(r"[^\W_]+", folded)]


def _folded(letter):
    """Small, and without what stands above or below a Latin letter; the marks of other scripts are none of these."""
    if "\u0300" <= letter <= "\u036f":
        return ""
    small = letter.casefold() if len(letter.casefold()) == 1 else letter.lower()
    base = unicodedata.normalize("NFD", small)[0]
    return base if base.isascii() else small
