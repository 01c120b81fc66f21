"""Comparisons in the worker's lane, drawn by a small random model and a teacher beside it."""

from dataclasses import replace

import pytest
from conftest import make_pipeline
from serving import Paced, wait_until

from lit.errors import LiTError
from lit.settings import GenerationSettings, read_png
from lit.studio.tabs.compare.addresses import _cell
from lit.studio.work.comparisons import ACTIVE, KEPT, Way
from lit.studio.work.drafts import Page
from lit.studio.work.jobs import JobStore
from lit.studio.work.teacher import OWN, TEACHER, load_teacher
from lit.studio.work.worker import Worker

FOX = GenerationSettings(prompt="a fox", num_inference_steps=4, height=64, width=64, seed=5)
EULER = replace(FOX, scheduler="flow-euler")


class Noting(Paced):
    """Notes what has been begun."""

    def __init__(self, pipeline):
        super().__init__(pipeline)
        self.begun = []

    def start(self, settings, callback_on_step_end):
        self.begun.append(settings)
        return super().start(settings, callback_on_step_end)


@pytest.fixture(scope="module")
def folder(text_encoder, tmp_path_factory):
    """A model's folder with a teacher in it."""
    folder = tmp_path_factory.mktemp("model")
    teacher = make_pipeline(text_encoder, prediction_type="flow", token_mixer="softmax")
    teacher.transformer.save_pretrained(folder / "teacher")
    return folder


@pytest.fixture
def pipeline(tiny_pipeline, folder):
    tiny_pipeline.register_to_config(_name_or_path=str(folder))
    return Noting(tiny_pipeline)


@pytest.fixture
def worker(tmp_path, pipeline):
    store = JobStore(tmp_path)
    worker = Worker(store, lambda: pipeline)
    worker.start()
    try:
        wait_until(lambda: worker.live.speed is not None)
        pipeline.begun.clear()
        yield worker
    finally:
        worker.close()
        store.close()


def own(*settings):
    return [Way(OWN, one) for one in settings]


def over(comparison):
    wait_until(lambda: not comparison.active)
    return [cell.state for cell in comparison.cells]


def test_each_picture_is_the_one_that_its_settings_draw_alone(worker, pipeline):
    comparison = worker.comparisons.begin("ann", own(FOX, EULER))
    assert over(comparison) == ["done", "done"]
    for cell, settings in zip(comparison.cells, (FOX, EULER), strict=True):
        (alone,) = pipeline.pipeline.generate(settings).images
        assert cell.picture.image().tobytes() == alone.tobytes()
        assert cell.picture.settings == settings and cell.picture.provenance == pipeline.provenance()
        assert cell.passes == cell.steps == 4 and cell.weights > 0
    assert worker.store.recent(9).pictures == []  # in memory only


def test_the_teacher_draws_from_the_same_noise_by_two_branches_and_is_loaded_once(worker, pipeline, folder):
    first, second = worker.comparisons.begin("ann", [Way(TEACHER, EULER)]), None
    assert over(first) == ["done"] and worker.comparisons.teacher_loaded
    (cell,) = first.cells
    teacher = load_teacher(pipeline.pipeline, folder / "teacher")
    (alone,) = teacher.generate(EULER).images
    assert cell.picture.image().tobytes() == alone.tobytes()
    assert teacher.noise([EULER]).equal(pipeline.noise([EULER]))
    assert (cell.steps, cell.passes) == (4, 8)
    assert cell.picture.provenance == teacher.provenance() | {"model": TEACHER}
    (folder / "teacher" / "config.json").rename(folder / "config.json")
    try:
        second = worker.comparisons.begin("ann", [Way(TEACHER, replace(EULER, seed=1))])
        assert over(second) == ["done"]
    finally:
        (folder / "config.json").rename(folder / "teacher" / "config.json")


def test_a_network_of_any_mixer_may_lie_in_the_teachers_place(worker, pipeline, text_encoder, tmp_path):
    other = make_pipeline(text_encoder, prediction_type="flow", token_mixer="transnormer", mixer_args={"window": 2})
    other.transformer.save_pretrained(tmp_path / "other" / "teacher")
    pipeline.pipeline.register_to_config(_name_or_path=str(tmp_path / "other"))
    comparison = worker.comparisons.begin("ann", [Way(OWN, EULER), Way(TEACHER, EULER)])
    assert over(comparison) == ["done", "done"]
    assert [cell.mixer for cell in comparison.cells] == ["lit", "transnormer"]
    assert [_cell(cell)["model"] for cell in comparison.cells] == ["LiT", "transnormer"]
    own, theirs = (cell.picture.image().tobytes() for cell in comparison.cells)
    assert own != theirs


