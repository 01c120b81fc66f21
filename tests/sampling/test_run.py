"""What is under way lives in the run: several at a time, each stopped alone, seen, and over when it is over."""

import threading

import pytest
import torch
from conftest import make_pipeline

from lit.sampling.run import Job, batches
from lit.settings import GenerationSettings

FOX = GenerationSettings("a red fox", seed=3, num_inference_steps=3, height=64, width=96)
OWL = GenerationSettings("an owl", seed=5, num_inference_steps=4, height=64, width=64, num_images_per_prompt=2)


def pixels(drawings):
    return [drawing.image.tobytes() for drawing in drawings]


def test_a_run_hands_over_each_image_and_counts_the_evaluations(tiny_pipeline):
    counts = []
    run = tiny_pipeline.start(OWL, callback_on_step_end=lambda *_: counts.append((run.steps_done, run.steps_total)))
    assert counts == [] and run.steps_total == 8
    drawings = iter(run)
    first = next(drawings)
    assert counts == [(i, 8) for i in range(1, 5)] and first.finished and first.settings.seed == 5
    assert pixels([first, *drawings]) == [image.tobytes() for image in tiny_pipeline.generate(OWL).images]
    with pytest.raises(RuntimeError, match="once"):
        list(run)


def test_heun_is_counted_as_often_as_it_asks(tiny_pipeline):
    run = tiny_pipeline.start([FOX, GenerationSettings(**{**vars(OWL), "scheduler": "flow-heun"})])
    assert run.steps_total == 3 + 2 * 7
    assert len(list(run)) == 3 and run.steps_done == run.steps_total


def test_two_runs_in_two_threads_do_not_disturb_each_other(tiny_pipeline):
    """Both wait for each other at every step, and the one is stopped in the middle: the other draws to its end."""
    alone = tiny_pipeline.generate(FOX)
    meet, seen = threading.Barrier(2, timeout=20), {}

    def draw(name, settings, stop_at):
        steps = []

        def callback(pipe, index, time, tensors):
            steps.append((run.steps_done, len(run.preview()), tensors["latents"].shape[-1]))
            if len(steps) <= 3:
                meet.wait()
            if len(steps) == stop_at:
                pipe.interrupt()  # as diffusers has it: in a callback, of this run

        run = tiny_pipeline.start(settings, callback_on_step_end=callback)
        seen[name] = run.finish(), steps, run

    threads = [
        threading.Thread(target=draw, args=("fox", FOX, None)),
        threading.Thread(target=draw, args=("owl", OWL, 3)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    (fox, fox_steps, _), (owl, owl_steps, owl_run) = seen["fox"], seen["owl"]
    assert not fox.interrupted and fox.finished == [True]
    assert fox.images[0].tobytes() == alone.images[0].tobytes()
    assert fox_steps == [(1, 1, 12), (2, 1, 12), (3, 1, 12)]
    assert owl.interrupted and owl.finished == [False] and owl_run.steps_done == 3
    assert owl_steps == [(1, 1, 8), (2, 1, 8), (3, 1, 8)]


def test_an_end_asked_for_before_the_beginning_is_kept(tiny_pipeline):
    run = tiny_pipeline.start(FOX)
    run.interrupt()
    output = run.finish()
    assert output.interrupted and output.images == [] and run.steps_done == 0


def test_a_run_is_stopped_alone_and_a_pipeline_stops_all_of_its_own(tiny_pipeline):
    one, two, three = (tiny_pipeline.start(FOX) for _ in range(3))
    one.interrupt()
    assert (one.interrupted, two.interrupted) == (True, False)
    assert len(list(two)) == 1
    other = make_pipeline(tiny_pipeline.text_encoder)
    other.generate(FOX, callback_on_step_end=lambda *_: tiny_pipeline.interrupt())  # in a callback of another's run
    assert three.finish().images == []
    assert len(tiny_pipeline.generate(FOX).images) == 1  # what begins later is not meant


def test_previews_are_small_and_known_only_while_drawing(tiny_pipeline):
    sizes = []
    large = GenerationSettings("a cat", num_inference_steps=2, height=256, width=384)
    run = tiny_pipeline.start(large, callback_on_step_end=lambda *_: sizes.append([p.size for p in run.preview()]))
    assert run.preview() == []
    run.finish()
    assert sizes == [[(192, 128)]] * 2 and run.preview() == []


def test_a_run_left_in_the_middle_is_over(tiny_pipeline):
    run = tiny_pipeline.start(OWL)
    for _ in run:
        assert run.predicted_clean is not None
        break
    assert run.predicted_clean is None and run.steps_done == 4


def test_neighbours_are_drawn_together_where_words_style_and_noise_alone_differ():
    same = [Job(FOX.for_image(i)) for i in range(3)]
    styled = Job(
        GenerationSettings(**{**vars(FOX), "prompt": "a dog", "style": "blob", "seed": None}), noise=torch.ones(1)
    )
    large = Job(GenerationSettings(**{**vars(FOX), "width": 128}))
    assert [len(batch) for batch in batches([*same, styled, large, same[0]], 8)] == [4, 1, 1]
    assert [len(batch) for batch in batches([*same, styled], 2)] == [2, 2]
    assert [batch[0] for batch in batches(same, 1)] == same
