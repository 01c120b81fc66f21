"""The bench of the mixers: what is learned is the same in one go and in pieces, and what comes out is told."""

import json
import time
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image

from lit.__main__ import main
from lit.bench.mixers import arena, report, speed, stickers
from lit.bench.mixers.network import CONTENDERS, SequenceClassifier, Size
from lit.bench.trials.rows import TINY as TINY_NETWORK
from lit.bench.trials.rows import WHOLE, config_of
from lit.bench.trials.trials import Trials
from lit.errors import InputError, LiTError
from lit.evaluation.tasks import TASKS
from lit.evaluation.tasks.examples import Task
from lit.linearize.student import make_student
from lit.models.transformer import LiTTransformer2DModel

TINY = Size(width=16, heads=2, layers=2)
PLAN = replace(arena.SMOKE, steps=12, warmup=2, look_every=4, batch=16, size=TINY, learning_rate=5e-3)


def drawn(out, mixers=("lit",)):
    """Rows of the stickers."""
    return Trials(out, stickers.rows_of(mixers), stickers.TEACHERS, stickers.PROMPTS)


def first_symbol(count, seed):
    """Sequences of 6 or 9 symbols; the class is the first one."""
    chance = np.random.default_rng(seed)
    made = [chance.integers(3, size=chance.choice([6, 9])) for _ in range(count)]
    return [(one, int(one[0])) for one in made]


@pytest.fixture
def easy(monkeypatch, tmp_path):
    monkeypatch.setenv("LIT_CACHE", str(tmp_path / "cache"))
    task = Task("easy", 3, 3, first_symbol, (400, 100, 100), {"class 0": lambda train, asked: asked.labels * 0})
    monkeypatch.setitem(TASKS, "easy", task)


@pytest.mark.parametrize("contender", CONTENDERS)
def test_every_contender_reads_a_line_and_a_picture(contender):
    network = SequenceClassifier(contender, 5, 3, TINY).eval()
    symbols = torch.randint(5, (2, 12))
    for grid in ((1, 12), (3, 4)):
        assert network(symbols, grid).shape == (2, 3)
    network(symbols, (3, 4)).sum().backward()
    assert all(x.grad is not None for x in network.parameters())


def test_every_task_has_a_plan():
    assert set(arena.PLANS) == set(TASKS)


def test_a_run_in_pieces_is_the_run_in_one(easy, tmp_path):
    (run,) = arena.runs_of(["easy"], ["lit"], 1)
    plan, device = replace(PLAN, examples=(400, 100, 100)), torch.device("cpu")
    assert arena.race([run], {"easy": plan}, tmp_path / "one", device, 600, lambda line: None) == 0
    train, validation, test = (TASKS["easy"].examples(split) for split in ("train", "validation", "test"))
    while True:
        learner = arena.Learner(run, plan, tmp_path / "pieces", device)
        until = _Until(lambda learner=learner, first=learner.step: learner.step >= first + 5)
        if learner.advance(train, validation, until, lambda line: None):
            learner.finish(train, test)
            break
    one, pieces = (next(arena.records(tmp_path / name)) for name in ("one", "pieces"))
    assert [point["validation"] for point in one["curve"]] == [point["validation"] for point in pieces["curve"]]
    assert one["test"] == pieces["test"] and one["rules"] == pieces["rules"]
    assert not list((tmp_path / "pieces" / "runs").glob("*.pt"))


class _Until:
    """A moment that has come once something holds."""

    def __init__(self, holds):
        self.holds = holds

    def __lt__(self, now):
        return self.holds()


def test_what_can_be_learned_is_learned_and_stands_beside_the_rules(easy, tmp_path):
    plan = replace(PLAN, steps=150, look_every=50, examples=(400, 100, 100))
    runs = arena.runs_of(["easy"], ["softmax", "lolcats"], 1)
    arena.race(runs, {"easy": plan}, tmp_path, torch.device("cpu"), 600, lambda line: None)
    softmax, lolcats = sorted(arena.records(tmp_path), key=lambda record: record["mixer"], reverse=True)
    for record in (softmax, lolcats):
        assert record["test"] > record["rules"]["class 0"] + 0.2
    assert softmax["without"] == {} and set(lolcats["without"]) == {"window", "linear"}
    text = report.document([softmax, lolcats], {}, drawn(tmp_path), tmp_path / "pictures")
    assert f"{100 * softmax['test']:.1f}" in text and "| easy | class 0 |" in text
    assert "- CPU: width 16, 2 heads, 2 layers, 150 steps of 16, of 400 examples, 1 seed." in text
    ElementTree.parse(tmp_path / "pictures" / "easy.svg")
    with pytest.raises(InputError, match="a folder whose runs have this plan"):
        arena.race(runs, {"easy": replace(plan, steps=151)}, tmp_path, torch.device("cpu"), 600, lambda line: None)


