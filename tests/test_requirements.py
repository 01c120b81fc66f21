"""What the lists say is what was tested: no version floats, on no system, and none has drifted."""

import ast
import importlib.metadata
import platform
import re
import sys
from pathlib import Path

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from lit.data import StickerData
from lit.errors import LiTError

ROOT = Path(__file__).parents[1]
LISTS = tuple(f"requirements{which}.txt" for which in ("", "-train", "-video", "-sweeps", "-postgres", "-dev"))
SYSTEMS = {
    "Linux": {"sys_platform": "linux", "os_name": "posix", "platform_machine": "x86_64"},
    "Darwin": {"sys_platform": "darwin", "os_name": "posix", "platform_machine": "arm64"},
    "Windows": {"sys_platform": "win32", "os_name": "nt", "platform_machine": "AMD64"},
}
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
CUDA = re.compile(r"(nvidia|cuda)-")  # which each build of torch pins itself


def environment(system: str, python: str) -> dict[str, str]:
    """What markers of packages are asked about."""
    version = {"python_version": python, "python_full_version": f"{python}.1"}
    return default_environment() | SYSTEMS[system] | version | {"platform_system": system}


def listed(name: str) -> list[Requirement]:
    """The packages in a file of this repository, without the files that it names."""
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in (ROOT / name).read_text("utf-8").splitlines())
    return [Requirement(line) for line in lines if line and not line.startswith("-")]


def applicable(requirements: list[Requirement], where: dict[str, str]) -> dict[str, Requirement]:
    """By name. A name stands once."""
    found = [one for one in requirements if not one.marker or one.marker.evaluate(where)]
    names = [canonicalize_name(one.name) for one in found]
    assert len(names) == len(set(names)), f"twice: {[name for name in names if names.count(name) > 1]}"
    return dict(zip(names, found, strict=True))


def brought_along(requirements: list[Requirement], where: dict[str, str]) -> set[str]:
    """Names of these packages and of all that they need there, as the installed ones say; what only another system
    needs is named, but not asked in its turn."""
    names, seen = set(), set()

    def visit(requirement: Requirement, extras: frozenset[str]):
        if requirement.marker and not any(requirement.marker.evaluate(where | {"extra": extra}) for extra in extras):
            return
        name = canonicalize_name(requirement.name)
        wanted = frozenset(requirement.extras) | {""}
        if CUDA.match(name) or (name, wanted) in seen:
            return
        names.add(name)
        seen.add((name, wanted))
        try:
            needs = importlib.metadata.requires(requirement.name) or []
        except importlib.metadata.PackageNotFoundError:
            return
        for need in needs:
            visit(Requirement(need), wanted)

    for requirement in requirements:
        visit(requirement, frozenset({""}))
    return names


def version(pin: Requirement) -> str:
    """The one version that a requirement admits."""
    (specifier,) = pin.specifier
    assert specifier.operator == "==" and "*" not in specifier.version, f"{pin} is no pin"
    return specifier.version


def everything() -> list[Requirement]:
    return [requirement for name in LISTS for requirement in listed(name)]


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("system", SYSTEMS)
def test_constraints_pin_all_that_is_installed_on_a_system_and_nothing_else(system, python):
    where = environment(system, python)
    pinned, needed = set(applicable(listed("constraints.txt"), where)), brought_along(everything(), where)
    assert not needed - pinned, "without a pin there"
    assert not pinned - needed, "pinned there, and nothing asks for them"


def test_the_lists_and_the_constraints_name_the_same_versions():
    for system in SYSTEMS:
        where = environment(system, "3.11")
        constraints = applicable(listed("constraints.txt"), where)
        for name, requirement in applicable(everything(), where).items():
            assert version(requirement) == version(constraints[name])


def test_what_is_installed_is_what_the_constraints_say():
    """As `make` and the plain commands of the README install it. A build's own suffix, as in 2.13.0+cpu, is free."""
    where = environment(platform.system(), "{}.{}".format(*sys.version_info))
    drifted = []
    for name, pin in applicable(listed("constraints.txt"), where).items():
        installed = Version(importlib.metadata.version(name)).public
        if installed != version(pin):
            drifted.append(f"{name}: {installed} is installed, constraints.txt says {version(pin)}")
    assert not drifted


@pytest.mark.parametrize(
    ("places", "lists"),
    [
        (("*.py", "lit", "kernels", "spaces/app*.py"), ("requirements.txt", "requirements-train.txt")),
        # The documents' figures are made, and a Space is tried, by who develops.
        (("tests", "docs", "spaces/try*.py"), LISTS),
    ],
)
def test_what_the_code_imports_comes_with_the_lists(places, lists):
    where = environment(platform.system(), "{}.{}".format(*sys.version_info))
    installed = brought_along([requirement for name in lists for requirement in listed(name)], where)
    distributions = importlib.metadata.packages_distributions()
    files = [file for place in places for file in ROOT.glob(place if "*" in place else f"{place}/**/*.py")]
    ours = {"lit", "lit_kernels", "docs", *(path.stem for path in (ROOT / "tests").rglob("*"))}
    # Peers in the benches and extras, for whoever has them.
    ours |= {"fla", "onnxruntime", "openvino", "nncf", "av", "adaptive", "ray", "prometheus_client"}

    unlisted = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and not node.level else []
            for top in {name.split(".")[0] for name in names} - ours - sys.stdlib_module_names:
                if not {canonicalize_name(name) for name in distributions.get(top, [])} & installed:
                    unlisted.add(f"{file.relative_to(ROOT)} imports {top}")
    assert not unlisted


def test_the_commands_in_the_documents_install_with_the_constraints():
    commands = [
        command
        for path in ("README.md", "CONTRIBUTING.md", *(path.relative_to(ROOT) for path in (ROOT / "docs").glob("*.md")))
        for command in re.findall(r"pip install [^`\n]*-r [^`\n]*", (ROOT / path).read_text("utf-8"))
    ]
    assert commands and all("-c constraints.txt" in command for command in commands)


def test_a_space_installs_what_was_tested():
    """The studio's own list and all that it brings along, but for what a Space brings itself, and its Gradio in the
    front matter."""
    where = environment("Linux", "3.11")
    constraints = applicable(listed("constraints.txt"), where)
    space = applicable(listed("spaces/requirements.txt"), where)
    theirs = {name: Version(version(pin)).public for name, pin in space.items()}

    of_the_space = {"gradio", "pydantic", "pydantic-core", "mcp", "mcp-types"}
    of_the_space |= {"triton"}  # nothing on two CPUs would use it
    names = brought_along(listed("requirements.txt"), where) - of_the_space
    assert theirs == {name: version(constraints[name]) for name in names}
    front_matter = (ROOT / "spaces/README.md").read_text("utf-8").split("---")[1]
    assert f"sdk_version: {version(constraints['gradio'])}\n" in front_matter


@pytest.mark.parametrize("package", ["pyarrow", "resvg_py"])
def test_without_the_packages_for_training_one_line_says_what_to_install(package, monkeypatch, tmp_path):
    (tmp_path / "stickers.parquet").touch()
    monkeypatch.setitem(sys.modules, package, None)  # as if it were not there
    with pytest.raises(LiTError, match=f"needs {package.replace('_', '-')}; pip install"):
        StickerData.open(tmp_path)
