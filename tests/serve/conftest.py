"""A studio with all that it answers, for the tests of this folder."""

from collections.abc import Iterator

import httpx
import pytest
from conftest import make_pipeline
from serving import Paced, Served, serving


@pytest.fixture(scope="session")
def paced(text_encoder) -> Paced:
    return Paced(make_pipeline(text_encoder))


@pytest.fixture(scope="module")
def served(tmp_path_factory, paced) -> Iterator[Served]:
    with serving(lambda: paced, tmp_path_factory.mktemp("home")) as studio:
        studio.app.state.studio.worker.pipeline()  # which has been loaded then
        yield studio


@pytest.fixture(scope="module")
def client(served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, timeout=60) as client:
        yield client
