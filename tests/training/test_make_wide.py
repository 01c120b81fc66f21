"""The wide model's pieces: the next one at each call, from what the last one left, and nothing a second time."""

import os
import shlex
import subprocess
from pathlib import Path

import pytest

from lit.training.toml import load_config

ROOT = Path(__file__).parents[2]
COMMANDS = ("train", "linearize", "distill")
WAYS = {"": ["teacher-wide", "student-wide", "flow-map-wide"], "lit": ["lit-wide", "flow-map-wide"]}  # by LIT
PIECES = {"": 9, "lit": 7}


def call(runs: Path, gpus: int, fails: str = "", lit: str = "") -> tuple[list[list[str]], int]:
    """What a call runs, in place of Python, and how it ends. fails: a word at which that is no success.  lit: whether
    a LiT of the stickers is named."""
    log, python, stickers = runs.parent / "log", runs.parent / "python", runs.parent / "lit-of-stickers"
    stickers.mkdir(exist_ok=True)
    python.write_text(f'#!/bin/sh\necho "$@" >> {log}\ncase "$*" in *{fails or "nothing-fails"}*) exit 3 ;; esac\n')
    python.chmod(0o755)
    log.write_text("")
    ended = subprocess.run(
        ["sh", "lit/training/make_wide.sh", str(runs), "stickers", "drawings"],
        cwd=ROOT, env=os.environ | {"PYTHON": str(python), "GPUS": str(gpus), "LIT": str(stickers) if lit else ""},
        capture_output=True,
    )  # fmt: skip
    return [shlex.split(line) for line in log.read_text().splitlines()], ended.returncode


@pytest.mark.parametrize("lit", WAYS)
@pytest.mark.parametrize("gpus", [1, 2])
def test_pieces_follow_one_another_and_are_what_the_commands_take(gpus, lit, tmp_path):
    runs = tmp_path / "runs"
    (runs / "model" / "transformer").mkdir(parents=True)  # in place of a copy of the weights
    seen, moves = [], []
    for _ in range(PIECES[lit]):
        ran, code = call(runs, gpus, lit=lit)
        assert code == 0 and ran[-1][:3] == ["-m", "lit", "ship"]
        for words in ran:
            command, *options = words[words.index("lit") + 1 :]
            if command in COMMANDS:
                seen.append(config := options[options.index("--config") + 1])
                load_config(config)
                if command == "distill":
                    moves.append(["--init" in options, "--init-teacher" in options])
                assert options[options.index("--data") + 1 :][:2] == ["stickers", "drawings"]
                assert (words[1] == "accelerate.commands.launch") == (gpus > 1 and "judge" not in " ".join(words))
    assert seen[: len(WAYS[lit])] == WAYS[lit] and len(seen) == PIECES[lit] + 1
    assert moves == [2 * [bool(lit)], 2 * [True], 2 * [True]]  # with a LiT of the stickers there is a flow map of it
    assert call(runs, gpus, lit=lit) == ([], 0)


def test_a_piece_that_fails_is_run_again(tmp_path):
    runs = tmp_path / "runs"
    (runs / "model" / "transformer").mkdir(parents=True)
    ran, code = call(runs, 1, fails="teacher-wide")
    assert code == 3 and len(ran) == 1 and not list((runs / "done").iterdir())
    assert call(runs, 1)[0][0] == ran[0]
