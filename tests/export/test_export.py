"""An export is there whole or not at all, beside whatever was there before."""

import errno
import io
import os
import zipfile
from collections.abc import Sequence
from dataclasses import replace

import pytest

from lit.errors import InputError
from lit.export import TARGETS, Options, Sticker, add_to_zip, export, pack


def contents(folder) -> dict:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_what_is_there_stays_and_the_new_one_is_counted_up(drawn, tmp_path):
    (tmp_path / "slack").mkdir()
    (tmp_path / "slack-2").write_text("a file")
    folders = [export(drawn(1), "slack", tmp_path / "." if i else str(tmp_path)).folder.name for i in range(2)]
    assert folders == ["slack-3", "slack-4"]
    assert list((tmp_path / "slack").iterdir()) == [] and (tmp_path / "slack-2").read_text() == "a file"


def test_the_same_pictures_give_the_same_bytes(drawn, tmp_path):
    for name in ("one", "two"):
        export(drawn(3), "whatsapp", tmp_path / name)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


@pytest.mark.parametrize("after", [0, 2])
def test_a_full_disk_leaves_nothing_half_and_what_was_done_stays(drawn, tmp_path, monkeypatch, after):
    export(drawn(1), "slack", tmp_path)
    before = contents(tmp_path)
    synced = []

    def full(file):
        synced.append(file)
        if len(synced) > after:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(InputError, match=r"^folder: .*a folder that can be written \(No space left on device\)"):
        export(drawn(3), "whatsapp", tmp_path)
    assert contents(tmp_path) == before and os.listdir(tmp_path) == ["slack"]


def test_a_file_in_the_folders_place_is_said(drawn, tmp_path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(InputError, match="^folder: got .*out'; a folder that can be written"):
        export(drawn(1), "slack", tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_an_unknown_target_is_refused_with_those_there_are(drawn, tmp_path):
    with pytest.raises(InputError, match="^target: got 'whatsap'; one of whatsapp, telegram, .*sheet-letter$"):
        export(drawn(1), "whatsap", tmp_path)


def test_nothing_is_no_pack(tmp_path):
    with pytest.raises(InputError, match="^pictures: got 0"):
        export([], "slack", tmp_path)


def test_one_that_cannot_be_is_said_and_the_others_are_there(drawn, noise, tmp_path):
    wild = Sticker.brought([noise.rotate(15 * i) for i in range(20)], "wild noise", frame_ms=200)
    report = export([*drawn(1), wild], "signal", tmp_path)
    assert [picture.name for picture in report.pictures] == ["blue-dragon.webp"]
    assert report.refused == ("wild noise: a round takes 4 s; at most 3 s are taken",)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"loop": "jump"}, "^loop: "),
        ({"border": -1}, "^border: "),
        ({"border": 999}, "^border: "),
        ({"matte": "reddish"}, "^matte: "),
        ({"title": " "}, "^title: "),
        ({"author": "x" * 129}, "^author: "),
        ({"title": "half \ud83d"}, "^title: "),
    ],
)
def test_options_that_do_not_fit_are_refused_in_words(wrong, words):
    with pytest.raises(InputError, match=words):
        Options(**wrong)


def test_every_target_says_what_it_takes():
    assert TARGETS["whatsapp"].limits == (
        "WebP 512 x 512, up to 100 KB; animated WebP 512 x 512, up to 500 KB, up to 10 s; 3 to 30 a pack"
    )
    assert all(target.limits and target.label for target in TARGETS.values())


def test_progress_ends_at_the_number_of_pictures(drawn, tmp_path):
    for target, count in (("slack", 5), ("sheet-a4", 5), ("favicon", 1)):
        told = []
        export(drawn(count), target, tmp_path, on_progress=lambda *now, told=told: told.append(now))
        assert told == sorted(told) and told[-1] == (count, count)


class Counted(Sequence):
    """A still that tells `looked` whenever it is looked at."""

    def __init__(self, image, looked):
        self.image, self.looked = image, looked

    def __len__(self):
        return 1

    def __getitem__(self, index):
        self.looked.append(self)
        return [self.image][index]


@pytest.mark.parametrize(("target", "count"), [("slack", 60), ("sheet-a4", 3)])
def test_what_progress_raises_ends_it_and_what_waits_is_not_begun(drawn, shape, tmp_path, target, count):
    class Ended(Exception):
        pass

    def end(done, total):
        raise Ended

    looked = []
    stickers = [replace(sticker, frames=Counted(shape, looked)) for sticker in drawn(count)]
    with pytest.raises(Ended):
        export(stickers, target, tmp_path / "ended", on_progress=end)
    assert len(looked) < count and not (tmp_path / "ended").exists()


def test_a_pack_in_memory_is_the_folder_and_its_zip(drawn, tmp_path):
    report, packed, data = export(drawn(3), "whatsapp", tmp_path), pack(drawn(3), "whatsapp"), io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        add_to_zip(archive, packed.files)
    assert data.getvalue() == report.archive.read_bytes()
    assert {report.folder / name: content for name, content in packed.files.items()} == {
        file: file.read_bytes() for file in report.folder.iterdir() if file != report.archive
    }
    assert (packed.pictures, packed.notes, packed.refused) == (report.pictures, report.notes, report.refused)


@pytest.mark.parametrize(
    ("target", "count", "alone"),
    [("slack", 1, "blue-dragon.png"), ("slack", 2, None), ("signal", 1, None), ("favicon", 1, None)],
)
def test_a_picture_for_a_place_without_packs_comes_down_to_a_file(drawn, target, count, alone):
    assert pack(drawn(count), target).alone == alone
