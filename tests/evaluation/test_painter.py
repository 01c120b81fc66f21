"""What is judged is what the pipeline draws."""

import pytest
import torch

from lit.errors import InputError
from lit.evaluation.painter import Painter
from lit.pixels import images_to_pixels, pixels_to_bytes
from lit.styles import STYLES


def test_a_picture_does_not_depend_on_its_batch(pipe):
    prompts, styles = ["apple", "dog", "tree"], ["noto", None, "blob"]
    together = Painter(pipe, 2, 4.0, 3).draw(prompts, styles, 7, "x")
    alone = Painter(pipe, 2, 4.0, 1).draw(prompts[2:], styles[2:], 9, "x")
    assert together.shape == (3, 4, 64, 64) and together.dtype == torch.uint8
    assert (together[2].int() - alone[0].int()).abs().max() <= 1
    assert (together[0].int() - together[1].int()).abs().max() > 1


@pytest.mark.parametrize("guidance", [1.0, 4.0])
def test_what_is_judged_is_what_the_pipeline_draws(pipe, guidance):
    drawn = Painter(pipe, 3, guidance, 4).draw(["a cat", "a dog"], [None, STYLES[2]], 5, "x")
    for i, style in enumerate([None, STYLES[2]]):
        image = pipe(
            ["a cat", "a dog"][i], style=style, seed=5 + i, num_inference_steps=3, guidance_scale=guidance,
            height=64, width=64,
        ).images[0]  # fmt: skip
        there = pixels_to_bytes(images_to_pixels([image]))[0]
        # a PNG's colours are not premultiplied: two roundings apart
        assert (there.int() - drawn[i].int()).abs().max() <= 2
    assert drawn.float().std() > 1


def test_the_scheduler_is_the_first_unless_said(pipe):
    drawn = {
        name: Painter(pipe, 3, 4.0, 4, name).draw(["apple"], ["noto"], 0, "x") for name in (None, *pipe.schedulers)
    }
    assert drawn[None].equal(drawn[pipe.schedulers[0]])
    assert not drawn[None].equal(drawn["dpm++"])
    with pytest.raises(InputError, match="scheduler"):
        Painter(pipe, 3, 4.0, 4, "none")


def test_guidance_of_one_draws_the_words_alone(pipe):
    calls = []
    hook = pipe.transformer.register_forward_pre_hook(lambda module, args: calls.append(len(args[0])))
    try:
        Painter(pipe, 2, 1.0, 4).draw(["apple"], ["noto"], 0, "x")
        Painter(pipe, 2, 4.0, 4).draw(["apple"], ["noto"], 0, "x")
    finally:
        hook.remove()
    assert calls == [1, 1, 2, 2]
