"""Settings of live pictures."""

from dataclasses import replace

import pytest
from every_setting import EVERY_SETTING

from lit.sampling import registry
from lit.settings import GenerationSettings
from lit.studio.work.quick import quick

FOX = GenerationSettings(prompt="a fox", num_inference_steps=20)


@pytest.mark.parametrize("scheduler", registry.names())
def test_a_settled_picture_takes_more_steps_and_never_more_than_asked_for(scheduler):
    first, settled = (quick(FOX, (scheduler, "other"), settled).num_inference_steps for settled in (False, True))
    assert 1 < first < settled <= 20
    assert quick(replace(FOX, num_inference_steps=3), (scheduler,), True).num_inference_steps == 3


def test_the_models_own_scheduler_draws_one_image_and_all_else_stands():
    settings = quick(EVERY_SETTING, ("flow-euler",))
    changed = {"scheduler", "num_inference_steps", "num_images_per_prompt", "output_scale"}
    assert (settings.scheduler, settings.num_images_per_prompt, settings.output_scale) == ("flow-euler", 1, 1)
    for name in set(vars(EVERY_SETTING)) - changed:
        assert getattr(settings, name) == getattr(EVERY_SETTING, name)
