"""Verify: what draws itself again is identical; what does not is said to differ, and in what."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from lit.settings import GenerationSettings, Source, read_png, write_picture
from lit.studio.work.desk import Desk, Stopped
from lit.studio.work.lane import Lane
from lit.studio.work.verifying import differences, psnr, verify

FOX = GenerationSettings("a fox", style="blob", seed=3, num_inference_steps=4, width=64, height=64, output_scale=1)


@pytest.fixture
def run():
    """Does `work(task)` as the studio does, and gives its result or its error."""
    over = []
    desk = Desk(Lane(), lambda: bool(over))

    def done(work):
        result = []
        task = desk.begin(lambda task: result.append(work(task)) or {})
        while not task.ended:
            task = desk.task(task.id)
        return result[0] if result else task.error or task.result

    yield done
    over.append(True)


def draw(pipeline, settings, folder, after=None):
    """A picture of the pipeline as a file; stopped after so many steps if asked for."""

    def step_end(_, step, timestep, tensors):
        if step + 1 == after:
            run.interrupt()
        return tensors

    run = pipeline.start(settings, callback_on_step_end=step_end)
    (drawing,) = run
    provenance = pipeline.provenance() | ({"stopped_after": drawing.steps} if after else {})
    return write_picture(drawing.image, drawing.settings, provenance, folder)


@pytest.mark.parametrize("after", [None, 2])
def test_what_was_drawn_here_is_identical(tiny_pipeline, tmp_path, run, after):
    file = draw(tiny_pipeline, FOX, tmp_path, after)
    assert run(lambda task: verify(task, lambda recorded: (tiny_pipeline, {}), file)) == {
        "identical": True,
        "psnr": None,
        "differs": [],
    }


def test_a_changed_picture_and_what_differs_are_said(tiny_pipeline, tmp_path, run):
    settings, provenance = read_png(draw(tiny_pipeline, FOX, tmp_path))
    other = provenance | {"device": "cuda", "versions": provenance["versions"] | {"torch": "1.0"}}
    file = write_picture(Image.new("RGBA", (64, 64), "red"), settings, other, tmp_path)
    found = run(lambda task: verify(task, lambda recorded: (tiny_pipeline, {}), file))
    assert not found["identical"] and 0 < found["psnr"] < 30
    versions = provenance["versions"]
    assert found["differs"] == [f"version of torch: 1.0 then, {versions['torch']} now", "device: cuda then, cpu now"]
    file = write_picture(Image.new("RGBA", (32, 64)), settings, provenance, tmp_path)
    assert run(lambda task: verify(task, lambda recorded: (tiny_pipeline, {}), file))["differs"] == [
        "size: 32 x 64 then, 64 x 64 now"
    ]


def test_one_that_is_told_to_end_ends_within_a_step(tiny_pipeline, tmp_path, run):
    file = draw(tiny_pipeline, FOX, tmp_path)

    def stopped(task):
        task.stop = True
        with pytest.raises(Stopped):
            verify(task, lambda recorded: (tiny_pipeline, {}), file)
        return task.done

    assert run(stopped) == 1


@pytest.mark.parametrize("carried", [True, False])
def test_what_was_drawn_over_a_picture_is_drawn_over_it_again(tiny_pipeline, tmp_path, run, carried):
    source = Source(Image.new("RGBA", (64, 64), "blue"), Image.linear_gradient("L").resize((64, 64)))
    (drawing,) = tiny_pipeline.start(replace(FOX, strength=0.7), **source.arguments)
    inside = source if carried else None
    file = write_picture(drawing.image, drawing.settings, tiny_pipeline.provenance(), tmp_path, inside)
    identical = {"identical": True, "psnr": None, "differs": []}
    assert (
        run(lambda task: verify(task, lambda recorded: (tiny_pipeline, {}), file, lambda settings: source)) == identical
    )
    if not carried:
        assert (
            "image: nothing is there"
            in run(lambda task: verify(task, lambda recorded: (tiny_pipeline, {}), file)).lower()
        )


def test_a_file_without_settings_is_refused(tiny_pipeline, tmp_path, run):
    Image.new("RGBA", (8, 8)).save(tmp_path / "plain.png")
    assert "carries its settings" in run(lambda task: verify(task, tiny_pipeline, tmp_path / "plain.png"))


def test_differences_of_what_strangers_wrote():
    said = differences({"versions": 5, "weights_sha256": ["a"], "device": None, "new": "\ud800"}, {"device": "cpu"})
    assert said == [
        "device: not said then, cpu now",
        "new: \\ud800 then, not said now",
        "weights: ['a'] then, not said now",
    ]


def test_where_the_words_are_from_makes_no_difference():
    assert differences({"template": "a {red|blue} cat", "device": "cpu"}, {"device": "cpu"}) == []


def test_psnr_is_of_what_is_seen():
    black, white = np.zeros((4, 4, 4), np.uint8), np.full((4, 4, 4), 255, np.uint8)
    assert psnr(black, black) is None and psnr(black, white) == 0
    clear = white.copy()
    clear[..., 3] = 0  # its colours are not seen
    assert psnr(black, clear) is None


def test_where_the_words_are_from_decides_nothing():
    assert differences({"typed": "ein Fuchs", "template": "a {red|blue} fox"}, {}) == []