def test_a_picture_that_cannot_be_drawn_fails_alone(worker):
    bad = [Way(TEACHER, FOX), *own(replace(FOX, guidance_scale=15.0), FOX)]  # no flow map; beyond what is built in
    comparison = worker.comparisons.begin("ann", bad)
    assert over(comparison) == ["failed", "failed", "done"]
    assert "scheduler" in comparison.cells[0].message and "guidance_scale" in comparison.cells[1].message


def test_a_job_comes_first_and_what_gave_way_is_drawn_anew(worker, pipeline):
    pipeline.seconds = 0.1
    comparison = worker.comparisons.begin("ann", own(FOX, replace(FOX, seed=6)))
    wait_until(lambda: comparison.cells[0].step >= 1)
    job = worker.submit("bob", replace(FOX, prompt="an owl"))
    assert over(comparison) == ["done", "done"]
    assert worker.store.get(job.id).state == "done"
    assert [one.prompt for one in pipeline.begun] == ["a fox", "an owl", "a fox", "a fox"]


def test_visitors_and_live_pictures_take_turns(worker, pipeline):
    pipeline.seconds = 0.05
    anns = worker.comparisons.begin("ann", own(*(replace(FOX, seed=seed) for seed in range(4))))
    wait_until(lambda: anns.cells[0].state == "drawing")
    bobs = worker.comparisons.begin("bob", own(replace(FOX, seed=100)))
    draft = worker.live.ask(Page("cat", "1"), 1, replace(FOX, seed=200))
    over(anns), over(bobs)
    assert draft.answer.result(timeout=60) is not None
    seeds = [one.seed for one in pipeline.begun]
    assert set(seeds[1:3]) == {100, 200} and [seed for seed in seeds if seed < 100] == [0, 1, 2, 3]


def test_stopped_it_ends_within_an_evaluation_and_keeps_what_is_drawn(worker, pipeline):
    comparison = worker.comparisons.begin("ann", own(FOX))
    over(comparison)
    pipeline.seconds = 0.2
    comparison = worker.comparisons.begin("ann", own(FOX, *(replace(FOX, num_inference_steps=100),) * 2))
    wait_until(lambda: comparison.cells[1].step >= 1)
    comparison.stop()
    done = comparison.cells[1].step
    assert over(comparison) == ["done", "stopped", "stopped"]
    assert comparison.cells[1].step <= done + 1


def test_a_kept_one_is_a_drawing_of_its_visitor_with_its_own_settings(worker):
    comparison = worker.comparisons.begin("ann", own(FOX, EULER))
    over(comparison)
    picture = comparison.cells[1].picture
    job = worker.keep("bob", picture.id)
    assert worker.keep("bob", picture.id).id == job.id
    (file,) = worker.store.recent(9, "bob").pictures
    assert read_png(file) == (EULER, picture.provenance)


def test_only_so_many_are_drawn_for_one_visitor_and_remembered_for_all(worker, pipeline):
    ended = worker.comparisons.begin("ann", own(FOX))
    over(ended)
    pipeline.seconds = 0.5
    mine = [worker.comparisons.begin("ann", own(FOX)) for _ in range(ACTIVE)]
    with pytest.raises(LiTError, match="of yours are being drawn"):
        worker.comparisons.begin("ann", own(FOX))
    for number in range(KEPT - ACTIVE):
        assert worker.comparisons.find(ended.id) is ended
        worker.comparisons.begin(f"visitor {number}", own(FOX))
    with pytest.raises(LiTError, match="no longer there"):
        worker.comparisons.find(ended.id)
    with pytest.raises(LiTError, match="Too many comparisons"):
        worker.comparisons.begin("one more", own(FOX))
    assert all(worker.comparisons.find(one.id) is one for one in mine)


def test_how_long_it_takes_is_learned_from_what_has_been_drawn(worker, pipeline):
    ways = own(FOX, replace(FOX, num_inference_steps=16))
    assert worker.comparisons.seconds(ways, 1e-3, lambda way: 2) > worker.comparisons.seconds(ways, 1e-3, lambda way: 1)
    pipeline.seconds = 0.05
    over(worker.comparisons.begin("ann", own(FOX)))
    foreseen = worker.comparisons.seconds(ways, 1.0, lambda way: 1)
    comparison = worker.comparisons.begin("ann", ways)
    over(comparison)
    took = sum(cell.picture.seconds for cell in comparison.cells)
    assert 0.4 < foreseen / took < 2.5
