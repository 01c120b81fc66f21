"""Tiny stock models, saved once for all tests of the folder."""

import json
import shutil

import pytest
from linearize import tiny
from stock.making import FAMILIES


@pytest.fixture(scope="session")
def saved(tmp_path_factory):
    """{family: the folder of its tiny model, with a card}."""
    folders = {}
    for name, make in FAMILIES.items():
        folder = folders[name] = tiny.save(make(), tmp_path_factory.mktemp("stock") / f"tiny-{name}")
        (folder / "README.md").write_text("---\nlicense: openrail++\n---\n# Tiny\n")
    return folders


@pytest.fixture
def copied(saved, tmp_path):
    """copied(family): its folder once more, to be damaged."""

    def copy(family):
        return shutil.copytree(saved[family], tmp_path / f"copy-{family}")

    return copy


@pytest.fixture
def changed():
    """changed(file, **values): a JSON file with other values."""

    def change(file, **values):
        file.write_text(json.dumps(json.loads(file.read_text()) | values))

    return change
