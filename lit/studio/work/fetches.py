"""Models of the hub that somebody has pressed for: fetched by a program of its own, so that the studio itself goes on
asking nobody. One at a time."""

import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

from lit.errors import LiTError
from lit.stock.facts import is_hub_name

ROOT = Path(__file__).parents[3]  # where `python -m lit` is found, also in a checkout
COMMAND = (sys.executable, "-m", "lit", "fetch")


@dataclass
class Fetch:
    """name: of the model.  looks: only asks what it is.  said: what the program has said at its end.  failed: whether
    it has ended badly, or been stopped.  active: it runs."""

    name: str
    looks: bool
    said: str = ""
    failed: bool = False
    active: bool = True

    @property
    def here(self) -> int:
        """Bytes of it that are here."""
        from huggingface_hub.constants import HF_HUB_CACHE

        blobs = Path(HF_HUB_CACHE) / f"models--{self.name.replace('/', '--')}" / "blobs"
        try:
            return sum(file.stat().st_size for file in blobs.iterdir())
        except OSError:
            return 0


class Fetches:
    """The one that was begun last. Any thread may call any method."""

    def __init__(self):
        self.latest: Fetch | None = None
        self._guard = threading.Lock()
        self._process: subprocess.Popen | None = None

    def begin(self, name: str, looks: bool) -> Fetch:
        """Ask the hub what a model is, or fetch it. Raises LiTError for no such name, and while another is fetched."""
        if not is_hub_name(name):
            raise LiTError("That is no name of the hub, such as owner/model")
        with self._guard:
            if self.latest is not None and self.latest.active:
                raise LiTError("Another model is being fetched. Wait for it, or stop it")
            environment = {key: value for key, value in os.environ.items() if key != "HF_HUB_OFFLINE"}
            more = ["--dry-run"] if looks else []
            try:
                process = subprocess.Popen(
                    [*COMMAND, name, *more],
                    cwd=ROOT,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    encoding="utf-8",
                )
            except OSError as error:
                raise LiTError("The program that fetches models could not be started") from error
            self._process, self.latest = process, Fetch(name, looks)
            threading.Thread(target=self._wait, args=(process, self.latest), name="lit-fetch", daemon=True).start()
            return self.latest

    def stop(self):
        """End what is being fetched; what is here already is used when it goes on."""
        with self._guard:
            if self._process is not None:
                self._process.terminate()

    def _wait(self, process: subprocess.Popen, fetch: Fetch):
        out, err = process.communicate()
        lines = (out if process.returncode == 0 else err).strip().splitlines()
        fetch.said, fetch.failed = lines[-1] if lines else "", process.returncode != 0
        fetch.active = False
