"""A studio in a process of its own and a browser, for figures of the page: `docs.library`, `docs.loading`.

Needs Playwright and a Chromium (CHROMIUM names it).
"""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parents[1]


@contextlib.contextmanager
def studio(home: Path, root: Path = HERE) -> Iterator[tuple[str, int]]:
    """A checkout's studio with a folder of data: its address, which answers before the model is loaded, and process."""
    told = os.environ | {"LIT_HOME": str(home), "PYTHONPATH": f"{root}{os.pathsep}{root / 'kernels'}"}
    command = [sys.executable, "app.py", "--port", "0"]
    process = subprocess.Popen(command, cwd=root, env=told, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield next(word for line in process.stdout for word in line.split() if word.startswith("http")), process.pid
    finally:
        process.terminate()
        process.wait(30)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = os.environ.get("CHROMIUM") or shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()
