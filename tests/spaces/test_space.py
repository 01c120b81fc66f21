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
