"""What the tests of programs draw with, and look at."""

import asyncio
import contextlib
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from serving import Paced, Served

from lit.studio.work.jobs import JobStore

SMALL = {"width": 64, "height": 64, "num_inference_steps": 2}
DRAGON = {"prompt": "a blue dragon", "seed": 7, **SMALL}


def awaited(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """What it gives, run in a thread of its own: in this one a browser's loop may be running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, coroutine).result()


def store_of(studio: Served) -> JobStore:
    return studio.app.state.studio.store


@contextlib.contextmanager
def slow(paced: Paced) -> Iterator[None]:
    """Inside, a step takes a fifth of a second."""
    paced.seconds = 0.2
    try:
        yield
    finally:
        paced.seconds = 0.0
