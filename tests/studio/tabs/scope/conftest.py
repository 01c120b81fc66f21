"""A studio's way to LinearScope, with a small random model."""

import pytest

from lit.studio.tabs.scope.session import ScopeSession
from lit.studio.work.jobs import JobStore
from lit.studio.work.worker import Worker


@pytest.fixture
def store(tmp_path):
    store = JobStore(tmp_path / "home")
    yield store
    store.close()


@pytest.fixture
def worker(store, tiny_pipeline):
    worker = Worker(store, lambda: tiny_pipeline)
    worker.start()
    yield worker
    worker.close()


@pytest.fixture
def session(store, worker):
    return ScopeSession(store, worker)
