"""Places for results."""

import pytest

from lit.__main__ import main
from lit.errors import InputError
from lit.paths import check_writable


def test_a_folder_is_made_and_left_empty(tmp_path):
    check_writable(tmp_path / "a" / "b", "--out")
    assert (tmp_path / "a" / "b").is_dir() and not list((tmp_path / "a" / "b").iterdir())


def test_what_is_no_folder_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match="--out: got .*written to"):
            check_writable(folder, "--out")


@pytest.mark.parametrize("command", ["train", "ship"])
def test_commands_read_a_tilde_as_the_home(command, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "taken").write_text("")
    more = ["--config", "autoencoder", "--data", "x"] if command == "train" else ["--transformer", "x"]
    assert main([command, "--out=~/taken", *more]) == 2
    assert not (tmp_path / "~").exists()
