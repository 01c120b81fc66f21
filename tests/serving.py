"""A studio for tests: the real application on a free port, with a pipeline that can be slowed down."""

import asyncio
import contextlib
import os
import random
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from lit.serve.beside import beside
from lit.studio.shell.app import create_app
from lit.studio.shell.connections import config
from lit.studio.shell.launch import listen

PATIENCE = 60.0  # seconds that whatever is waited for has, on however busy a machine
HELD = 3600.0  # seconds of a step that goes on until the test changes them, of a live picture too: switch those off


class Paced:
    """A pipeline that waits after each step. seconds may be changed while it waits: with HELD it stays where it is
    until the test has seen what it wants to see, however long that takes."""

    def __init__(self, pipeline, seconds: float = 0.0):
        self.pipeline, self.seconds = pipeline, seconds

    def start(self, settings, callback_on_step_end, **over):
        def then_wait(*arguments):
            answer = callback_on_step_end(*arguments)
            self.wait()
            return answer

        return self.pipeline.start(settings, callback_on_step_end=then_wait, **over)

    def wait(self):
        began = time.monotonic()
        while (left := began + self.seconds - time.monotonic()) > 0:
            time.sleep(min(left, 0.02))

    def __getattr__(self, name):
        return getattr(self.pipeline, name)


class Late:
    """What pages ask for and the pictures that they show come late, each by a time of its own, as on a busy machine: a
    test that counts on their order is found. Env LATE, the seed of those times, serves so."""

    def __init__(self, app, seed: str):
        self.app, self.chance = app, random.Random(seed)

    async def __call__(self, scope, receive, send):
        async def send_late(message):
            if message["type"] == "http.response.start":
                await self.wait()
            await send(message)

        if scope["type"] == "http" and (scope["method"] == "POST" or "/pictures/" in scope["path"]):
            await self.wait()
            await self.app(scope, receive, send_late)
        else:
            await self.app(scope, receive, send)

    async def wait(self):
        await asyncio.sleep(max(0.0, self.chance.uniform(-0.5, 0.7)))


@dataclass
class Served:
    """A running studio. home: its data folder."""

    url: str
    home: Path
    app: object


@contextlib.contextmanager
def serving(load_pipeline: Callable[[], object], home: Path, port: int = 0, **options) -> Iterator[Served]:
    """Serve `create_app(load_pipeline, home, **options)` with the API beside it until the block ends. port: 0 for any
    free one."""
    app = create_app(load_pipeline, home=home, **{"beside": beside} | options)
    seed = os.environ.get("LATE")
    served = app if seed is None else Late(app, seed)
    server = uvicorn.Server(config(served, log_level="error", timeout_graceful_shutdown=1))
    with listen("127.0.0.1", port) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        wait_until(lambda: server.started)
        try:
            yield Served(f"http://127.0.0.1:{listener.getsockname()[1]}", home, app)
        finally:
            server.should_exit = True
            thread.join(15)


def wait_until(condition: Callable[[], bool], seconds: float = PATIENCE):
    """Return once the condition holds; AssertionError if it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)
