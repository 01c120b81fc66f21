"""What a release says of itself, the same in every place."""

import re
import tomllib
from pathlib import Path

import yaml
from packaging.specifiers import SpecifierSet

from lit.version import __version__

ROOT = Path(__file__).parents[1]


def test_the_newest_release_in_the_changelog_is_this_version():
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    headings = re.findall(r"^## (.+)$", changelog, re.M)
    releases = [heading for heading in headings if heading != "Unreleased"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+ - \d{4}-\d\d-\d\d", release) for release in releases)
    assert releases[0].startswith(f"{__version__} - ")


def test_ci_runs_on_the_oldest_python_that_an_installation_admits():
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text("utf-8"))
    (job,) = workflow["jobs"].values()
    assert ".ci/run" in [step.get("run") for step in job["steps"]]
    pythons = job["strategy"]["matrix"]["python"]
    admitted = SpecifierSet(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"])
    assert all(python in admitted for python in pythons)
    major, minor = pythons[0].split(".")
    assert f"{major}.{int(minor) - 1}" not in admitted


def test_ci_uses_actions_by_their_commit():
    workflow = (ROOT / ".github/workflows/ci.yml").read_text("utf-8")
    used = re.findall(r"uses: (\S+)", workflow)
    assert used and all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action) for action in used)
