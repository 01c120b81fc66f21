"""The list of an older version opens with all that is in it, whatever happens on the way."""

import contextlib
import json
import sqlite3
import subprocess
import sys

import pytest
from PIL import Image

from lit.errors import LiTError
from lit.settings import GenerationSettings, to_png_info
from lit.studio.work import schema
from lit.studio.work.jobs import JobStore
from lit.studio.work.library import Library, Query, Shelf
from lit.studio.work.queue import Queue

# As LiT Studio 0.1.0 made it.
FIRST = """
CREATE TABLE jobs (
    number INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, visitor TEXT NOT NULL, state TEXT NOT NULL,
    settings TEXT NOT NULL, step INTEGER NOT NULL DEFAULT 0, steps INTEGER NOT NULL DEFAULT 0,
    files TEXT NOT NULL DEFAULT '[]', message TEXT NOT NULL DEFAULT '', created REAL NOT NULL, started REAL,
    finished REAL
);
CREATE INDEX jobs_by_state ON jobs (state, number);
"""
ALL = Shelf(None, "")
WORDS = ("a blue fox", "an owl", "three strawberries")


@pytest.fixture
def home(tmp_path):
    """The folder of version 0.1.0: three drawings with two pictures each, one that failed, one damaged row."""
    with contextlib.closing(sqlite3.connect(tmp_path / "jobs.sqlite")) as database:
        database.executescript(FIRST)
        for number, words in enumerate(WORDS):
            job, settings = f"{number:032x}", GenerationSettings(words, seed=number, style="blob")
            (tmp_path / "pictures" / job).mkdir(parents=True)
            files = [f"{job}/picture-{place}.png" for place in range(2)]
            for place, file in enumerate(files):
                info = to_png_info(settings.for_image(place), {"weights_sha256": "ab" * 32})
                Image.new("RGBA", (8, 8)).save(tmp_path / "pictures" / file, pnginfo=info)
            record = json.dumps({"prompt": words, "style": "blob", "seed": number})
            values = (job, "ann", "done", record, json.dumps(files), 5.0, 5.0, 6.0)
            _insert(database, values)
        _insert(database, ("f" * 32, "ann", "failed", "{}", "[]", 5.0, 5.0, 6.0))
        _insert(database, ("e" * 32, "ann", "done", "no JSON", '["../../x.png"]', 5.0, 5.0, 6.0))
        database.commit()
    return tmp_path


def _insert(database, values):
    columns = "id, visitor, state, settings, files, created, started, finished"
    database.execute(f"INSERT INTO jobs ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", values)


def version(home) -> int:
    with contextlib.closing(sqlite3.connect(home / "jobs.sqlite")) as database:
        return database.execute("PRAGMA user_version").fetchone()[0]


def check(home):
    """All that was in the older list is in this version's, and can be found."""
    with contextlib.closing(JobStore(home)) as store:
        found = Library(store).page(ALL, Query()).pictures
        assert [one.prompt for one in found] == [words for words in reversed(WORDS) for _ in range(2)]
        assert {(one.style, one.model, one.created) for one in found} == {("blob", "ababababab", 5.0)}
        assert [one.seed for one in found] == [3, 2, 2, 1, 1, 0]
        assert [one.prompt for one in Library(store).page(ALL, Query(words="straw")).pictures] == [WORDS[2]] * 2
        assert len(store.recent(99).pictures) == 6 and store.get("f" * 32).state == "failed"
        assert store.get("e" * 32).damage and store.notice == ""
    assert version(home) == schema.VERSION
    assert not schema.copy_of(home / "jobs.sqlite").exists()


def test_an_older_list_is_brought_to_this_version_with_all_that_is_in_it(home):
    check(home)
    check(home)


