"""The pages' scripts: their pure functions under node's own test runner, and that every module can be read."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import playwright
import pytest

HERE = Path(__file__).parent
STATIC = Path(__file__).parents[3] / "lit" / "studio" / "static"


@pytest.fixture(scope="module")
def node() -> str:
    """Node, as the browser tests' own package brings it, so that nothing more has to be installed."""
    path = shutil.which("node", path=Path(playwright.__file__).parent / "driver") or shutil.which("node")
    if path is None:
        reason = "no Node: install requirements-dev.txt again, whose playwright brings one"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    return path


def test_the_scripts_pure_functions(node):
    tests = sorted(str(file) for file in HERE.rglob("*.test.js"))
    command = [node, "--no-warnings", "--test", "--test-reporter=tap", *tests]
    run = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=60)
    assert run.returncode == 0, run.stdout + run.stderr
    assert int(re.search(r"^# pass (\d+)$", run.stdout, re.M)[1]) >= len(tests) > 0


@pytest.mark.parametrize("module", sorted(STATIC.rglob("*.js")), ids=lambda file: file.relative_to(STATIC).as_posix())
def test_a_module_can_be_imported_without_a_page(node, module):
    """What it imports and exports is there, and it does nothing before it is called."""
    program = f"await import({module.as_uri()!r})"
    run = subprocess.run(
        [node, "--no-warnings", "--input-type=module", "-e", program], capture_output=True, text=True, timeout=60
    )
    assert run.returncode == 0, run.stderr
