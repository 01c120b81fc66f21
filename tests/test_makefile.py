"""What `make` installs, seen by a stand-in for the environment's Python that writes down what it is asked."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LISTS = (
    "requirements.txt",
    "requirements-train.txt",
    "requirements-video.txt",
    "requirements-sweeps.txt",
    "requirements-postgres.txt",
    "requirements-dev.txt",
    "constraints.txt",
)

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="no make")


@pytest.fixture
def checkout(tmp_path):
    for name in ("Makefile", *LISTS):
        shutil.copy(ROOT / name, tmp_path)
    programs = tmp_path / ".venv/bin"
    programs.mkdir(parents=True)
    for name in ("python", "pip", "ruff", "basedpyright"):
        (programs / name).write_text(f'#!/bin/sh\necho {name} "$@" >>{tmp_path}/asked\n')
        (programs / name).chmod(0o755)
    return tmp_path


def asked(checkout: Path, target: str) -> list[str]:
    """The commands that a target ran."""
    (checkout / "asked").write_text("")
    # make would hand what the outer one was told on to this one.
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "PIP_ARGS", "ARGS")}
    subprocess.run(["make", target], cwd=checkout, env=environment, check=True, capture_output=True)
    return [command.strip() for command in (checkout / "asked").read_text().splitlines()]


def installs(commands: list[str]) -> list[str]:
    return [command for command in commands if "-m pip install" in command]


def test_make_installs_with_the_constraints_and_only_once(checkout):
    first = installs(asked(checkout, "test"))
    assert [command.split("-r ")[1] for command in first] == ["requirements.txt", "requirements-dev.txt"]
    assert all("-c constraints.txt" in command for command in first)
    assert not installs(asked(checkout, "test"))


@pytest.mark.parametrize("name", LISTS)
def test_make_installs_again_when_a_list_has_changed(checkout, name):
    asked(checkout, "test")
    with open(checkout / name, "a") as file:
        file.write("# a change\n")
    assert installs(asked(checkout, "test"))
    assert not installs(asked(checkout, "test"))


def test_make_looks_for_a_python_only_where_there_is_no_environment(checkout):
    missing = ["make", "run", "PYTHON=/nowhere/python"]
    subprocess.run(missing, cwd=checkout, check=True, capture_output=True)
    shutil.rmtree(checkout / ".venv")
    made = subprocess.run(missing, cwd=checkout, capture_output=True, text=True)
    assert made.returncode and "LiT Studio needs Python 3.11 or newer; '/nowhere/python' is" in made.stderr
    assert not (checkout / ".venv").exists()


def test_make_run_installs_nothing_for_tests(checkout):
    assert [command.split("-r ")[1] for command in installs(asked(checkout, "run"))] == ["requirements.txt"]


def test_quick_leaves_out_what_is_slow_and_the_browser_and_lint_asks_all_three(checkout):
    assert "not slow and not e2e" in asked(checkout, "quick")[-1]
    lint = [command for command in asked(checkout, "lint") if not command.startswith("python")]
    assert lint == ["ruff check .", "ruff format --check .", "basedpyright"]
