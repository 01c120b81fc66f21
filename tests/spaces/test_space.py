"""The folder for a Hugging Face Space: complete, and reachable under the Space's name alone."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

PROBE = """
import os, sys
from starlette.testclient import TestClient
import app
print(app.app.state.studio.public)
for host in (os.environ["SPACE_HOST"], "localhost", "evil.example"):
    print(TestClient(app.app, base_url=f"http://{host}").get("/config").status_code)
print("torch" in sys.modules)
"""


def test_the_assembled_folder_starts_and_answers_to_its_own_name(tmp_path):
    out = tmp_path / "space"
    subprocess.run(["sh", ROOT / "spaces/assemble.sh", out], check=True, capture_output=True)
    environment = os.environ | {
        "SPACE_HOST": "someone-lit-studio.hf.space",
        "LIT_HOME": str(tmp_path / "home"),
    }
    probe = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=out, env=environment, capture_output=True, text=True, timeout=60
    )
    assert probe.stdout.split() == ["True", "200", "200", "400", "False"], probe.stderr


def test_zerogpu_gets_its_own_torch_and_python(tmp_path):
    """All else is as on a processor."""
    plain, lent = tmp_path / "plain", tmp_path / "lent"
    for out, more in ((plain, []), (lent, ["zerogpu"])):
        subprocess.run(["sh", ROOT / "spaces/assemble.sh", out, *more], check=True, capture_output=True, cwd=tmp_path)

    def changed(name):
        before, after = ((out / name).read_text("utf-8").splitlines() for out in (plain, lent))
        return set(after) - set(before)

    (torch,) = changed("requirements.txt")
    assert torch.startswith("torch==") and "+cpu" not in torch
    assert "download.pytorch.org" not in (lent / "requirements.txt").read_text("utf-8")
    assert {line.partition(":")[0] for line in changed("README.md") if ":" in line} == {
        "python_version",
        "suggested_hardware",
    }
    assert len(changed("README.md")) == 3  # and what draws, in words
    wrong = subprocess.run(["sh", ROOT / "spaces/assemble.sh", plain, "tpu"], capture_output=True, text=True)
    assert wrong.returncode == 2 and "cpu or zerogpu" in wrong.stderr
