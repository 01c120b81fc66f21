"""CONTRIBUTING's recipes, followed in a copy of the house: each takes the lines that it says, and no others."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lit.styles import STYLES

ROOT = Path(__file__).parents[1]


class House:
    """A copy of the repository's code, to build on."""

    def __init__(self, root: Path):
        self.root = root
        shutil.copytree(ROOT / "lit", root / "lit", ignore=shutil.ignore_patterns("__pycache__", "weights"))
        for name in ("lit/weights", "kernels"):
            (root / name).symlink_to(ROOT / name)

    def add(self, path: str, line: str, after: str):
        """Put a line behind the one that reads `after`."""
        file = self.root / path
        text = file.read_text("utf-8")
        assert text.count(f"{after}\n") == 1, f"{path} has another form now: {after}"
        file.write_text(text.replace(f"{after}\n", f"{after}\n{line}\n"), "utf-8")

    def python(self, *arguments: str) -> subprocess.CompletedProcess:
        """Run Python in the copy."""
        environment = os.environ | {"LIT_HOME": str(self.root / "home"), "PYTHONPATH": str(self.root)}
        return subprocess.run(
            [sys.executable, *arguments], cwd=self.root, env=environment, capture_output=True, text=True, timeout=120
        )

    def answer(self, probe: str):
        """What a program prints as JSON in its last line."""
        ran = self.python("-c", probe)
        assert ran.returncode == 0, ran.stderr
        return json.loads(ran.stdout.splitlines()[-1])


@pytest.fixture
def house(tmp_path) -> House:
    return House(tmp_path)


STYLE = """
import json
from starlette.testclient import TestClient
from lit.models.transformer import LiTTransformer2DModel
from lit.settings import GenerationSettings
from lit.studio.shell.app import create_app
from lit.studio.shell.theme import studio_css

config = TestClient(create_app(), base_url="http://localhost").get("/config").json()
(picker,) = [part["props"] for part in config["components"] if part["props"].get("elem_id") == "style-picker"]
network = LiTTransformer2DModel(num_layers=1, hidden_size=32, num_attention_heads=2, num_cross_attention_heads=2)
print(json.dumps({
    "page": picker["choices"],
    "pictured": studio_css().count("url(data:image/webp"),
    "named": GenerationSettings("a fox, sketch").resolved().style,
    "network": network.config.styles,
}))
"""


@pytest.mark.slow
def test_a_style(house):
    house.add("lit/styles.py", '    "sketch": "Sketch",', after='    "fluent-mono": "Fluent mono",')
    styles = house.root / "lit/studio/static/styles"
    shutil.copy(styles / "noto.webp", styles / "sketch.webp")

    found = house.answer(STYLE)
    assert [name for _, name in found["page"]] == ["any", *STYLES, "sketch"]
    assert found["page"][-1] == ["Sketch", "sketch"]
    assert found["pictured"] == len(STYLES) + 1
    assert found["named"] == "sketch"
    assert found["network"] == [*STYLES, "sketch"]  # the others in their places, so that weights keep their meaning
    assert "sketch" in house.python("-m", "lit", "generate", "--help").stdout


COMMAND = '''
"""Say how many pixels a drawing has."""

from lit.errors import InputError


def add_arguments(parser):
    parser.add_argument("--side", type=int, default=256, help="pixels")


def run(arguments):
    if arguments.side < 1:
        raise InputError("side", arguments.side, "a whole number from 1")
    print(arguments.side**2)
'''


def test_a_command(house):
    (house.root / "lit/commands/pixels.py").write_text(COMMAND)
    house.add("lit/__main__.py", '    "pixels": "count pixels",', after="COMMANDS = {")

    assert "count pixels" in house.python("-m", "lit", "--help").stdout
    assert "Say how many pixels" in house.python("-m", "lit", "pixels", "--help").stdout
    assert house.python("-m", "lit", "pixels", "--side", "8").stdout == "64\n"
    refused = house.python("-m", "lit", "pixels", "--side", "0")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "side: got 0; a whole number from 1" in refused.stderr


TAB = '''
"""The smallest tab."""

import gradio as gr


def build(studio):
    gr.Markdown("A small tab.", elem_id="small")
'''
TABS = """
import json
from starlette.testclient import TestClient
from lit.studio.shell.app import create_app

config = TestClient(create_app(), base_url="http://localhost").get("/config").json()
tabs = {part["id"]: part["props"]["label"] for part in config["components"] if part["type"] == "tabitem"}
(small,) = [part["id"] for part in config["components"] if part["props"].get("elem_id") == "small"]


def tab_of(node, tab=None):
    tab = tabs.get(node["id"], tab)
    if node["id"] == small:
        return tab
    return next((found for child in node.get("children") or [] if (found := tab_of(child, tab))), None)


print(json.dumps({"tabs": list(tabs.values()), "small": tab_of(config["layout"])}))
"""


def test_a_tab(house):
    folder = house.root / "lit/studio/tabs/small"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "tab.py").write_text(TAB)
    house.add("lit/studio/tabs/__init__.py", '    "small": "Small",', after='    "scope": "LinearScope",')

    page = house.answer(TABS)
    assert page["tabs"][-2:] == ["LinearScope", "Small"]
    assert page["small"] == "Small"
