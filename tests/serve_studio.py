"""What the tests of programs draw with, and look at."""

import contextlib
from collections.abc import Iterator

from serving import Paced, Served

from lit.studio.work.jobs import JobStore

SMALL = {"width": 64, "height": 64, "num_inference_steps": 2}
DRAGON = {"prompt": "a blue dragon", "seed": 7, **SMALL}


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
