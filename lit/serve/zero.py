"""Drawing on ZeroGPU: a GPU that a Hugging Face Space has for seconds at a time, by `spaces.GPU`.

`spaces.GPU` runs a function in a process forked from this one, which alone sees the GPU; here torch only says that
there is one. So nothing of CUDA is in this process, and a pipeline is loaded over there, once for each such process.
Drawings, steps and previews come back as they do from a replica; a byte of shared memory says "stop". What a Space
without a free GPU, or a visitor without quota, does not get there is drawn on the Space's processors.
"""

import contextlib
import hashlib
import logging
import mmap
import os
import queue
import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Generator, Sequence
from contextvars import copy_context
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers

from lit import environment
from lit.errors import LiTError
from lit.serve.replicas.events import Errand, Event, hear
from lit.studio.requests import asked_by
from lit.studio.work.inhand import Work
from lit.studio.work.painters import Unable

if TYPE_CHECKING:
    from lit.pipeline import LiTPipeline
    from lit.studio.shell.app import Beside

log = logging.getLogger(__name__)

TOKEN = "x-ip-token"  # what Hugging Face's proxy says of a visitor, by whose quota the GPU is had
VISITORS = 4096  # whose tokens are remembered, at most
START = 15  # seconds that a GPU may take until the first step: CUDA, the weights, kernels that are compiled once
SPEED = 100 * 256 * 256  # pixels a second and evaluation, on the safe side
LONGEST = 60  # seconds that are asked for, at most
REFUSED = 60.0  # seconds after which a visitor who got no GPU is asked for again


def lent(home: Path) -> Callable | None:
    """`spaces.GPU` where this is a Space on ZeroGPU, else None. home: the studio's folder.

    To be called before torch or Gradio are imported, for both are changed.
    """
    if not on_zero_gpu():
        return None
    environment.prepare_gradio(home / "cache")
    try:
        with environment.without_proxies(), environment.without_mcp():
            import spaces  # pyright: ignore[reportMissingImports]  (a Space has it)
    except Exception:  # such as with a torch that was built without CUDA
        log.exception("drawing on processors, for ZeroGPU cannot be had (spaces/DEPLOY.md)")
        return None
    # It has been read. By it Gradio would let one question wait at most, though none of its questions needs the GPU.
    os.environ.pop("SPACES_ZERO_GPU")
    return spaces.GPU  # pyright: ignore[reportAttributeAccessIssue]


def on_zero_gpu() -> bool:
    return os.environ.get("SPACES_ZERO_GPU", "").lower() in ("1", "t", "true")


def announce():
    """Tell ZeroGPU that there is a function for it. `spaces` does so when Gradio starts a server, which here it never
    does; a Space that says nothing is ended."""
    import spaces.zero  # pyright: ignore[reportMissingImports]

    spaces.zero.startup()


def seconds(errand: Errand) -> int:
    """For how long a GPU is asked: the shorter, the sooner it is had."""
    work = sum(settings.pixel_evaluations for settings in errand.pictures)
    return min(LONGEST, START + round(work / SPEED))


