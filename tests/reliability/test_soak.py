"""Many clients at once on a quick painter, and that the harness sees what it looks for."""

import os
import shutil
import threading

import pytest
from serving import serving

from lit.reliability import clients as clients_module
from lit.reliability.clients import KINDS, MIX, Client
from lit.reliability.faults import FAULTS, Bench, Fault, Unavailable, inflict
from lit.reliability.faults.bench import Broke
from lit.reliability.report import write
from lit.reliability.soak import soak, verdicts
from lit.reliability.tally import Asked, Tally, fairness, on_disk
from lit.settings import GenerationSettings, write_picture


@pytest.mark.slow
def test_clients_of_every_kind_lose_nothing_and_get_their_own(tiny_pipeline, tmp_path, monkeypatch):
    """Three of each kind that the page answers; programs' addresses that are not there are left out."""
    monkeypatch.setattr(clients_module, "POLL", 0.1)
    with serving(lambda: tiny_pipeline, tmp_path / "home") as studio:
        found = soak(studio.url, studio.home, os.getpid(), 3 * len(KINDS), 5.0, tuple(KINDS), size=64, steps=1)
        assert set(found["kinds"]) >= {"page", "library", "program", "greedy", "slow", "vanishing"}, found
        judged = [verdict for verdict in verdicts(found) if not verdict[0].startswith(("memory", "nobody waits"))]
        assert all(held for _, _, held in judged), found  # of a few seconds alone, on a machine that others use too
        assert found["pictures"] > 20 and found["waits"]["n"] > 10
        page = write(tmp_path / "reliability", "soak", found)
        assert f"{found['pictures']} pictures" in page.read_text("utf-8")

        # What is done to the files shows.
        drawn = sorted((studio.home / "pictures").rglob("*.png"))
        shutil.copy(drawn[0], drawn[0].with_name("again.png"))
        drawn[1].write_bytes(drawn[1].read_bytes()[:300])
        counts, broken = on_disk(studio.home)
        assert max(counts.values()) == 2 and broken == [drawn[1].name]


def test_a_picture_of_another_visitor_is_seen(tmp_path):
    from PIL import Image

    tally = Tally()
    file = write_picture(Image.new("RGBA", (8, 8)), GenerationSettings("a fox", seed=7), {}, tmp_path)
    tally.check("ann", ("a fox", 7), file.read_bytes())
    assert not tally.others
    tally.check("ann", ("a fox", 8), file.read_bytes())
    tally.check("ann", ("a fox", 7), file.read_bytes()[:-20])
    assert len(tally.others) == 2


def test_no_two_clients_ask_for_the_same_picture():
    several = [Client("http://nowhere", number, "page", Tally(), threading.Event()) for number in range(5)]
    asked = [drawn for client in several for _ in range(50) for drawn in client.values(3)[1]]
    assert len(set(asked)) == len(asked) == 5 * 50 * 3
    assert set(MIX) <= set(KINDS)


def test_a_share_is_what_all_others_waited_meanwhile():
    alike = [Asked(visitor, "page", (), 0.0, 4.0) for visitor in "abc"]
    assert fairness(alike) == dict.fromkeys("abc", 1.0)
    shares = fairness([*alike, Asked("d", "page", (), 0.0, 40.0), Asked("e", "page", (), 100.0, 101.0)])
    assert shares["d"] > 2 > shares["a"] and shares["e"] == 1.0  # who is alone has all of it
    assert fairness([Asked("a", "page", (), 0.0)]) == {}


def test_what_does_not_hold_is_told_and_what_cannot_be_tried_is_left_out(tmp_path):
    def broke(bench):
        raise Broke(f"a file in {bench.home} is gone")

    def unavailable(bench):
        raise Unavailable("no such thing here")

    def fine(bench):
        assert bench.home.is_dir()
        return "all is there"

    faults = [Fault(name, "it holds", does) for name, does in (("a", broke), ("b", unavailable), ("c", fine))]
    found = inflict(faults, Bench(tmp_path / "work"), lambda said: None)
    assert [(one["name"], one["held"]) for one in found["faults"]] == [("a", False), ("c", True)]
    assert found["faults"][0]["found"] == "a file in a/home is gone" and found["left_out"][0]["name"] == "b"
    page = write(tmp_path / "reliability", "faults", found).read_text("utf-8")
    assert "**no**" in page and "- b: no such thing here" in page and str(tmp_path) not in page


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="kills as Unix does")
def test_a_killed_studio_loses_nothing(tiny_pipeline, tmp_path):
    tiny_pipeline.save_pretrained(tmp_path / "model")
    (killing,) = (fault for fault in FAULTS if fault.name == "kill -9")
    bench = Bench(tmp_path / "work", ["--model", str(tmp_path / "model")], times=1, side=64, steps=8)
    (found,) = inflict([killing], bench, lambda said: None)["faults"]
    assert found["held"], found["found"]
