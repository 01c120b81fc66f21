"""A list on a server: named wrongly it is said in one line without the password; what it has is what a file has."""

import contextlib
import random
import socket
import sqlite3
import sys
import threading

import pytest
from library_rows import PROMPTS, drawn
from sqlalchemy import create_engine, inspect, text
from sqlalchemy.pool import NullPool

from lit.errors import InputError
from lit.settings import GenerationSettings
from lit.studio.work import postgres, schema, search
from lit.studio.work.database import StoreError
from lit.studio.work.jobs import JobStore
from lit.studio.work.library import Library, Query, Shelf
from lit.studio.work.marks import Marks
from lit.studio.work.tables import METADATA

ALL = Shelf(None, "")
SECRET = "s3cr3t"


def refused(home, url: str) -> str:
    with pytest.raises(InputError) as error:
        JobStore(home, url)
    said = str(error.value)
    assert said.startswith("LIT_DATABASE: ") and "\n" not in said and SECRET not in said
    return said


@pytest.mark.parametrize(
    "url",
    [
        f"mysql://lit:{SECRET}@localhost/lit",
        f"sqlite:///{SECRET}.sqlite",
        f"postgresql://lit:{SECRET}@localhost:{SECRET}/lit",
        SECRET,
        f"postgresql+asyncpg://lit:{SECRET}@localhost/lit",
    ],
)
def test_an_address_that_is_none_is_said_with_one_that_would_do(tmp_path, url):
    assert "postgresql://USER:PASSWORD@HOST/NAME" in refused(tmp_path, url)


def test_a_server_that_is_not_there_is_said_with_its_address(tmp_path):
    pytest.importorskip("psycopg")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    said = refused(tmp_path, f"postgresql://lit:{SECRET}@127.0.0.1:{port}/lit?password={SECRET}")
    assert f"postgresql://lit:***@127.0.0.1:{port}/lit" in said and "a server that answers" in said


def test_a_missing_driver_is_said_with_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert "pip install 'lit-studio[postgres]'" in refused(tmp_path, f"postgresql://lit:{SECRET}@localhost/lit")


def test_a_database_or_a_user_that_is_not_there_is_said(tmp_path, server):
    where = server.partition("?")[2]
    assert "createdb" in refused(tmp_path, f"postgresql://lit:{SECRET}@/nowhere?{where}")
    assert "a user and a password" in refused(tmp_path, f"postgresql://nobody:{SECRET}@/postgres?{where}")


def test_a_newer_database_and_another_studios_folder_are_refused_in_words(tmp_path, database):
    JobStore(tmp_path / "one", database).close()
    with pytest.raises(InputError, match="LIT_HOME: .* the folder with the pictures"):
        JobStore(tmp_path / "another", database)
    JobStore(tmp_path / "one", database).close()
    with engine(database).begin() as connection:
        connection.execute(text("UPDATE lit_version SET version = version + 1"))
    with pytest.raises(Exception, match="LIT_DATABASE: .* newer LiT Studio .* nothing has been changed"):
        JobStore(tmp_path / "one", database)


def engine(url):
    return create_engine(url.replace("://", "+psycopg://", 1), poolclass=NullPool)


def test_studios_that_start_at_once_make_the_tables_once(tmp_path, database):
    stores, errors = [], []

    def start():
        try:
            stores.append(JobStore(tmp_path, database))
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors and len(stores) == 4
    job = stores[0].add("ann", GenerationSettings("a fox"))
    assert {store.get(job.id).number for store in stores} == {1}
    for store in stores:
        store.close()


def test_a_server_that_goes_away_is_said_and_all_goes_on_when_it_is_back(tmp_path, database):
    with contextlib.closing(JobStore(tmp_path, database)) as store:
        job = store.add("ann", GenerationSettings("a fox"))
        store.take_next()
        with engine(database).connect() as other, other.begin():
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid != pg_backend_pid()"
            other.execute(text(f"{others} AND application_name = 'lit-studio'"))
        store.advance(job.id, 2, 4)
        assert store.get(job.id).step == 2  # by a new connection
        real, store.database.engine = store.database.engine, engine("postgresql://lit@127.0.0.1:1/lit")
        with pytest.raises(StoreError, match="its server does not answer"):
            store.add("ann", GenerationSettings("not yet"))
        store.advance(job.id, 3, 4)
        store.database.engine = real
        store.finish(job.id, "done")
        assert (store.get(job.id).state, store.get(job.id).step) == ("done", 3)


