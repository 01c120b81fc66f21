"""python -m lit export: a folder a target, and one line where something is wrong."""

import errno
import os

import pytest
from every_setting import PROVENANCE
from PIL import Image, ImageDraw

from lit.__main__ import main
from lit.settings import GenerationSettings, to_png_info


@pytest.fixture
def pictures(tmp_path):
    files = []
    for seed, color in enumerate(("red", "gold", "teal")):
        image = Image.new("RGBA", (64, 64))
        ImageDraw.Draw(image).ellipse((8, 12, 55, 50), fill=color)
        files.append(tmp_path / f"{color}.png")
        settings = GenerationSettings(f"a {color} cat", seed=seed)
        image.save(files[-1], pnginfo=to_png_info(settings, PROVENANCE))
    return files


def export(*arguments) -> int:
    return main(["export", *map(str, arguments)])


def test_each_target_has_a_folder_of_its_name(pictures, tmp_path, capsys):
    out = tmp_path / "o"
    assert export(*pictures, "--to", "whatsapp, slack,discord-emoji,slack", "--out", out, "--title", "Cats") == 0
    assert sorted(os.listdir(out)) == ["discord-emoji", "slack", "whatsapp"]
    assert {"gold-cat.png", "pack.json", "LICENCE.txt", "slack.zip"} <= set(os.listdir(out / "slack"))
    printed = capsys.readouterr().out.splitlines()
    assert len(printed) == 3 + 1 + 1 + 3 + 1 + 3 + 1
    line = next(line for line in printed if "gold-cat.webp" in line)
    assert line.startswith(str(out / "whatsapp" / "gold-cat.webp")) and "512 x 512" in line and "of 100 KB" in line


def test_what_one_target_refuses_is_said_and_the_others_go_on(pictures, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("lit.export.platform.available", lambda: False)  # as where PyAV is not installed
    out = tmp_path / "o"
    assert export(*pictures, "--to", "favicon,telegram,slack", "--loop", "bob", "--out", out) == 2
    assert os.listdir(out) == ["slack"]
    assert capsys.readouterr().err.splitlines() == [
        "favicon: pictures: got 3; one picture: the icons of a page are all of one",
        "telegram: --loop: got 'bob'; none: WEBM video is written by PyAV, which is not here: "
        "pip install 'lit-studio[video]', or leave the loop out",
    ]


def test_files_that_are_no_pictures_are_said_each_and_nothing_is_written(pictures, tmp_path, capsys):
    (tmp_path / "a.png").write_bytes(b"\xff\xd8\xff")
    out = tmp_path / "o"
    assert export(pictures[0], tmp_path / "a.png", tmp_path / "b.png", "--to", "slack", "--out", out) == 2
    first, second = capsys.readouterr().err.splitlines()
    assert first == "picture: got 'a.png'; a PNG or WebP: inside, this is a JPEG"
    assert second.endswith("b.png'; a file that exists")
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--to", "slack,msn"], "--to: got 'msn'; one of whatsapp, telegram,"),
        (["--to", ","], "--to: got ''; one of whatsapp,"),
        (["--to", "slack", "--loop", "jump"], "--loop: got 'jump'; one of bob,"),
        (["--to", "slack", "--border", "99"], "--border: got 99; a whole number from 0 to 64"),
        (["--to", "slack", "--border", "x"], "--border: got 'x'; a whole number"),
        (["--to", "slack", "--matte", "reddish"], "--matte: got 'reddish'; a colour"),
        (["--to", "slack", "--out", "red.png"], "--out: got 'red.png'; a folder that can be written"),
    ],
)
def test_arguments_that_do_not_fit_are_one_line(pictures, tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    before = sorted(os.listdir())
    try:
        code = export("red.png", *arguments)
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(words)
    assert sorted(os.listdir()) == before


def test_a_full_disk_is_one_line_and_what_was_done_stays(pictures, tmp_path, monkeypatch, capsys):
    out, synced = tmp_path / "o", []

    def full(file):
        synced.append(file)
        if len(synced) > 8:
            raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    assert export(*pictures, "--to", "slack,whatsapp", "--out", out) == 2
    assert os.listdir(out) == ["slack"] and len(os.listdir(out / "slack")) == 6
    (line,) = capsys.readouterr().err.splitlines()
    assert line == f"whatsapp: --out: got '{out}'; a folder that can be written (No space left on device)"
