"""The wheel: complete, and a studio of its own outside the checkout."""

import os
import re
import selectors
import shutil
import signal
import site
import subprocess
import sys
import sysconfig
import time
import urllib.request
import venv
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from lit.settings import read_png
from lit.version import __version__

ROOT = Path(__file__).parents[1]
PACKAGES = {"lit": ROOT / "lit", "lit_kernels": ROOT / "kernels/lit_kernels"}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Built from a copy, so that nothing of an earlier build gets in and nothing is left in the checkout."""
    source = tmp_path_factory.mktemp("source")
    for name in ("lit", "kernels"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    for path in [ROOT / "pyproject.toml", ROOT / "README.md", ROOT / "LICENSE", *ROOT.glob("*.txt")]:
        shutil.copy(path, source)
    out = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", out, source]
    subprocess.run(build, check=True, capture_output=True)
    (file,) = out.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The programs' folder of an environment that has the wheel, and sees the packages of this one."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home)
    variables = {"base": str(home), "platbase": str(home)}
    packages = Path(sysconfig.get_path("purelib", "venv", variables))
    (packages / "of-the-tests.pth").write_text("\n".join(site.getsitepackages()))
    programs = Path(sysconfig.get_path("scripts", "venv", variables))
    pip = [sys.executable, "-m", "pip", "--python", programs / "python", "install", "--no-deps", "--no-index", wheel]
    subprocess.run(pip, check=True, capture_output=True)
    return programs


@pytest.fixture
def elsewhere(tmp_path):
    """A folder and an environment in which nothing leads to the checkout."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    (tmp_path / "elsewhere").mkdir()
    return {"cwd": tmp_path / "elsewhere", "env": environment | {"LIT_HOME": str(tmp_path / "home")}, "text": True}


def test_the_wheel_holds_every_file_of_both_packages(wheel):
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    here = {
        f"{package}/{path.relative_to(folder).as_posix()}"
        for package, folder in PACKAGES.items()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and path.name != ".DS_Store"
    }
    assert inside == here


def test_the_wheel_asks_for_what_the_lists_say(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode())
    assert (metadata["Name"], metadata["Version"]) == ("lit-studio", __version__)
    needs = [Requirement(line) for line in metadata.get_all("Requires-Dist")]
    plain = {(need.name, str(need.specifier)) for need in needs if "extra" not in str(need.marker)}
    train = {(need.name, str(need.specifier)) for need in needs if 'extra == "train"' in str(need.marker)}
    for found, path in ((plain, "requirements.txt"), (train, "requirements-train.txt")):
        pins = re.findall(r"^([\w-]+)(==[\w.]+)", (ROOT / path).read_text("utf-8"), re.M)
        assert found == set(pins)


@pytest.mark.slow
def test_an_installed_studio_opens_and_draws(installed, elsewhere):
    command = [installed / "lit-studio", "--port", "0"]
    studio = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **elsewhere)
    try:
        url = address(studio, seconds=60)
        with urllib.request.urlopen(url, timeout=30) as page:
            assert "LiT Studio" in page.read().decode()

        from gradio_client import Client

        client = Client(url, download_files=elsewhere["cwd"], verbose=False)
        (picture,) = client.predict("a blue dragon", num_inference_steps=2, api_name="/generate")
        settings, provenance = read_png(picture)
        assert (settings.prompt, settings.num_inference_steps) == ("a blue dragon", 2)
        assert provenance["versions"]["lit"] == __version__

        studio.send_signal(signal.SIGINT)
        assert studio.wait(15) == 0
    finally:
        studio.kill()


def test_an_installed_package_is_not_the_checkout(installed, elsewhere):
    probe = "from importlib.util import find_spec; print(find_spec('lit').origin, find_spec('lit_kernels').origin)"
    said = subprocess.run([installed / "python", "-c", probe], check=True, capture_output=True, **elsewhere)
    assert all(path.startswith(str(installed.parent)) for path in said.stdout.split())


def address(studio: subprocess.Popen, seconds: float) -> str:
    """The URL in the line that a studio says once it listens."""
    said, deadline = "", time.monotonic() + seconds
    with selectors.DefaultSelector() as lines:  # select() knows no more than 1,024 files of a process
        lines.register(studio.stdout, selectors.EVENT_READ)
        while (left := deadline - time.monotonic()) > 0 and lines.select(left):
            line = studio.stdout.readline()
            said += line
            if found := re.search(r"http://[\w.:]+\d", line):
                return found[0]
            if not line:
                break
    raise AssertionError(f"no address within {seconds} s, but: {said}")