class Zero:
    """A Painter, one drawing at a time.

    gpu: `spaces.GPU`.  load(): a pipeline on the GPU; called over there.  port: where the studio listens.
    """

    hands = batch = 1

    def __init__(self, gpu: Callable, load: "Callable[[], LiTPipeline]", port: int | None = None):
        # Before anything is forked: what a thread is importing meanwhile would never be imported over there.
        from lit.serve.replicas.together import Together

        self._load, self._together = load, Together
        self._pipe: LiTPipeline | None = None  # over there
        self._stopped = mmap.mmap(-1, 1)  # shared with what is forked
        self._visitors: OrderedDict[str, str] = OrderedDict()  # tokens, by the requests that they came with
        self._refused: dict[str, float] = {}  # until when their requests are drawn by the processor at once
        self._draw: Callable[[Errand], Generator[Event]] = gpu(duration=seconds)(self._drawing)
        if port is not None:
            os.register_at_fork(after_in_child=partial(_let_go, port))

    def paint(self, works: Sequence[Work]):
        (work,) = works
        visitor = work.job.order.request
        if time.monotonic() < self._refused.get(visitor, 0):
            raise Unable("refused a moment ago")
        errand = Errand(work.job.id, tuple(work.pictures_left), work.source)
        begun = threading.Event()
        self._stopped[0] = 0

        def interrupt():
            self._stopped[0] = 1
            if not begun.is_set():  # waiting for a GPU takes up to a minute and cannot be ended, but nobody need see it
                work.finish()

        def draw():
            token = self._visitors.get(visitor)
            if token is not None:  # else it is had by the Space's own quota
                from gradio.context import LocalContext

                LocalContext.request.set(SimpleNamespace(headers=Headers({TOKEN: token})))  # pyright: ignore
            with contextlib.closing(self._draw(errand)) as events:
                for event in events:
                    begun.set()
                    hear(event, work)

        work.begin(interrupt)
        if work.ended:  # it had been stopped before
            return
        try:
            copy_context().run(draw)
        except LiTError:
            raise
        except Exception as error:  # of Gradio's for what ZeroGPU refuses or ends; whatever it is, there is a processor
            self._refused[visitor] = time.monotonic() + REFUSED
            raise Unable(f"{type(error).__name__}: {error}") from error

    def close(self):
        """There is nothing to end: what has been forked ends with this process."""

    def around(self, inside: "Beside") -> "Beside":
        """`inside`, which hears of requests after this has remembered whose they are."""
        return _Known(inside, self)

    def known(self, token: str) -> str:
        """The name of a request that came with this token."""
        name = hashlib.sha256(token.encode()).hexdigest()[:16]
        self._visitors[name] = token
        self._visitors.move_to_end(name)
        while len(self._visitors) > VISITORS:
            self._refused.pop(self._visitors.popitem(last=False)[0], None)
        return name

    def _drawing(self, errand: Errand) -> Generator[Event]:
        """Over there: a job's events as they come."""
        events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        raised: list[BaseException] = []

        def draw():
            import torch

            try:
                # The other threads of a processor's pool stayed behind.
                torch.set_num_threads(1)
                if self._pipe is None:
                    self._pipe = self._load()
                together = self._together(self._pipe, [errand], tell)
                stop.append(together.stop)
                if self._stopped[0]:
                    together.stop()
                together.draw()
            except BaseException as error:
                raised.append(error)
            events.put(None)

        def tell(event: Event):
            if self._stopped[0]:
                stop[0]()
            events.put(event)

        stop: list[Callable[[], None]] = []
        thread = threading.Thread(target=draw, name="lit-zero")
        thread.start()
        try:
            while (event := events.get()) is not None:
                yield event
            if raised:
                raise raised[0]
        finally:
            for end in stop:
                end()
            thread.join()


class _Known:
    """What `create_app` takes as `beside`, inside what remembers whose requests are."""

    def __init__(self, inside: "Beside", zero: Zero):
        self._inside, self._zero = inside, zero

    def around(self, page: Any) -> Any:
        app, zero = self._inside.around(page), self._zero

        async def known(scope, receive, send):
            token = Headers(scope=scope).get(TOKEN) if scope["type"] == "http" else None
            with asked_by(zero.known(token)) if token else contextlib.nullcontext():
                await app(scope, receive, send)

        return known

    def running(self):
        return self._inside.running()


def _let_go(port: int):
    """In a process that has been forked: close the studio's connections, or who is at their other end would never hear
    that the studio has closed them."""
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            if not os.readlink(f"/proc/self/fd/{name}").startswith("socket:"):
                continue
            with socket.socket(fileno=os.dup(int(name))) as one:
                here = one.getsockname()
            if isinstance(here, tuple) and here[1:2] == (port,):
                os.close(int(name))
