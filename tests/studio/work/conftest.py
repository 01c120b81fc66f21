"""What the studio's work is tested with."""

import pytest
from serving import Paced

from lit.studio.work.jobs import JobStore


@pytest.fixture
def store(tmp_path):
    store = JobStore(tmp_path)
    yield store
    store.close()


@pytest.fixture
def pipeline(tiny_pipeline):
    return Paced(tiny_pipeline)