@pytest.mark.parametrize("at", range(0, len(schema.LIBRARY), 3))
def test_an_error_in_the_middle_leaves_the_older_list_as_it_was_and_the_next_start_goes_on(home, monkeypatch, at):
    broken = (*schema.LIBRARY[:at], "SELECT * FROM a_table_that_is_not_there", *schema.LIBRARY[at:])
    with monkeypatch.context() as patch:
        patch.setattr(schema, "VERSIONS", (schema.JOBS, broken))
        with pytest.raises(LiTError, match="cannot be written"):
            JobStore(home)
    assert version(home) == 0
    with contextlib.closing(sqlite3.connect(schema.copy_of(home / "jobs.sqlite"))) as copy:
        assert copy.execute("SELECT COUNT(*) FROM jobs").fetchone() == (5,)
    check(home)


KILLED = """
import os, sys
from lit.studio.work import index
from lit.studio.work.jobs import JobStore
read, files = index.read_texts, []
def dies(file):
    files.append(file)
    os._exit(9) if len(files) == 4 else None
    return read(file)
index.read_texts = dies
JobStore(sys.argv[1])
"""


def test_a_process_that_is_killed_in_the_middle_loses_nothing(home):
    assert subprocess.run([sys.executable, "-c", KILLED, str(home)]).returncode == 9
    assert schema.copy_of(home / "jobs.sqlite").exists()
    check(home)


def test_a_newer_list_is_refused_in_words_and_stays_as_it_is(home):
    with contextlib.closing(sqlite3.connect(home / "jobs.sqlite")) as database:
        database.execute(f"PRAGMA user_version = {schema.VERSION + 1}")
    before = (home / "jobs.sqlite").read_bytes()
    with pytest.raises(LiTError, match="newer LiT Studio .* nothing has been changed"):
        JobStore(home)
    assert (home / "jobs.sqlite").read_bytes() == before
    assert [file.name for file in home.glob("jobs*")] == ["jobs.sqlite"]


def test_what_an_older_version_has_added_meanwhile_is_found(home):
    check(home)
    job = "d" * 32
    (home / "pictures" / job).mkdir()
    Image.new("RGBA", (8, 8)).save(home / "pictures" / job / "late.png")
    with contextlib.closing(sqlite3.connect(home / "jobs.sqlite")) as database:
        _insert(database, (job, "bob", "done", '{"prompt": "a late bird"}', f'["{job}/late.png"]', 7.0, 7.0, 8.0))
        database.commit()
    with contextlib.closing(JobStore(home)) as store:
        (one,) = Library(store).page(ALL, Query(words="late")).pictures
        assert (one.name, one.model) == (f"{job}/0", "")


@pytest.fixture
def last_home(home):
    """The folder as version 1 of the list left it: the library's tables are there, and two drawings wait."""
    with contextlib.closing(sqlite3.connect(home / "jobs.sqlite")) as database:
        for statement in schema.LIBRARY:
            database.execute(statement)
        for number, job in enumerate(("1" * 32, "2" * 32)):
            record = json.dumps({"prompt": f"a fox, the {number}."})
            _insert(database, (job, "ann", "queued", record, "[]", 5.0, None, None))
        database.execute("PRAGMA user_version = 1")
        database.commit()
    return home


def test_what_waited_in_the_last_versions_list_waits_on_in_its_order(last_home):
    check(last_home)
    with contextlib.closing(JobStore(last_home)) as store:
        assert [job.id[0] for job in store.active()] == ["1", "2"]
        assert not Queue(store, False, lambda: None).paused("ann")
        assert [store.take_next().id[0] for _ in range(2)] == ["1", "2"]


@pytest.mark.parametrize("at", range(len(schema.QUEUE) + 1))
def test_an_error_on_the_way_from_the_last_version_leaves_it_as_it_was(last_home, monkeypatch, at):
    broken = (*schema.QUEUE[:at], "SELECT * FROM a_table_that_is_not_there", *schema.QUEUE[at:])
    with monkeypatch.context() as patch:
        patch.setattr(schema, "VERSIONS", (schema.JOBS, schema.LIBRARY, broken))
        with pytest.raises(LiTError, match="cannot be written"):
            JobStore(last_home)
    assert version(last_home) == 1
    check(last_home)
