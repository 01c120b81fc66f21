"""Exports beside the drawing: whole or not at all, one of a visitor at a time, and to be stopped."""

import errno
import io
import os
import zipfile

import pytest
from library_rows import drawn
from PIL import Image
from serving import wait_until

from lit.errors import LiTError
from lit.export import Options, export, read_sticker
from lit.studio.work.exports import Exports, Order, Words
from lit.studio.work.jobs import JobStore


@pytest.fixture
def store(tmp_path):
    store = JobStore(tmp_path / "home")
    yield store
    store.close()


@pytest.fixture
def exports(store):
    closing = []
    yield Exports(store.home, lambda: bool(closing))
    closing.append(True)


@pytest.fixture
def files(store):
    return [store.get(drawn(store, f"a {name}").split("/")[0]).files[0] for name in ("fox", "owl", "bear")]


def order(files, *targets, words=None, **options) -> Order:
    return Order([(file, words) for file in files], targets, Options(**options))


def finished(task):
    wait_until(lambda: task.ended)
    return task


def made(exports, order, visitor="ann"):
    task = finished(exports.begin(visitor, order))
    assert not task.error, task.error
    return task.result


def test_one_place_is_the_zip_of_the_command_line(exports, files, tmp_path):
    result = made(exports, order(files, "whatsapp", title="My pets"))
    report = export([read_sticker(file) for file in files], "whatsapp", tmp_path / "out", Options(title="My pets"))
    assert exports.ready(result["id"]).file.read_bytes() == report.archive.read_bytes()
    assert result["name"] == "my-pets-whatsapp.zip" and result["bytes"] == report.archive.stat().st_size
    assert result["refused"] == [] and "of 100 KB" in result["places"][0]["said"]


def test_several_places_have_a_folder_each_and_what_is_refused_is_said(exports, files):
    result = made(exports, order(files, "slack", "favicon", "line"))
    with zipfile.ZipFile(exports.ready(result["id"]).file) as archive:
        assert {name.partition("/")[0] for name in archive.namelist()} == {"slack", "line"}
        assert "slack/owl.png" in archive.namelist() and "line/01.png" in archive.namelist()
    assert result["refused"] == ["Favicon and app icons: One picture: the icons of a page are all of one."]
    assert "for a pack of LINE has 8" in result["places"][1]["notes"][0]


def test_one_picture_for_a_place_without_packs_is_one_file(exports, files):
    result = made(exports, order(files[:1], "slack"))
    ready = exports.ready(result["id"])
    assert ready.name == "fox.png" and Image.open(io.BytesIO(ready.file.read_bytes())).size == (128, 128)


def test_words_by_hand_are_in_the_pack(exports, files):
    words = Words("Tom", "A cat asleep", ("🐈",))
    result = made(exports, order(files, "whatsapp", words=words))
    with zipfile.ZipFile(exports.ready(result["id"]).file) as archive:
        assert "A cat asleep" in archive.read("contents.json").decode() and "tom-2.webp" in archive.namelist()


@pytest.mark.parametrize("after", [0, 200_000])
def test_a_full_disk_is_a_sentence_and_nothing_is_left(exports, files, monkeypatch, after):
    """Noticed when the file is put down, or in the middle of it."""
    if after:
        from lit.studio.work import exports as module

        def full(archive, *rest):
            archive.fp.write(bytes(after))
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(module, "add_to_zip", full)
    else:

        def no_room(file):
            raise OSError(errno.ENOSPC, "No space left on device")

        monkeypatch.setattr(os, "fsync", no_room)
    task = finished(exports.begin("ann", order(files, "signal", "slack")))
    assert task.error == ("The export cannot be written to the disk (No space left on device); nothing of it is left.")
    assert list(exports.folder.iterdir()) == []
    assert all(file.is_file() for file in files)


def test_stop_ends_it_and_nothing_is_left(exports, files):
    task = exports.begin("ann", order(files * 60, "signal", "whatsapp", loop="spin"))
    wait_until(lambda: task.of > 0)
    task.stop = True
    assert finished(task).result == {"stopped": True}
    assert list(exports.folder.iterdir()) == []
    assert made(exports, order(files[:1], "slack")), "and the next one may begin"


def test_a_visitor_has_one_at_a_time_and_the_file_of_the_newest(exports, files):
    first = exports.begin("ann", order(files, "signal"))
    with pytest.raises(LiTError, match="An export of yours is being made"):
        exports.begin("ann", order(files, "slack"))
    other = exports.begin("bob", order(files, "slack"))
    old, others = finished(first).result, finished(other).result
    new = made(exports, order(files, "slack"))
    assert exports.ready(old["id"]) is None
    assert {exports.ready(one["id"]).file for one in (new, others)} == set(exports.folder.iterdir())


def test_what_is_damaged_is_said_by_its_name_and_the_others_go_on(exports, files):
    files[0].write_bytes(b"\x89PNG\r\n\x1a\n")
    files[1].unlink()
    result = made(exports, order(files, "slack"))
    assert result["name"] == "bear.png"
    assert len(result["refused"]) == 2
    assert all("/" not in said for said in result["refused"]), "strangers may read it"
    task = finished(exports.begin("ann", order(files[:2], "slack")))
    assert "a-fox-0.png" in task.error and "a file that exists" in task.error


def test_what_no_place_takes_is_refused_before_any_work(exports, files):
    with pytest.raises(LiTError, match="takes still stickers; leave the loop out"):
        exports.begin("ann", order(files, "viber", "favicon", loop="bob"))


def test_what_a_former_studio_left_is_removed(store):
    left = store.home / ".exports" / "old"
    left.parent.mkdir()
    left.write_bytes(b"x")
    Exports(store.home, lambda: True)
    assert not left.exists()


def test_a_preview_has_the_bytes_of_the_export(exports, files):
    looks = exports.preview("ann", order(files[:1], "slack", border=20))
    result = made(exports, order(files[:1], "slack", border=20))
    assert looks.files["fox.png"] == exports.ready(result["id"]).file.read_bytes()
    with pytest.raises(LiTError, match="leave the loop out"):
        exports.preview("ann", order(files[:1], "viber", loop="bob"))
