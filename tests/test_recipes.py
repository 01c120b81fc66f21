"""CONTRIBUTING's recipes, followed in a copy of the house: each takes the lines that it says, and no others."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

from lit.scope import LinearScope, UnknownUnit
from lit.styles import STYLES

ROOT = Path(__file__).parents[1]


class House:
    """A copy of the repository's code, to build on."""

    def __init__(self, root: Path):
        self.root = root
        # With what Python has compiled: it counts for as long as a file keeps its time.
        shutil.copytree(ROOT / "lit", root / "lit", ignore=shutil.ignore_patterns("weights"))
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
from lit.settings import GenerationSettings, use_styles
from lit.studio.shell.app import create_app
from lit.studio.shell.theme import studio_css
from lit.styles import STYLES, offered

use_styles(offered(STYLES))  # as of a model that has learned it
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


SOLVER = '''
"""Adams and Bashforth's second method for the flow's equation."""

import torch

from lit.sampling.objectives import TRAIN_TIMESTEPS
from lit.sampling.solvers import between


class AdamsBashforth:
    memory = 2
    mean_velocity = False

    def __init__(self, objective, steps):
        self.objective, self.sigmas = objective, torch.linspace(1, 0, steps + 1)
        self.evaluations = between(self.sigmas * TRAIN_TIMESTEPS)

    def step(self, i, outputs, latents):
        slope = outputs[-1] if i == 0 else 1.5 * outputs[-1] - 0.5 * outputs[-2]
        return latents[-1] + (self.sigmas[i + 1] - self.sigmas[i]) * slope
'''
DRAWN = """
import json
from lit.models.autoencoder import StickerAutoencoder
from lit.models.transformer import LiTTransformer2DModel
from lit.pipeline import LiTPipeline
from lit.scope.drawings.drawing import OpenedDrawing
from lit.scope.drawings.regions import Region
from lit.settings import SETTINGS, GenerationSettings

small = {"num_layers": 1, "hidden_size": 32, "num_attention_heads": 2, "num_cross_attention_heads": 2}
coder = StickerAutoencoder(encoder_channels=(8, 16, 16), decoder_channels=(16, 16, 8), blocks=1)
pipe = LiTPipeline(LiTTransformer2DModel(**small).eval(), coder.eval())
pipe.set_progress_bar_config(disable=True)
settings = GenerationSettings("a fox", scheduler="flow-ab2", num_inference_steps=3, height=64, width=64)
run = pipe.start(settings)
drawings = list(run)
opened = OpenedDrawing.open(pipe, settings)
print(json.dumps({
    "offered": SETTINGS["scheduler"].choices,
    "evaluations": run.steps_total,
    "finished": [drawing.finished for drawing in drawings],
    "miss": opened.trajectory().contributions(Region(8, 8, 24, 24)).miss,
}))
"""


@pytest.mark.slow
def test_a_solver(house):
    (house.root / "lit/sampling/solvers/flow_ab2.py").write_text(SOLVER)
    line = '    "flow-ab2": Entry(("flow",), "flow_ab2.AdamsBashforth", 2, lambda steps: steps),'
    (after,) = [line for line in (ROOT / "lit/sampling/registry.py").read_text().splitlines() if '"flow-heun":' in line]
    house.add("lit/sampling/registry.py", line, after)

    found = house.answer(DRAWN)
    assert "flow-ab2" in found["offered"]
    assert found["evaluations"] == 3 and found["finished"] == [True]
    assert found["miss"] < 1e-4  # LinearScope follows the whole way through it
    assert "flow-ab2" in house.python("-m", "lit", "generate", "--help").stdout


UNIT = '''

@replay("softsign")
def softsign(x):
    """x / (1 + |x*|)."""
    return x / (1 + frozen(x).abs())
'''
CAPTURED = """
import json
import torch
from torch import nn
from lit.scope import LinearScope

network, x = nn.Sequential(nn.Linear(4, 4), nn.Softsign()).double(), torch.randn(1, 4).double()
affine = LinearScope(network).at(x)
print(json.dumps((affine(x) - network(x)).abs().max().item()))
"""


