"""A damaged list costs little: it is kept aside and said, and what it knew is found again where that can be."""

import contextlib
import errno
import random
import shutil
import sqlite3

import pytest
from library_rows import drawn
from sqlalchemy import select
from store_faults import from_outside

from lit.errors import LiTError
from lit.settings import GenerationSettings
from lit.studio.work import sqlite
from lit.studio.work.database import StoreError
from lit.studio.work.jobs import JobStore
from lit.studio.work.library import Library, Query, Shelf
from lit.studio.work.marks import Marks
from lit.studio.work.tables import JOBS

ALL = Shelf(None, "")
PAGE = 4096  # bytes of a page of SQLite's
PROMPTS = ("a blue fox", "an owl on a half-moon", "ein grüner Bär")


@pytest.fixture
def home(tmp_path):
    """A folder with drawings, marks on the first and a job that waits."""
    with contextlib.closing(JobStore(tmp_path / "home")) as store:
        Library(store).throw_away(ALL, [drawn(store, "a fox that goes")])  # so that numbers are no places in a row
        assert Library(store).empty(ALL) == 1
        names = [drawn(store, words, count=2, style="blob", seed=seed) for seed, words in enumerate(PROMPTS)]
        marks = Marks(Library(store))
        marks.favourite(ALL, names[:1], True)
        marks.tag(ALL, names[:1], "gifts", True)
        marks.put(ALL, names[:1], marks.board(ALL, "Party"), True)
        for number in range(40):  # so that there are pages of jobs alone
            store.add("ann", GenerationSettings(f"waits {number}"))
    return tmp_path / "home"


def described(store):
    """What is found in the library without regard to its order."""
    pictures = Library(store).page(ALL, Query()).pictures
    return sorted((one.name, one.file, one.prompt, one.style, one.seed) for one in pictures)


def marked(store):
    pictures = Library(store).page(ALL, Query()).pictures
    return {
        one.name: (one.favourite, one.tags, one.boards) for one in pictures if one.favourite or one.tags or one.boards
    }


def overwrite(file, page: int, seed: int = 0):
    data = bytearray(file.read_bytes())
    data[page * PAGE : (page + 1) * PAGE] = random.Random(seed).randbytes(PAGE)
    file.write_bytes(data)


@pytest.mark.parametrize(
    "damage",
    [
        lambda file: file.write_bytes(b"no database" * 1000),
        lambda file: file.write_bytes(file.read_bytes()[: 5 * PAGE + 100]),
        lambda file: overwrite(file, 0),
        lambda file: file.unlink(),
    ],
    ids=["garbage", "cut", "head", "gone"],
)
def test_pictures_are_found_by_their_own_files_with_all_that_these_say(home, damage):
    with contextlib.closing(JobStore(home)) as store:
        before = described(store)
    damage(home / "jobs.sqlite")
    there = (home / "jobs.sqlite").read_bytes() if (home / "jobs.sqlite").exists() else None
    with contextlib.closing(JobStore(home)) as store:
        aside = list(home.glob("jobs-damaged-*.sqlite"))
        assert [file.read_bytes() for file in aside] == [there] * (there is not None)
        assert all(file.name in store.notice and "6" in store.notice for file in aside)
        assert described(store) == before and len(store.recent(99).pictures) == 6
        newest_first = [one.prompt for one in Library(store).page(ALL, Query()).pictures]
        assert newest_first == [words for words in reversed(PROMPTS) for _ in range(2)]
        assert {one.prompt for one in Library(store).page(ALL, Query(words="moon")).pictures} == {PROMPTS[1]}
        job = store.get(before[0][0].split("/")[0])
        assert job.state == "done" and job.settings.prompt in PROMPTS and job.settings.num_images_per_prompt == 2
        assert drawn(store, "a late bird", finish=True)
    with contextlib.closing(JobStore(home)) as store:
        assert store.notice == "" and len(described(store)) == 7


def test_whatever_page_is_overwritten_the_pictures_stay_and_no_mark_comes_to_another(home, tmp_path):
    with contextlib.closing(JobStore(home)) as store:
        before, marks, waiting = described(store), marked(store), {job.id for job in store.active()}
    pages = (home / "jobs.sqlite").stat().st_size // PAGE
    kept_marks = kept_jobs = seen = 0
    for page in range(pages):
        copy = tmp_path / f"{page}"
        shutil.copytree(home, copy)
        overwrite(copy / "jobs.sqlite", page, page)
        with contextlib.closing(JobStore(copy)) as store:
            assert len(described(store)) == len(before)
            found = [(name, *rest) for name, _, *rest in described(store)]
            assert found == [(name, *rest) for name, _, *rest in before]
            assert all(marks[name][0] >= said[0] and set(said[1]) <= {"gifts"} for name, said in marked(store).items())
            active = {job.id for job in store.active()}
            assert active <= waiting
            kept_marks, kept_jobs = kept_marks + (marked(store) == marks), kept_jobs + len(active)
            seen += store.notice != ""
            job = store.add("bob", GenerationSettings("after all"))
            assert store.get(job.id).state == "queued"
        shutil.rmtree(copy)
    assert seen > pages / 3 and kept_marks > pages / 2 and kept_jobs > len(waiting) * pages / 2


def test_damage_that_shows_while_the_studio_runs_costs_one_answer(home):
    with contextlib.closing(JobStore(home)) as store:
        before, running = described(store), store.take_next()
        with from_outside(store) as database:
            (page,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = 'jobs'").fetchone()
            database.execute("UPDATE jobs SET rank = number")  # so that the studio reads the file again
        overwrite(home / "jobs.sqlite", page - 1)
        with pytest.raises(StoreError, match="malformed"):
            store.database.rows(select(JOBS))
        assert described(store) == before and "damaged" in store.notice
        assert store.add("bob", GenerationSettings("after all"))
        store.finish(running.id, "done")  # whether its row could be read or not


def test_a_list_that_another_program_holds_is_waited_for_and_nothing_is_lost(home, monkeypatch):
    monkeypatch.setattr(sqlite, "PATIENCE", 0.02)
    with contextlib.closing(JobStore(home)) as store:
        job = store.take_next()
        with contextlib.closing(sqlite3.connect(home / "jobs.sqlite", isolation_level=None)) as other:
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(StoreError, match="another program holds it"):
                store.add("bob", GenerationSettings("not yet"))
            store.advance(job.id, 3, 4)
            store.finish(job.id, "done")
        assert store.add("bob", GenerationSettings("now"))
        assert (store.get(job.id).state, store.get(job.id).step) == ("done", 3)


def test_a_damaged_list_that_cannot_be_begun_anew_at_once_stays_where_it_is(home, monkeypatch):
    with contextlib.closing(JobStore(home)) as store:
        before = described(store)
    overwrite(home / "jobs.sqlite", 0)
    damaged = (home / "jobs.sqlite").read_bytes()

    def full_disk(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("lit.studio.work.rescue.find_pictures", full_disk)
        with pytest.raises(LiTError, match="LIT_HOME: .*No space left"):
            JobStore(home)
    assert (home / "jobs.sqlite").read_bytes() == damaged and not list(home.glob("jobs-damaged-*"))
    with contextlib.closing(JobStore(home)) as store:
        assert described(store) == before and list(home.glob("jobs-damaged-*"))
