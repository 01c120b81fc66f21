"""python app.py: the address it listens on, and how it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx
import pytest

from lit.errors import InputError
from lit.studio.shell.ending import Ending
from lit.studio.shell.guards import allowed_hosts
from lit.studio.shell.launch import listen, main

ROOT = Path(__file__).parents[3]
AT_ONCE = 3.0  # seconds: one on a quiet machine


class Started:
    """`python app.py` as a process of its own. said: its output so far."""

    def __init__(self, home: Path, *arguments: str, prelude: str = "", **variables: str):
        home.mkdir(exist_ok=True)
        (home / "sitecustomize.py").write_text(prelude)
        environ = os.environ | {"LIT_HOME": str(home), "PYTHONPATH": f"{home}{os.pathsep}{ROOT}"} | variables
        self.process = subprocess.Popen(
            [sys.executable, ROOT / "app.py", "--port", "0", *arguments],
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.said = ""
        self.url = ""
        self.there = threading.Event()  # the page's address is known, or the process has ended
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.said += line
            if found := re.search(r"is at (http://\S+) ", line):
                self.url = found[1]
                self.there.set()
        self.there.set()

    def wait_for_the_page(self) -> str:
        assert self.there.wait(60) and self.url, self.said
        return self.url

    def wait(self, seconds: float) -> int:
        code = self.process.wait(seconds)
        self.reader.join(5)
        return code


@pytest.fixture
def start(tmp_path):
    processes = []

    def started(*arguments, **options):
        one = Started(tmp_path / "home", *arguments, **options)
        processes.append(one.process)
        return one

    yield started
    for process in processes:
        process.kill()
        process.wait()
        process.stdout.close()


# What other programs may have set, for themselves.
OF_OTHERS = {
    "ALL_PROXY": "socks5://127.0.0.1:1",
    "all_proxy": "socks5h://127.0.0.1:1",
    "HTTP_PROXY": "socks4://127.0.0.1:1",
    "https_proxy": "socks://127.0.0.1:1",
    "NO_PROXY": "[::1]",
    "USE_TF": "1",
    "USE_FLAX": "1",
    "USE_TORCH": "0",
    "USE_SAFETENSORS": "0",
    "GRADIO_SERVER_PORT": "any",
    "GRADIO_NUM_PORTS": "",
    "GRADIO_WATCH_DIRS": "/",
}
# Presses Ctrl+C when the module NAME is about to be imported; then says when, on the clock that the test has too.
PRESS = """
import os, signal, sys, threading, time

class Press:
    def find_spec(self, name, path=None, target=None):
        if name == NAME:
            sys.meta_path.remove(self)
            with open(os.path.join(os.environ["LIT_HOME"], "pressed"), "w") as file:
                file.write(str(time.time()))
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Press())
"""


@pytest.mark.skipif(os.name != "posix", reason="sends Unix's signals")
@pytest.mark.parametrize(
    "module", ["gradio", "gradio.components", "lit.studio.shell.page", "uvicorn", "torch", "diffusers"]
)
def test_ctrl_c_while_it_starts_ends_it_with_one_line(start, tmp_path, module):
    studio = start(prelude=PRESS.replace("NAME", repr(module)))
    assert studio.wait(90) == 0
    took = time.time() - float((tmp_path / "home/pressed").read_text())
    *before, last = studio.said.splitlines()
    assert last == "LiT Studio has ended." and all("LiT Studio is at" in line for line in before), studio.said
    assert took < AT_ONCE


def newest_host() -> str:
    """This machine's own address: of the newer kind, where it has one."""
    try:
        listen("::1", 0).close()
        return "::1"
    except InputError:
        return "127.0.0.1"


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends Unix's signals")
@pytest.mark.parametrize("number, host", [(signal.SIGINT, "127.0.0.1"), (signal.SIGTERM, newest_host())])
def test_a_signal_ends_a_studio_that_serves_under_its_own_name_alone_with_one_line(start, number, host):
    studio = start("--host", host)
    url = studio.wait_for_the_page()
    assert url.startswith("http://[::1]:" if ":" in host else "http://127.0.0.1:")
    assert httpx.get(url).status_code == 200
    assert httpx.get(url, headers={"Host": "[::2]"}).status_code == 400
    studio.process.send_signal(number)
    assert studio.wait(AT_ONCE) == 0
    assert studio.said.splitlines()[1:] == ["LiT Studio has ended."]


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="sends Unix's signals")
def test_ctrl_c_while_drawing_ends_it_and_the_drawing_is_called_interrupted(start, tmp_path):
    """And no variable of other programs keeps it from starting, from loading its model, or has it say anything."""
    from gradio_client import Client
    from serving import wait_until

    from lit.studio.work.jobs import JobStore

    studio = start(**OF_OTHERS)
    client = Client(studio.wait_for_the_page(), verbose=False)
    client.submit(prompt="a fox", num_inference_steps=200, api_name="/generate")
    trials = tmp_path / "home/pictures"
    wait_until(lambda: any(trials.iterdir()), 60)  # a job's folder is made when its drawing begins
    studio.process.send_signal(signal.SIGINT)
    assert studio.wait(AT_ONCE + 2) == 0
    assert studio.said.splitlines()[1:] == ["LiT Studio has ended."]
    store = JobStore(tmp_path / "home")
    (job_folder,) = trials.iterdir()
    assert store.get(job_folder.name).state == "interrupted"
    store.close()