def test_a_unit_of_linear_scope(house):
    with pytest.raises(UnknownUnit, match="softsign"):  # not known, and said
        LinearScope(nn.Softsign()).at(torch.zeros(1, 4))
    units = house.root / "lit/scope/units.py"
    units.write_text(units.read_text() + UNIT)
    assert house.answer(CAPTURED) < 1e-12


OPERATOR = {
    "__init__.py": "from .operators import scaled_values\n",
    "reference.py": """
def scaled_values(v, scale=2.0):
    return v * scale
""",
    "fallback.py": """
from . import reference


def forward(v, scale):
    return reference.scaled_values(v, scale)
""",
    "triton_scaled.py": "import triton_of_another_planet\n",
    "operators.py": """
import torch
from torch import Tensor

from .._ops import add_op_namespace_prefix
from ..common.dispatch import Dispatch
from ..common.overridable import overridable
from . import fallback, reference

SCALED = Dispatch("scaled_values", __name__, "triton_scaled")


@overridable
def scaled_values(v: Tensor, scale: float = 2.0) -> Tensor:
    return _scaled(v, scale) if SCALED.chooses_triton(v) else reference.scaled_values(v, scale)


@torch.library.custom_op(add_op_namespace_prefix("scaled_values"), mutates_args=())
def _scaled(v: Tensor, scale: float) -> Tensor:
    return SCALED.run("triton_scaled", "forward", fallback.forward, v, scale)


@_scaled.register_fake
def _(v, scale):
    return torch.empty_like(v)
""",
}
ROWS = """
from dataclasses import dataclass

import torch

from ..scaled_values import scaled_values
from .table import BOUNDS, Column


@dataclass(frozen=True)
class Case:
    tokens: int
    goal: float | None = None
    kind = name = "scaled values"
    bounds = BOUNDS

    def floor_bytes(self, itemsize):
        return 2 * self.tokens * itemsize

    def draw(self, device, dtype, layout):
        return [torch.randn(self.tokens, device=device, dtype=dtype)]

    def columns(self, dry, with_peers):
        return {"ours": Column(scaled_values, None)}

    def errors(self, device, dtype):
        return {"o": 0.0, "dv": 0.0}


ROWS = DRY_ROWS = [Case(16)]
"""
SEEN = """
import json
import os
import warnings
import torch
from torch import nn
from lit.scope import LinearScope, replay
from lit_kernels import linear_attention
from lit_kernels.linear_attention.operators import ATTENTION
from lit_kernels.scaled_values import scaled_values

@replay(scaled_values)
def scaled(v, scale=2.0):
    return v * scale

class Network(nn.Module):
    def forward(self, x):
        return scaled_values(x, 3.0)

x = torch.randn(1, 4)
miss = (LinearScope(Network()).at(x)(x) - 3 * x).abs().max().item()
os.environ["TRITON_INTERPRET"] = "1"
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    same = all(torch.equal(scaled_values(x), 2 * x) for _ in range(2))
print(json.dumps({"miss": miss, "same": same, "warnings": [str(one.message) for one in caught],
                  "others": ATTENTION.failed}))
"""


@pytest.mark.slow
def test_a_tensor_operator(house):
    (house.root / "kernels").unlink()
    shutil.copytree(ROOT / "kernels", house.root / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
    package = house.root / "kernels/lit_kernels"
    (package / "scaled_values").mkdir()
    for name, text in OPERATOR.items():
        (package / "scaled_values" / name).write_text(text)
    (package / "bench/scaled_values.py").write_text(ROWS)
    bench = (package / "bench/__main__.py").read_text()
    bench = bench.replace("networks, table", "networks, scaled_values, table")
    (package / "bench/__main__.py").write_text(bench.replace("OPERATORS = (", "OPERATORS = (scaled_values, "))

    found = house.answer(SEEN)
    assert found["miss"] < 1e-6 and found["same"]
    # Its Triton module cannot be imported: it says so once, and no other operator stops for that.
    assert len(found["warnings"]) == 1 and "scaled_values" in found["warnings"][0] and not found["others"]
    ran = house.python("-c", "import lit, lit_kernels.bench.__main__ as b; b.main(['--dry', '--skip-networks'])")
    assert ran.returncode == 0, ran.stderr
    assert "scaled values" in ran.stdout