@pytest.mark.slow
def test_runs_side_by_side_are_those_one_after_the_other(tmp_path, monkeypatch):
    monkeypatch.setenv("LIT_CACHE", str(tmp_path / "cache"))
    runs, smoke = arena.runs_of(["listops"], ["lit", "softmax"], 1), {"listops": arena.SMOKE}
    asked = ["--tasks", "listops", "--mixers", "lit", "softmax", "--device", "cpu", "--only"]
    worker = ["lit", "bench", "mixers", "--smoke", "--out", str(tmp_path / "two"), *asked]
    assert arena.race_at_once(runs, smoke, tmp_path / "two", 2, worker) == 0
    arena.race(runs, smoke, tmp_path / "one", torch.device("cpu"), 600, lambda line: None)
    two, one = (
        [(record["mixer"], record["test"], [point["validation"] for point in record["curve"]]) for record in found]
        for found in map(arena.records, (tmp_path / "two", tmp_path / "one"))
    )
    assert two == one and len(one) == 2
    with pytest.raises(LiTError, match="2 of 2 processes failed"):
        arena.race_at_once(runs, smoke, tmp_path / "none", 2, ["lit", "bench", "mixers", "--only"])


def test_what_was_not_run_says_so(tmp_path):
    empty = report.document([], {}, drawn(tmp_path), tmp_path)
    assert empty.count("Not run yet") == 4 and not list(tmp_path.iterdir())
    rows = [
        {"tokens": n, "backward": False, "seconds": {"lit": 1.0, "b": 2.0}, "ratios": {"lit": 1.0, "b": 2.0},
         "memory": {"lit": 2**20, "b": 3 * 2**20}}
        for n in (256, 1024)
    ]  # fmt: skip
    text = report.document([], {"A card": rows}, drawn(tmp_path), tmp_path)
    assert "| b | 3.00 | 3.00 |" in text and "Not run yet on a CPU" in text and "Not run yet on a GPU" not in text


@pytest.mark.parametrize("mixer", stickers.NETWORKS)
def test_a_mixers_rows_differ_from_lits_in_the_network_alone(mixer):
    teacher = LiTTransformer2DModel(**TINY_NETWORK, token_mixer="softmax")
    for ending in ("taught", "scratch"):
        of, lit = (stickers.rows_of([name])[f"{name}-{ending}"] for name in (mixer, "lit"))
        config, usual = config_of(of, WHOLE, 1), config_of(lit, WHOLE, 1)
        assert config.network["token_mixer"] == mixer
        if (mixer, ending) != ("softmax", "taught"):
            assert replace(config, network=usual.network) == usual
        assert make_student(teacher, config.network).config.token_mixer == mixer


def test_rows_of_the_stickers_are_told(tmp_path):
    trials = drawn(tmp_path / "runs", ("lit", "liger"))
    trials.begin()
    right = {"train": {"top1": 0.5}, "held_out": {"top1": 0.25}, "frechet": 12.0}
    for seed in (0, 1):
        record = {
            "row": "liger-taught", "seed": seed, "minutes": 2.0, "device": "card",
            "curve": [(1e6, 1.0), (2e6, 0.5 + seed)],
            "figures": {"all": right | {"frechet": 12.0 + seed}, "window": right},
        }  # fmt: skip
        trials.record_file("liger-taught", seed).write_text(json.dumps(record))
    Image.new("RGB", (16, 8)).save(trials.strip_file("liger-taught", 0))
    text = report.document([], {}, trials, tmp_path / "pictures")
    assert "| liger, from the teacher | 50.0 (50.0 / 50.0) | 25.0 (25.0 / 25.0) | 12.5 (12.0 / 13.0) | 2.00 |" in text
    assert "| its window part alone |" in text and "lit, from the teacher" not in text
    assert text.count("Not run yet") == 3
    ElementTree.parse(tmp_path / "pictures" / "stickers-taught.svg")
    assert (tmp_path / "pictures" / "stickers.webp").exists()
    assert not (tmp_path / "pictures" / "stickers-scratch.svg").exists()


def test_growth_is_the_power_of_the_tokens():
    rows = [
        {"tokens": n, "backward": False, "seconds": {"a": 3e-6 * n, "b": 1e-9 * n**2}} for n in (256, 1024, 4096, 16384)
    ]
    assert speed.growth(rows, "a", False) == pytest.approx(1) and speed.growth(rows, "b", False) == pytest.approx(2)
    assert speed.growth(rows[:2], "a", False) is None and speed.growth(rows, "a", True) is None


def test_the_command_times_and_tells(tmp_path, capsys):
    began = time.monotonic()
    arguments = ["bench", "mixers", "--out", str(tmp_path), "--smoke", "--speed", "--tasks", "--mixers", "deltanet"]
    assert main(arguments) == 0
    text = (tmp_path / "mixers.md").read_text(encoding="utf-8")
    assert "| deltanet |" in text and "| lit | 1.00 |" in text
    (rows,) = report.kept_speeds(tmp_path).values()
    assert {row["tokens"] for row in rows} == {256, 1024}
    assert all(0 < seconds < time.monotonic() - began for row in rows for seconds in row["seconds"].values())


@pytest.mark.parametrize("options, words", [
    (["--tasks", "imdb"], "task: got 'imdb'; one of listops, pathfinder"),
    (["--mixers", "hyena"], "mixer: got 'hyena'; one of softmax, lit,"),
    (["--mixers", "convolution", "--stickers", "x"], "with --stickers one of softmax, lit,"),
    (["--row-minutes", "0"], "--row-minutes: got 0.0; a number above 0"),
    (["--seeds", "0"], "--seeds: got 0; a whole number from 1"),
    (["--minutes", "nan"], "--minutes: got nan; a number above 0"),
])  # fmt: skip
def test_what_does_not_fit_is_said_in_a_line(options, words, tmp_path, capsys):
    assert main(["bench", "mixers", "--out", str(tmp_path), *options]) == 2
    assert words in capsys.readouterr().err
