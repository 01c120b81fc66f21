"""The project of the kernels: what it is called, and what it leaves to others."""

import os
import shutil
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

import lit_kernels

ROOT = Path(__file__).parents[2]

TRANSFORMERS = """
import importlib.machinery, importlib.metadata, sys
from pathlib import Path

class Hidden(importlib.machinery.PathFinder):
    "`kernels` as it is found where Hugging Face's package is not installed: in the current folder or nowhere."
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return super().find_spec(name, [str(Path.cwd())]) if name == "kernels" else None

if sys.argv[1] == "hidden":
    sys.meta_path.insert(0, Hidden)
    version = importlib.metadata.version
    def hidden_version(name):
        if name == "kernels":
            raise importlib.metadata.PackageNotFoundError(name)
        return version(name)
    importlib.metadata.version = hidden_version

from transformers import BertModel
from transformers.utils import is_kernels_available
import lit.models.text

print(is_kernels_available(), getattr(sys.modules.get("kernels"), "__file__", None))
"""


def bert(tmp_path, installed):
    """What transformers makes of `kernels` in the repository: (whether it uses it, its file). The version that it
    asks for is put on the installed package, whichever that is."""
    if installed:
        from transformers.utils.import_utils import KERNELS_MIN_VERSION

        folder = tmp_path / f"kernels-{KERNELS_MIN_VERSION}.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: kernels\nVersion: {KERNELS_MIN_VERSION}\n")
    command = [sys.executable, "-c", TRANSFORMERS, "installed" if installed else "hidden"]
    environment = os.environ | {"PYTHONPATH": str(tmp_path)}
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return run.stdout.split()


@pytest.mark.slow
def test_transformers_finds_hugging_faces_kernels_beside_our_folder(tmp_path):
    pytest.importorskip("kernels", reason="pip install -r requirements-dev.txt")
    assert bert(tmp_path, installed=True) == ["True", find_spec("kernels").origin]


@pytest.mark.slow
def test_transformers_takes_our_folder_for_nothing(tmp_path):
    assert bert(tmp_path, installed=False) == ["False", "None"]


def test_the_folder_is_no_package():
    assert not (ROOT / "kernels/__init__.py").exists()


def test_it_installs_alone_under_its_own_name(tmp_path):
    source = shutil.copytree(ROOT / "kernels", tmp_path / "kernels", ignore=shutil.ignore_patterns("__pycache__"))
    command = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "-w", tmp_path]
    run = subprocess.run([*command, source], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    (wheel,) = tmp_path.glob("lit_kernels-*.whl")
    assert wheel.name.startswith(f"lit_kernels-{lit_kernels.__version__}-")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    package = ROOT / "kernels/lit_kernels"
    modules = {f"lit_kernels/{path.relative_to(package).as_posix()}" for path in package.rglob("*.py")}
    assert inside == modules | {"lit_kernels/py.typed"}
