"""How a live picture is drawn: few steps while somebody types, a few more once they have stopped."""

from collections.abc import Sequence
from dataclasses import replace

from lit.settings import GenerationSettings

# Of each solver that draws something worth seeing in so few: steps while somebody types, and once it is quiet.
STEPS = {"flow-map": (4, 8), "flow-euler": (4, 8)}
OTHERS = (10, 20)

GOAL = 1.2  # seconds: a machine that draws a live picture faster does so by itself
SIDE = 256  # pixels of the picture that is measured
FIRST = GenerationSettings(prompt="a blue butterfly", height=SIDE, width=SIDE, output_scale=1)  # which is measured


def quick(settings: GenerationSettings, schedulers: Sequence[str], settled: bool = False) -> GenerationSettings:
    """The settings of a live picture: one image as it is drawn, by the model's own scheduler.

    schedulers: of the model, its default first.  settled: nobody types any more. Never more steps than asked for, so
    that where Generate takes as few, the settled picture is the one that Generate draws.
    """
    steps = STEPS.get(schedulers[0], OTHERS)[settled]
    return replace(
        settings,
        scheduler=schedulers[0],
        num_inference_steps=min(steps, settings.num_inference_steps),
        num_images_per_prompt=1,
        output_scale=1,
    )