def test_tables_that_another_program_holds_are_waited_for(tmp_path, database, monkeypatch):
    with contextlib.closing(JobStore(tmp_path, database)) as store, engine(database).connect() as other:
        other.execute(text("LOCK TABLE jobs"))
        monkeypatch.setattr(postgres, "PATIENCE", 0.05)
        store.database.engine.dispose()  # so that the next connection knows of it
        with pytest.raises(StoreError, match="another program holds it"):
            store.add("ann", GenerationSettings("not yet"))
        other.rollback()
        assert store.add("ann", GenerationSettings("a fox")).state == "queued"


def test_words_are_cut_as_sqlite_cuts_them():
    lot = random.Random(0)
    others = [
        "İstanbul ıI",
        "ά Ώ ς Σ",
        "한국어",
        "ภาษาไทย",
        "שָׁלוֹם عَرَبِيّ",
        "a\u0301b",
        "ﬁ Ǆ",
        "x\u200dy",
        "don’t",
        "a²b ½ ① ß ẞ",
    ]
    texts = [*PROMPTS, *others]
    scripts = (range(0x20, 0x180), range(0x400, 0x460), range(0x5D0, 0x5EB))  # Latin, Cyrillic, Hebrew
    letters = [*"          ", *(chr(code) for script in scripts for code in script)]
    texts += ["".join(lot.choices(letters, k=40)) for _ in range(50)]
    with contextlib.closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE VIRTUAL TABLE w USING fts5(p, tokenize='unicode61 remove_diacritics 2')")
        database.execute("CREATE VIRTUAL TABLE v USING fts5vocab(w, 'instance')")
        for words in texts:
            database.execute("DELETE FROM w")
            database.execute("INSERT INTO w VALUES (?)", (words,))
            assert search.words_of(words) == [row[0] for row in database.execute("SELECT term FROM v ORDER BY offset")]


def test_a_new_database_takes_over_the_list_that_was_a_file(tmp_path, database):
    with contextlib.closing(JobStore(tmp_path)) as store:
        names = [drawn(store, words) for words in PROMPTS]
        marks = Marks(Library(store))
        marks.tag(ALL, names[:3], "gifts", True)
        marks.put(ALL, names[:2], marks.board(ALL, "Party"), True)
        waits = store.add("ann", GenerationSettings("waits"))
        before, choices = Library(store).page(ALL, Query()).pictures, Library(store).choices(ALL)
    with contextlib.closing(JobStore(tmp_path, database)) as store:
        assert Library(store).page(ALL, Query()).pictures == before and Library(store).choices(ALL) == choices
        assert [one.prompt for one in Library(store).page(ALL, Query(words="grün")).pictures] == ["ein grüner Bär"]
        assert [job.id for job in store.active()] == [waits.id]
        assert (late := store.add("ann", GenerationSettings("after it"))).number > waits.number
        assert store.withdraw(waits.id) and store.withdraw(late.id)
        assert Library(store).find(ALL, [drawn(store, "another")])[0].number > before[0].number
    with contextlib.closing(JobStore(tmp_path)) as store:  # the file stays as it was
        assert Library(store).page(ALL, Query()).pictures == before


def test_all_ways_to_this_versions_tables_lead_to_the_same(tmp_path, database):
    """Those of a new file, of one that has come from the first version, of a server, and as they are declared."""
    JobStore(tmp_path / "new").close()
    (tmp_path / "old").mkdir()
    with contextlib.closing(sqlite3.connect(tmp_path / "old/jobs.sqlite")) as old:
        for statement in schema.JOBS:
            old.execute(statement)
    JobStore(tmp_path / "old").close()
    JobStore(tmp_path / "server", database).close()
    files = [create_engine(f"sqlite:///{tmp_path / name}/jobs.sqlite") for name in ("new", "old")]
    new, old, server = map(shape, [*files, engine(database)])
    assert new == old == server and set(new) == set(METADATA.tables)


def shape(where) -> dict:
    """Tables with their columns, whether these may be empty, keys and indexes."""
    seen, found = inspect(where), {}
    for table in METADATA.tables:
        key = seen.get_pk_constraint(table)["constrained_columns"]
        # SQLite says of the columns of a key that they may be empty, and means it for a row's number alone.
        columns = {(one["name"], one["nullable"] and one["name"] not in key) for one in seen.get_columns(table)}
        unique = {tuple(one["column_names"]) for one in seen.get_unique_constraints(table)}
        names = {tuple(one["column_names"]) for one in seen.get_indexes(table)}
        found[table] = (columns, tuple(key), unique, names - unique)
    where.dispose()
    return found
