"""Sweeps in the worker's lane, drawn by a small random model and kept on the disk."""

import json
from contextlib import contextmanager
from dataclasses import replace

import pytest
from conftest import make_pipeline
from serving import Paced, wait_until
from sweeping import mean_colour

from lit.errors import LiTError
from lit.explore.sweeps.axes import Axis
from lit.explore.sweeps.grid import Grid
from lit.settings import GenerationSettings, read_png
from lit.studio.work import lasting, sweeps, swept
from lit.studio.work.jobs import JobStore
from lit.studio.work.swept import ADAPTIVE, DONE, STOPPED, Order
from lit.studio.work.worker import Worker

FOX = GenerationSettings(prompt="a fox", num_inference_steps=2, height=64, width=64, seed=5)
GRID = Order(FOX, (Axis("guidance_scale", (1.0, 4.0)), Axis("seed", (3, 4))))
WALK = Order(replace(FOX, variation_seed=9), (Axis("variation_strength", (0.0, 1.0)),), ADAPTIVE, 8)


@pytest.fixture(autouse=True)
def eye(monkeypatch):
    monkeypatch.setattr("lit.explore.sweeps.distances.eye", lambda: mean_colour)


@pytest.fixture(scope="module")
def own(text_encoder):
    return make_pipeline(text_encoder)


@pytest.fixture
def pipeline(own):
    return Paced(own)


@contextmanager
def studio(home, pipeline, public=False):
    store = JobStore(home)
    worker = Worker(store, lambda: pipeline, public)
    worker.start()
    try:
        wait_until(lambda: worker.live.speed is not None)
        yield worker
    finally:
        worker.close()
        store.close()


@pytest.fixture
def worker(tmp_path, pipeline):
    with studio(tmp_path, pipeline) as worker:
        yield worker


def over(one):
    wait_until(lambda: not one.active)
    return [cell.state for cell in one.cells]


def test_each_picture_is_the_one_that_its_settings_draw_alone_and_carries_them(worker, pipeline):
    found = worker.sweeps.begin("ann", GRID)
    assert over(found) == ["done"] * 4 and found.state == DONE
    for cell, point in zip(found.cells, Grid(GRID.settings, GRID.axes).points, strict=True):
        assert cell.point == point and cell.seconds > 0
        settings, provenance = read_png(found.picture(cell.place))
        assert settings == point.settings and provenance == pipeline.provenance()
        (alone,) = pipeline.pipeline.generate(point.settings).images
        assert worker.sweeps.picture(found, cell.place).image().tobytes() == alone.tobytes()
    assert worker.store.recent(9).pictures == []  # none is kept before somebody says so


def test_an_adaptive_one_spends_its_budget_and_says_where_it_changes(worker):
    found = worker.sweeps.begin("ann", WALK)
    assert set(over(found)) == {"done"} and 5 <= len(found.done) <= WALK.budget and found.why in ("budget", "alike")
    values = sorted(value for (value,) in (cell.point.coordinates for cell in found.cells))
    assert values[0] == 0.0 and values[-1] == 1.0 and len(set(values)) == len(values)
    assert [piece.low for piece in found.curve] == values[:-1]


def test_a_job_comes_first_and_visitors_take_turns(worker, pipeline):
    pipeline.seconds = 0.05
    anns = worker.sweeps.begin("ann", replace(GRID, axes=(Axis("seed", tuple(range(6))),)))
    wait_until(lambda: anns.cells[0].step >= 1)
    job, bobs = worker.submit("bob", FOX), worker.sweeps.begin("bob", GRID)
    wait_until(lambda: worker.store.get(job.id).state == "done")
    assert len(anns.done) <= 1
    over(bobs)
    assert anns.active and 2 <= len(anns.done) <= 5
    anns.stop()


def test_stopped_it_ends_within_an_evaluation_and_goes_on_where_it_was(worker, pipeline):
    pipeline.seconds = 0.1
    found = worker.sweeps.begin("ann", replace(GRID, settings=replace(FOX, num_inference_steps=20)))
    wait_until(lambda: found.cells[0].step >= 1)
    found.stop()
    step = found.cells[0].step
    wait_until(lambda: found.cells[0].state == "waiting")
    assert found.state == STOPPED and step <= 3 and not found.done
    pipeline.seconds = 0.0
    worker.sweeps.go_on(found)
    assert over(found) == ["done"] * 4


