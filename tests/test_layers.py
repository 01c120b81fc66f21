"""Imports run one way, as CONTRIBUTING says: what lies deeper knows nothing of what stands on it."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
# The deepest first; a module may import from its own layer and from those before it.
LAYERS = (
    ("lit_kernels",),
    ("lit.errors", "lit.styles", "lit.environment", "lit.paths", "lit.pixels", "lit.sheets"),
    ("lit.models", "lit.data"),
    ("lit.settings", "lit.device", "lit.checkpoint", "lit.sampling"),
    ("lit.pipeline",),
    ("lit.evaluation", "lit.linearize", "lit.scope", "lit.bench"),
    ("lit.training",),
    ("lit.studio", "lit.commands", "lit.__main__"),
    ("app", "docs.pictures"),
)
APART = [{"lit.training", "lit.scope"}]  # side by side, and neither uses the other


def layer(module: str) -> tuple[int, str] | None:
    for depth, names in enumerate(LAYERS):
        for name in names:
            if module == name or module.startswith(name + "."):
                return depth, name
    return None


def imported(file: Path):
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_imports_run_one_way():
    wrong, seen = [], set()
    for folder in ("kernels", "lit", "app.py", "docs/pictures.py"):
        root = ROOT / "kernels" if folder == "kernels" else ROOT
        files = [ROOT / folder] if folder.endswith(".py") else sorted((ROOT / folder).rglob("*.py"))
        for file in files:
            module = ".".join(file.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
            if module == "lit":
                continue
            here = layer(module)
            assert here, f"{module} has no layer: give it one in this test and in CONTRIBUTING"
            seen.add(here[1])
            for name in imported(file):
                there = layer(name)
                if there and (there[0] > here[0] or {here[1], there[1]} in APART):
                    wrong.append(f"{module} imports {name}")
    assert not wrong
    assert seen == {name for names in LAYERS for name in names}
