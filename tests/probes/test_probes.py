"""The probe suite: nothing gets through, and what would is seen."""

import mmap
import os
from functools import partial

import pytest
from conftest import make_pipeline
from serving import serving, wait_until
from starlette.routing import Mount

from lit.probes import addresses
from lit.probes.running import KINDS, run, table
from lit.probes.target import Answer, Target
from lit.serve.beside import beside
from lit.studio.shell import connections, guards

STEP = 71  # one in so many is tried here; `python -m lit probe` tries all


@pytest.fixture(scope="module")
def served(text_encoder, tmp_path_factory):
    pipeline = make_pipeline(text_encoder)
    home = tmp_path_factory.mktemp("home")
    with serving(lambda: pipeline, home, public=True, beside=partial(beside, requests=None)) as studio:
        wait_until(lambda: studio.app.state.studio.worker.live.speed is not None)
        yield studio


@pytest.fixture
def target(served, tmp_path) -> Target:
    return Target(served.url, os.getpid(), tmp_path / "planted.txt")


@pytest.mark.slow
def test_nothing_gets_through(target, monkeypatch):
    monkeypatch.setattr(connections, "QUIET", 1.0)
    outcomes = list(run(target, step=STEP))
    assert [one for one in outcomes if one.through] == []
    assert {one.kind for one in outcomes} == set(KINDS)
    assert len({(one.kind, one.name) for one in outcomes}) > 200


def test_every_address_of_the_studio_is_probed(served, target):
    """What is added later is probed, too: by its own line in addresses.py, or by an OpenAPI document."""
    known = {address.path for address in addresses.all_of(target)} | set(addresses.UPLOADS)
    posts = [
        route.path.lstrip("/")
        for route in served.app.routes
        if not isinstance(route, Mount) and "POST" in (getattr(route, "methods", None) or ())
    ]
    assert len(posts) > 30

    def probed(path: str) -> bool:
        start = path.partition("{")[0]
        return path in known or ("{" in path and any(one.startswith(start) for one in known))

    assert [path for path in posts if not probed(path)] == []


def test_what_got_through_is_seen(target):
    """A probe that could not fail would prove nothing."""

    def take():
        with mmap.mmap(-1, 2**26) as fresh:  # of the system: what is freed of this process's own shows as nothing new
            fresh.write(b"x" * 2**26)

    def answer(body: bytes = b"", status: int = 200, seconds: float = 0.1, sent: bytes = b"", kind: str = "text/plain"):
        return Answer(status, {"content-type": kind}, body, seconds, sent)

    assert target.wrong(answer(b"a fox")) == ""
    assert target.wrong(answer(status=500)) == "status 500 without a sentence"
    assert target.wrong(answer(b'{"error": "no"}', 503)) == ""
    assert target.wrong(answer(b"Traceback (most recent call last):")) == "a traceback"
    assert target.wrong(answer(b"root:x:0:0")) == "a file's content"
    assert target.wrong(answer(target.planted.read_bytes())) == "what is another's"
    assert target.wrong(answer(b"no /home/ann/x.png here")) == "a path: /home/ann/x.png"
    assert target.wrong(answer(b"no /etc/passwd/x", sent=b"GET /etc/passwd/x")) == ""
    assert target.wrong(answer(b"NaN", kind="application/json")) == "an answer that is no JSON"
    assert "no answer" in target.wrong(answer(seconds=float("inf")))
    assert target.accepted(answer(b"{}")) == "status 200"
    assert target.accepted(answer(b'{"error": "no"}')) == ""
    assert target.grown(take) > 2**25


def test_a_studio_without_guards_is_seen_to_have_none(target, monkeypatch):
    monkeypatch.setattr(guards.KnownHosts, "_known", lambda self, scope: True)
    monkeypatch.setattr(guards.RefuseForeignSites, "_own", staticmethod(lambda scope: True))
    outcomes = list(run(target, ["hosts", "sites"], step=40))
    assert {one.kind for one in outcomes if one.through} == {"hosts", "sites"}


def test_questions_are_made_of_what_a_document_describes():
    document = {
        "components": {"schemas": {"Size": {"type": "integer", "minimum": 64}}},
        "paths": {},
    }
    schema = {
        "properties": {
            "prompt": {"type": "string"},
            "count": {"$ref": "#/components/schemas/Size"},
            "n": {"anyOf": [{"type": "integer"}, {"type": "null"}], "default": 2},
            "shares": {"type": "array", "items": {"type": "number"}},
        }
    }
    asked = addresses.example(schema, document)
    assert asked == {"prompt": "a fox", "count": 64, "n": 2, "shares": [1.0]}
    ways = [way for way, _ in addresses.leaves(asked)]
    assert ("shares", 0) in ways
    assert addresses.put(asked, ("shares", 0), 7)["shares"] == [7] and asked["shares"] == [1.0]


def test_the_table_counts_by_kind(target):
    outcomes = list(run(target, ["hosts"], step=10))
    lines = table(outcomes).splitlines()
    assert lines[2].startswith(f"| {KINDS['hosts']} | {len(outcomes)} | 0 |")
