"""What the studio's work is tested with."""

import postgres
import pytest
from serving import Paced
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from lit.studio.work.jobs import JobStore

BOTH = ("test_claims", "test_jobs", "test_library", "test_queue")  # whose `store` is in SQLite, and in PostgreSQL


def pytest_generate_tests(metafunc):
    if "store" in metafunc.fixturenames and metafunc.module.__name__.split(".")[-1] in BOTH:
        metafunc.parametrize("store", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session")
def server():
    """The address of a PostgreSQL database."""
    with postgres.server() as url:
        yield url


@pytest.fixture
def database(server):
    """The same, without what another test has put into it."""
    yield server
    with create_engine(server.replace("://", "+psycopg://", 1), poolclass=NullPool).begin() as connection:
        connection.execute(text("DROP SCHEMA public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))


@pytest.fixture
def file_store(tmp_path):
    """A store whose list is a file."""
    store = JobStore(tmp_path)
    yield store
    store.close()


@pytest.fixture
def store(request, tmp_path):
    kind = getattr(request, "param", "sqlite")
    store = JobStore(tmp_path, request.getfixturevalue("database") if kind == "postgresql" else "")
    yield store
    store.close()


@pytest.fixture
def pipeline(tiny_pipeline):
    return Paced(tiny_pipeline)
