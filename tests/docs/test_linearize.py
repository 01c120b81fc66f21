"""The evidence on linearizing: every row's config is one, and the page says what the rows' files say."""

import json
from dataclasses import replace

import pytest

pytest.importorskip("pyarrow", reason="of requirements-train.txt")

from docs.linearize.__main__ import main
from docs.linearize.page import MARKS, evaluation_times, write_page
from docs.linearize.rows import EPSILON_TEACHER, PROMPTS, ROWS, TEACHERS, TRENDS
from lit.bench.trials.rows import SIDE, WHOLE, config_of
from lit.bench.trials.trials import Trials
from lit.errors import InputError


def trials(out, **more):
    return Trials(out, ROWS, TEACHERS, PROMPTS, **more)


@pytest.mark.parametrize("name", ROWS)
def test_rows_differ_in_what_they_show_and_in_nothing_else(name):
    config, usual = config_of(ROWS[name], WHOLE, 1), config_of(ROWS["noise"], WHOLE, 1)
    loops = [phase.loop for phase in config.phases] or [config.loop]
    assert all(loop.stages == usual.loop.stages and loop.seed == 1 and loop.stages[0].size == SIDE for loop in loops)
    assert config.batches == usual.batches and config.data == usual.data
    assert name in ("noise", "scratch") or config != usual


def test_rows_that_need_a_teacher_come_behind_it(tmp_path):
    jobs = trials(tmp_path).jobs()
    assert len(jobs) == len(set(jobs)) == 2 * len(ROWS) + len(TEACHERS)
    needing = [place for place, (name, _) in enumerate(jobs) if name in ROWS and ROWS[name].teacher == EPSILON_TEACHER]
    assert jobs[0] == (EPSILON_TEACHER, 0) and min(needing) > len(jobs) // 2
    asked = trials(tmp_path, asked=["epsilon-noise", "noise"], seeds=1)
    assert asked.jobs() == [(EPSILON_TEACHER, 0), ("noise", 0), ("epsilon-noise", 0)]


def record(name, seed, frechet, **more):
    figures = {"train": {"top1": 0.5}, "held_out": {"top1": 0.25}, "frechet": frechet}
    figures = {"all": figures} | ({"window": figures} if name == "lolcats" else {})
    return {"row": name, "seed": seed, "minutes": 2.0, "figures": figures, "run": {}, "device": "H100"} | more


def test_the_page_says_what_the_rows_say_and_keeps_the_rest(tmp_path):
    some = trials(tmp_path)
    some.begin()
    errors = {"blocks.0.attn": 0.25, "blocks.1.attn": 0.5}
    made = [record("noise", 0, 40.0), record("noise", 1, 42.0), record("plain", 0, 30.0), record("plain", 1, 31.0)]
    made += [record("lolcats", 0, None), record("keep-50", 0, 9.0, run={"errors": errors, "kept": ["blocks.1.attn"]})]
    for one in made:
        (tmp_path / "rows" / f"{one['row']}-{one['seed']}.json").write_text(json.dumps(one))
    assert not some.claim("noise", 0) and some.claim("noise", 2) and not some.claim("noise", 2)
    page = tmp_path / "page.md"
    page.write_text(f"# Before\n\n{MARKS[0]}\nstale\n{MARKS[1]}\n\nAfter\n")
    for _ in range(2):  # again, it is the same
        write_page(some, {"H100": {"noise": {"ms": 1.25, "ratio": 1.0}}}, page, tmp_path / "none.webp")
    text = page.read_text()
    assert text.startswith("# Before\n") and text.endswith("\nAfter\n") and "stale" not in text
    assert "| 50.0 (50.0 / 50.0) | 25.0 (25.0 / 25.0) | 41.0 (40.0 / 42.0) | 1.2 | 51.13 |" in text
    assert "its window half alone" in text and "n/a" in text
    assert "The convolution helps (88.46 to 63.66). Not so here: 30.5 to 41.0." in text
    assert "seed 0: 0.25, **0.50**" in text


def test_what_the_paper_found_is_asked_of_rows_that_there_are():
    assert {name for better, worse, _ in TRENDS for name in (better, worse)} <= set(ROWS)


def test_heads_are_timed_without_data_and_machines_stand_beside_each_other(tmp_path):
    other = {"busy": 0.0, "times": {"256 px": {"softmax": {"ms": 1.0, "ratio": 1.0}}}}
    (tmp_path / "linearize-times.json").write_text(json.dumps({"H100": other}))
    assert main(["--times", "--smoke", "--out", str(tmp_path)]) == 0
    text = (tmp_path / "linearize.md").read_text()
    assert text.count("| 1 head |") == text.count("| 12 heads |") == 1 and text.count("| softmax |") == 2
    times = json.loads((tmp_path / "linearize-times.json").read_text())
    (here,) = (times[device] for device in times if device != "H100")
    assert here["times"]["256 px"]["softmax"]["ratio"] == 1.0 and set(here["times"]) == {"256 px", "512 px"}


def test_networks_alike_are_timed_once():
    tiny = {"num_layers": 1, "hidden_size": 24, "num_attention_heads": 2, "num_cross_attention_heads": 2}
    times = evaluation_times({"a": tiny, "b": tiny | {"num_attention_heads": 1}, "c": dict(tiny)}, repeats=1, side=4)
    found = next(iter(times.values()))
    assert found["a"] == found["c"] != found["b"] and found["a"]["ratio"] == 1.0


def test_in_pieces_no_row_is_begun_that_would_end_too_late_and_none_is_left_for_ever(tmp_path):
    some = trials(tmp_path, minutes=2.0, teacher_minutes=6.5, within=9.0)
    some.check_within()
    assert some.minutes_of(EPSILON_TEACHER) == 6.5 and some.minutes_of("noise") == 2.0
    hurried = replace(some, within=7.0)
    with pytest.raises(InputError, match="--within: got 7.0; 8 at least"):
        hurried.check_within()
    some.begin()
    some.record_file(EPSILON_TEACHER, 0).write_text("{}")
    hurried.check_within()  # what is there is not made again
    with pytest.raises(InputError, match="--data: got None; the stickers"):
        main(["--out", str(tmp_path)])