def test_a_handler_that_python_did_not_set_gives_way_to_the_systems(monkeypatch):
    now = {}

    def install(number, handler):
        if handler is None:
            raise TypeError("signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object")
        now[number] = handler
        return None  # what stood there was not Python's

    monkeypatch.setattr(signal, "signal", install)
    with Ending():
        assert all(callable(handler) for handler in now.values())
    assert now == dict.fromkeys((signal.SIGINT, signal.SIGTERM), signal.SIG_DFL)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "::", "0.0.0.0"])
def test_it_can_be_reached_where_it_says_that_it_listens(host):
    try:
        listener = listen(host, 0)
    except InputError:
        if ":" in host:
            pytest.skip("no IPv6 here")
        raise
    with listener:
        port = listener.getsockname()[1]
        addresses = {"::": ["::1", "127.0.0.1"], "0.0.0.0": ["127.0.0.1"]}.get(host, [host.strip("[]")])
        for address in addresses:
            with socket.create_connection((address, port), timeout=5):
                connection, _ = listener.accept()
            with connection:  # or the body of each answer waits 40 ms for its head to be acknowledged
                assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize(
    "arguments, said",
    [
        (["--port", "70000"], "port: got 70000; a whole number from 0 to 65535"),
        (["--port", "-1"], "port: got -1; a whole number from 0"),
        (["--host", "nobody.invalid"], "host: got 'nobody.invalid'; a name or an address of this machine"),
        (["--host", "192.0.2.1"], "host: got '192.0.2.1'; an address of this machine"),
        (["--port", "0", "--allow-host", "https://studio.example"], "host: got 'https://studio.example'; a name alone"),
        (["--port", "0", "--allow-host", "*evil.example"], "host: got '*evil.example'; a name alone"),
        (["--port", "0", "--root-path", "studio"], "root-path: got 'studio'; a path such as /studio"),
    ],
)
def test_what_cannot_be_is_said_in_one_line(capsys, monkeypatch, tmp_path, arguments, said):
    monkeypatch.setenv("LIT_HOME", str(tmp_path))
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert error.startswith(said) and error.count("\n") == 1


def test_a_port_that_is_in_use_is_said(capsys):
    with listen("127.0.0.1", 0) as listener:
        assert main(["--port", str(listener.getsockname()[1])]) == 2
    assert "one that can be had (Address already in use)" in capsys.readouterr().err


def test_addresses_of_the_newer_kind_are_compared_as_browsers_write_them():
    assert allowed_hosts(("::1", "[2001:DB8:0::1]", "studio.example"))[-3:] == [
        "[::1]",
        "[2001:db8::1]",
        "studio.example",
    ]