@pytest.mark.parametrize("order", [GRID, WALK], ids=["grid", "adaptive"])
def test_another_studio_draws_on_what_one_left_and_draws_nothing_twice(tmp_path, pipeline, order):
    with studio(tmp_path / "whole", pipeline) as worker:
        whole = worker.sweeps.begin("ann", order)
        over(whole)
    pipeline.seconds = 0.02
    with studio(tmp_path / "parts", pipeline) as worker:
        found = worker.sweeps.begin("ann", order)
        wait_until(lambda: len(found.done) >= 2)
    before = {cell.file for cell in found.done}
    times = {name: (found.folder / name).stat().st_mtime_ns for name in before}
    assert found.active and before
    with studio(tmp_path / "parts", pipeline) as worker:
        again = worker.sweeps.find(found.id, "ann")
        over(again)
    assert {name: (found.folder / name).stat().st_mtime_ns for name in before} == times
    assert [cell.point for cell in again.cells] == [cell.point for cell in whole.cells]
    with studio(tmp_path / "parts", pipeline) as worker:  # and what has ended is found as it was
        last = worker.sweeps.find(found.id, "bob")
        assert (last.state, last.flips, last.curve) == (DONE, again.flips, again.curve)
        assert [cell.seconds for cell in last.cells] == [cell.seconds for cell in again.cells]


def test_strangers_have_their_own_and_none_of_each_others(tmp_path, pipeline):
    with studio(tmp_path, pipeline, public=True) as worker:
        worker.sweeps.most = 2
        mine = [worker.sweeps.begin("ann", GRID) for _ in range(lasting.ACTIVE)]
        with pytest.raises(LiTError, match=r"2 sweeps of yours are being drawn"):
            worker.sweeps.begin("ann", GRID)
        bobs = worker.sweeps.begin("bob", GRID)
        assert worker.sweeps.of("bob") == [bobs] and worker.sweeps.of("ann") == mine[::-1]
        with pytest.raises(LiTError, match="no longer there"):
            worker.sweeps.find(mine[0].id, "bob")
        for one in (*mine, bobs):
            over(one)
        third = worker.sweeps.begin("ann", GRID)  # the oldest of hers makes room, and no other
        assert worker.sweeps.of("ann") == [third, mine[1]] and not mine[0].folder.exists()
        assert worker.sweeps.of("bob") == [bobs]


def test_what_is_thrown_away_comes_back_and_is_gone_after_a_while(worker, monkeypatch):
    found = worker.sweeps.begin("ann", GRID)
    worker.sweeps.throw_away(found)
    assert worker.sweeps.of("ann") == [] and not found.active
    worker.sweeps.bring_back(found)
    assert worker.sweeps.of("ann") == [found] and over(found) == ["done"] * 4
    worker.sweeps.throw_away(found)
    monkeypatch.setattr(lasting, "TRASH", -1.0)
    assert worker.sweeps.of("ann") == [] and not found.folder.exists()


def test_a_kept_one_is_a_drawing_once_whose_id_tells_nothing_of_the_sweep(worker):
    found = worker.sweeps.begin("ann", GRID)
    over(found)
    picture = worker.sweeps.picture(found, 1)
    job = worker.keep("ann", picture)
    assert worker.keep("ann", worker.sweeps.picture(found, 1)).id == job.id != found.id
    (file,) = worker.store.recent(9, "ann").pictures
    assert read_png(file) == read_png(found.picture(1))
    with pytest.raises(LiTError, match="no longer there"):
        worker.sweeps.picture(found, 99)


def test_what_fails_fails_alone_and_a_full_disk_stops_it_without_loss(worker, monkeypatch):
    bad = Order(FOX, (Axis("guidance_scale", (15.0, 2.0)),))  # the first is beyond what is built in
    found = worker.sweeps.begin("ann", bad)
    assert over(found) == ["failed", "done"] and found.state == STOPPED
    assert "guidance_scale" in found.cells[0].message

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as disk:
        disk.setattr(swept, "write_picture", full)
        found = worker.sweeps.begin("ann", GRID)
        assert set(over(found)) == {"waiting"} and "No space left" in found.trouble
    worker.sweeps.go_on(found)
    assert over(found) == ["done"] * 4 and not found.trouble


def test_a_damaged_one_is_left_alone_and_the_others_are_there(tmp_path, pipeline):
    with studio(tmp_path, pipeline) as worker:
        bad, good = worker.sweeps.begin("ann", GRID), worker.sweeps.begin("ann", GRID)
        over(bad), over(good)
    record = json.loads((bad.folder / swept.FILE).read_text())
    record["points"][0]["file"] = "../../jobs.sqlite"
    for text in ("", "[]", "{", '{"format": 9}', json.dumps(record)):
        (bad.folder / swept.FILE).write_text(text)
        found = sweeps.Sweeps(tmp_path / "sweeps", worker.lane, bool, bool)
        assert [one.id for one in found.of("ann")] == [good.id] and bad.folder.exists()
