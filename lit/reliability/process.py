"""A studio as a process of its own."""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import httpx

from lit.errors import LiTError

ROOT = Path(__file__).parents[2]
STARTING = 240.0  # seconds: libraries and model, on a machine that others use too


class Studio:
    """`python app.py` on a port of its own. home: its folder of data.  arguments: more of the command line.

    environment: more variables.  before: a command in front of it, such as unshare.  said: its output so far.
    Used as a context it is killed at the end, if it still runs.
    """

    def __init__(
        self,
        home: Path,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        before: Sequence[str] = (),
    ):
        self.home, self.url, self.said = home, "", ""
        started = [*before, sys.executable, str(ROOT / "app.py"), "--port", "0", *arguments]
        variables = os.environ | {"LIT_HOME": str(home), "PYTHONUNBUFFERED": "1"} | dict(environment or {})
        self.process = subprocess.Popen(
            started, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
        )
        self._answers = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> "Studio":
        return self

    def __exit__(self, *error):
        self.kill()

    def ready(self, seconds: float = STARTING) -> "Studio":
        """Wait until the model is loaded and has been measured. Raises LiTError where that does not happen."""
        deadline = time.monotonic() + seconds
        if not self._answers.wait(seconds) or not self.url:
            raise LiTError(f"the studio did not start: {self.said[-400:]}")
        with httpx.Client(timeout=60) as client:
            while time.monotonic() < deadline:
                if client.get(f"{self.url}/live/speed").json()["ready"]:
                    return self
                time.sleep(0.1)
        raise LiTError(f"the model was not loaded in {seconds:.0f} s")

    def post(self, path: str, **fields) -> dict:
        """What an address answers, refusals included."""
        return httpx.post(f"{self.url}/{path}", json=fields, timeout=60).json()

    def kill(self):
        """At once, with all that it started, and without a word to it."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.wait(30)

    def wait(self, seconds: float) -> int:
        """The exit code, once it has ended."""
        code = self.process.wait(seconds)
        self._reader.join(5)
        return code

    def _read(self):
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.said = (self.said + line)[-20_000:]
            if found := re.search(r"is at (http://\S+) ", line):
                self.url = found[1]
                self._answers.set()
        self._answers.set()


def resident(pid: int) -> int:
    """Bytes of a process in memory, and of those that it started; 0 where the system does not say."""
    return sum(map(_resident, [pid, *_children(pid)]))


def until(condition: Callable[[], object], seconds: float, pause: float = 0.05) -> bool:
    """Whether the condition holds within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(pause)
    return True


def _resident(pid):
    try:
        return int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def _children(pid) -> Iterator[int]:
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text("ascii").split()):
                yield child
                yield from _children(child)
    except OSError:
        return
