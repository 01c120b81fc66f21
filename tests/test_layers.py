"""The house: imports run one way, what is light stays light, and a file is one room."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# What every room may use: words and numbers, and no library but Pillow. Each may import those before it.
LIGHT = (
    "lit.errors",
    "lit.paths",
    "lit.styles",
    "lit.version",
    "lit.environment",
    "lit.sampling.tables",
    "lit.minilm",
    "lit.sampling.registry",
    "lit.reading.weights",
    "lit.reading.blend",
    "lit.settings",
)
TOOLS = ("lit.device", "lit.pixels", "lit.sheets")
DRAWING = ("lit.models", "lit.checkpoint", "lit.sampling", "lit.pipeline")
# A room, and the rooms that it may import beside the light ones. A row names only rows above it, so there is no circle.
ROOMS = {
    "lit_kernels": (),
    "lit.device": (),
    "lit.pixels": (),
    "lit.hub": (),
    "lit.forecast": (),
    "lit.sheets": ("lit.pixels",),
    "lit.models": ("lit_kernels", "lit.hub", "lit.pixels"),
    "lit.checkpoint": ("lit.models", "lit.hub"),
    "lit.data": ("lit.pixels", "lit.sheets"),
    "lit.reading": ("lit.data",),  # its captions: what the network was taught to be told
    "lit.export": ("lit.reading",),  # its names of emoji; it needs no network, and no torch
    "lit.sampling": ("lit.models", "lit.pixels", "lit.reading"),
    "lit.runtimes": ("lit.models",),
    "lit.pipeline": ("lit.models", "lit.checkpoint", "lit.sampling", "lit.runtimes", "lit.device", "lit.pixels"),
    "lit.scope": ("lit_kernels", *DRAWING, *TOOLS),  # it replays the operators
    # Settings, pictures as such, series and loops. A sweep looks at pictures with the evaluator; where a loop rests,
    # LinearScope opens it.
    "lit.explore": (
        *("lit.reading", "lit.pixels", "lit.sheets", "lit.models", "lit.checkpoint", "lit.sampling", "lit.scope"),
    ),
    # Nothing that runs needs them.
    "lit.scope.studies": ("lit.scope", "lit.models", "lit.pipeline", "lit.pixels", "lit.sheets"),
    "lit.evaluation": (*DRAWING, *TOOLS, "lit.data", "lit.forecast"),
    "lit.linearize": ("lit_kernels", "lit.models", "lit.checkpoint", "lit.sampling", "lit.hub", "lit.device"),
    # What draws, whoever made it. What a folder holds is found out without torch.
    "lit.stock": (*DRAWING, "lit.linearize", "lit.reading", "lit.hub", "lit.device", "lit.pixels"),
    "lit.training": (*DRAWING, *TOOLS, "lit.data", "lit.evaluation", "lit.linearize"),
    "lit.bench": (
        "lit_kernels",
        *(*DRAWING, *TOOLS, "lit.runtimes", "lit.data", "lit.reading", "lit.evaluation", "lit.linearize"),
        "lit.training",
    ),
    # The page asks the pipeline, the scope and the queue; it never reaches into a network.
    "lit.studio": (
        "lit.checkpoint",
        "lit.reading",
        "lit.explore",
        "lit.export",
        "lit.data",
        "lit.sampling",
        "lit.pipeline",
        "lit.device",
        "lit.pixels",
        "lit.scope",
        "lit.stock",
    ),
    "lit.reliability": (),  # it looks at the studio from outside, as a process
    # Above the page, which never asks for it: what answers programs, draws in replicas and watches.
    "lit.serve": ("lit.sampling", "lit.explore", "lit.studio", "lit.pipeline"),
    "lit.probes": ("lit.studio", "lit.serve"),  # a studio of its own, to try things on
    "lit.commands": (
        *(*DRAWING, *TOOLS, "lit.data", "lit.reading", "lit.explore", "lit.export", "lit.forecast", "lit.reliability"),
        *(
            "lit.scope",
            "lit.bench",
            "lit.evaluation",
            "lit.linearize",
            "lit.stock",
            "lit.training",
            "lit.studio",
            "lit.serve",
            "lit.probes",
        ),
    ),
    "lit.__main__": ("lit.commands",),
    "app": ("lit.serve",),
    "spaces.app": ("lit.serve", "lit.studio"),
    "docs": (
        *("lit.pipeline", "lit.explore", "lit.data", "lit.reading", "lit.sheets", "lit.training", "lit.evaluation"),
        *("lit.models", "lit.checkpoint", "lit.device", "lit.linearize", "lit.bench", "lit.scope"),
        *("lit.export", "lit.studio", "lit.serve"),  # the page's icons, in its colours
    ),
}
TREES = {"kernels/lit_kernels": "kernels", "lit": ".", "docs": ".", "app.py": ".", "spaces/app.py": "."}


def files(place: str) -> list[Path]:
    return sorted((ROOT / place).rglob("*.py")) if (ROOT / place).is_dir() else [ROOT / place]


def room(module: str) -> str | None:
    """The row of the table in which a module stands, None for what is not of this house."""
    names = [name for name in (*LIGHT, *ROOMS) if f"{module}.".startswith(f"{name}.")]
    return max(names, key=len, default=None)


def imported(file: Path, module: str) -> Iterator[str]:
    """Full names of what a file imports anywhere in it, `from . import x` included."""
    package = module if file.name == "__init__.py" else module.rpartition(".")[0]
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def modules() -> Iterator[tuple[str, Path]]:
    for place, root in TREES.items():
        for file in files(place):
            yield ".".join(file.relative_to(ROOT / root).with_suffix("").parts).removesuffix(".__init__"), file


def test_the_table_reads_downwards():
    above = set(LIGHT)
    for name, uses in ROOMS.items():
        assert set(uses) <= above, f"{name} names {sorted(set(uses) - above)}, which does not stand above it"
        above.add(name)


def test_every_module_stands_in_a_room():
    homeless = [module for module, _ in modules() if room(module) is None and module != "lit"]
    assert not homeless, "give it a row in this table, and a line in docs/design.md"


@pytest.mark.parametrize("name", [*LIGHT, *ROOMS])
def test_a_room_imports_only_what_the_table_allows(name):
    light = LIGHT[: LIGHT.index(name)] if name in LIGHT else LIGHT
    allowed = {name, *light, *ROOMS.get(name, ())}
    wrong = [
        f"{module} imports {other}"
        for module, file in modules()
        if room(module) == name
        for other in imported(file, module)
        if other.split(".")[0] in ("lit", "lit_kernels", "app", "docs") and room(other) not in allowed
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("module", "heavy"),
    [
        ("lit.settings", {"torch", "gradio", "numpy", "diffusers", "transformers"}),
        ("lit.__main__", {"torch", "gradio", "numpy", "diffusers", "transformers"}),
        ("app", {"torch", "gradio", "numpy", "diffusers", "transformers"}),
        ("lit.export", {"torch", "gradio", "diffusers", "transformers"}),
        ("lit.stock.facts", {"torch", "gradio", "diffusers", "transformers"}),
        ("lit.serve.beside", {"torch", "diffusers", "transformers"}),
        ("lit.studio.shell.app", {"torch", "diffusers", "transformers"}),
        ("lit_kernels", {"lit", "diffusers", "transformers"}),
    ],
)
def test_what_is_light_loads_nothing_heavy(module, heavy):
    probe = f"import sys; sys.path.append('kernels'); import {module}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", probe], cwd=ROOT, check=True, capture_output=True, text=True)
    assert not heavy & set(loaded.stdout.split())


def test_no_file_is_two_rooms():
    sources = [
        path
        for place in ("lit", "kernels", "docs", "spaces", "tests")
        for suffix in ("py", "js", "mjs", "css", "html", "sh")
        for path in (ROOT / place).rglob(f"*.{suffix}")
    ]
    lengths = {path: path.read_text("utf-8").count("\n") for path in [*sources, *ROOT.glob("*.py")]}
    assert len(lengths) > 100
    long = {str(path.relative_to(ROOT)): lines for path, lines in lengths.items() if lines > 400}
    assert not long


def test_what_drives_a_browser_is_marked(request):
    """`make quick` leaves these out; what of them is collected without the mark would slip in."""
    browser = ROOT / "tests/e2e"
    items = [item for item in request.session.items if browser in item.path.parents]
    assert all(item.get_closest_marker("e2e") for item in items)
