"""Build the Space as Hugging Face does, start it on two cores, and open it in a browser: python spaces/try.py

In a clean environment of its own: the assembled folder, its requirements beside the Gradio that its README names with
the extras that a Space adds. Then the page under the Space's name, one drawing. Prints what each took.
Needs requirements-dev.txt and Chromium, and a package index; --venv keeps the environment for the next time.
"""

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAME = "someone-lit-studio.hf.space"  # as a Space finds its own in SPACE_HOST
ADDED = ("uvicorn>=0.14.0", "websockets>=10.4", "spaces")  # by the Space's own build, beside gradio[oauth,mcp]
GRADIO_ASKS = "huggingface.co/api/spaces/by-subdomain"
MEMORY = 16 * 2**30  # bytes, of CPU Basic
CORES = 2


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venv", type=Path, help="where its packages are or shall be; default: made and thrown away")
    parser.add_argument("--port", type=int, default=7860, help="where it listens (default: %(default)s)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="lit-space-") as folder:
        space, took = Path(folder) / "space", {}
        subprocess.run(["sh", ROOT / "spaces/assemble.sh", space], check=True, stdout=subprocess.DEVNULL)
        python = installed((options.venv or Path(folder) / "venv").absolute(), space, took)
        with open(Path(folder) / "log.txt", "w+", encoding="utf-8") as log:
            environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
            environment |= {
                "SPACE_ID": "someone/lit-studio",
                "SPACE_HOST": NAME,
                "SYSTEM": "spaces",
                "GRADIO_SERVER_NAME": "0.0.0.0",
                "GRADIO_SERVER_PORT": str(options.port),
                "LIT_HOME": str(Path(folder) / "home"),
            }
            began = time.monotonic()
            process = subprocess.Popen(
                [python, "app.py"], cwd=space, env=environment, stdout=log, stderr=log, preexec_fn=as_small_as_a_space
            )
            try:
                looked_at(options.port, began, took, process)
                status = Path(f"/proc/{process.pid}/status").read_text()
                took["memory at most, MB"] = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) // 1024
            except BaseException:
                log.seek(0)
                print(log.read()[-3000:], file=sys.stderr)
                raise
            finally:
                process.terminate()
                process.wait()
    print(json.dumps(took, indent=1))
    return 0


def installed(venv: Path, space: Path, took: dict) -> Path:
    """The environment's Python, with what a Space installs."""
    python = venv / "bin/python"
    if not python.exists():
        began = time.monotonic()
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        version = re.search(r"sdk_version: (\S+)", (space / "README.md").read_text("utf-8"))[1]
        packages = [f"gradio[oauth,mcp]=={version}", *ADDED]
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", space / "requirements.txt", *packages], check=True)
        took["installing, s"] = round(time.monotonic() - began, 1)
    return python


def as_small_as_a_space():
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def against_policy(said: str) -> bool:
    return "Content Security Policy" in said and GRADIO_ASKS not in said


def looked_at(port: int, began: float, took: dict, process):
    """The page under the Space's name in a browser: it opens, draws one sticker, and asks no other host. Gradio's page
    would ask huggingface.co which Space it is in; the policy keeps it from that, and only from that."""
    from playwright.sync_api import Error, expect, sync_playwright

    url, outside, refused = f"http://{NAME}:{port}/", [], []
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
        path = os.environ.get("CHROMIUM") or (own if Path(own).exists() else shutil.which("chromium"))
        # A Space is encrypted; the browser is told to take this address for one that is.
        arguments = [
            "--no-sandbox",
            f"--host-resolver-rules=MAP {NAME} 127.0.0.1",
            "--unsafely-treat-insecure-origin-as-secure=" + url,
        ]
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        page = browser.new_page()
        page.on("request", lambda one: one.url.startswith((url, "data:", "blob:")) or outside.append(one.url))
        page.on("console", lambda said: against_policy(said.text) and refused.append(said.text))
        while True:
            assert process.poll() is None and time.monotonic() - began < 180, "it does not start"
            try:
                page.goto(url)
                break
            except Error:
                time.sleep(0.2)
        generate = page.get_by_role("button", name="Generate", exact=True)
        expect(generate).to_be_enabled(timeout=60_000)
        took["start to page, s"] = round(time.monotonic() - began, 1)
        pressed = time.monotonic()
        generate.click()
        expect(page.locator("#notice")).to_contain_text("Done: 1 sticker", timeout=120_000)
        expect(page.locator("#result img").first).to_be_visible()
        took["press to picture, s"] = round(time.monotonic() - pressed, 1)
        page.get_by_role("tab", name="LinearScope").click()
        expect(page.locator("#scope img").first).to_be_visible(timeout=120_000)
        browser.close()
    took |= {"other hosts asked": len(outside), "against the policy": len(refused)}
    assert not outside and not refused, (outside, refused)


if __name__ == "__main__":
    sys.exit(main())
