"""Two drawings mixed: one picture of both, or the way from the one to the other."""

import math
from collections.abc import Sequence
from dataclasses import fields, replace

from lit.errors import InputError
from lit.reading.blend import Part, blended, parts_of
from lit.settings import GenerationSettings

FRAMES = 20  # of a way, both ends included
MOST_FRAMES = 120
# What two drawings may differ in to be mixed.
MIXED = ("prompt", "style", "seed", "guidance_scale")


def mix(first: GenerationSettings, second: GenerationSettings, share: float) -> GenerationSettings:
    """The drawing between two: share 0 is the first, 1 the second.

    Prompts are blended by their shares, and guidance goes in a straight line. The noise goes along the sphere on
    which it lies, by the second's seed as variation: with x = share pi / 2,

        n = cos(x) n_1 + sin(x) n_2

    and a style, of which a network knows one at a time, changes in the middle. Raises InputError for a share that is
    not from 0 to 1, and for drawings that cannot be mixed: of other sizes or ways, variations, or over pictures.
    """
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise InputError("share", share, "a number from 0 to 1")
    first, second = (replace(one.resolved(), num_images_per_prompt=1) for one in (first, second))
    _check(first, second)
    if share in (0, 1):
        return (first, second)[int(share)]
    nearer = second if share > 0.5 else first
    return replace(
        first,
        prompt=_blended(first.prompt, second.prompt, share),
        style=nearer.style,
        guidance_scale=first.guidance_scale + share * (second.guidance_scale - first.guidance_scale),
        variation_seed=second.seed,
        variation_strength=0.0 if first.seed == second.seed else math.sin(share * math.pi / 2),
    )


def morph(first: GenerationSettings, second: GenerationSettings, frames: int = FRAMES) -> list[GenerationSettings]:
    """The way from one drawing to another, both ends included; `there_and_back` of its pictures is a loop."""
    if isinstance(frames, bool) or not isinstance(frames, int) or not 2 <= frames <= MOST_FRAMES:
        raise InputError("frames", frames, f"a whole number from 2 to {MOST_FRAMES}")
    return [mix(first, second, i / (frames - 1)) for i in range(frames)]


def there_and_back(frames: Sequence) -> list:
    """Frames that end where they began: to the last, and back to the second."""
    return [*frames, *frames[-2:0:-1]]


def _check(first, second):
    for field in fields(GenerationSettings):
        own, other = getattr(first, field.name), getattr(second, field.name)
        if field.name not in MIXED and own != other:
            raise InputError(field.name, other, f"{own!r}, as of the drawing that it is mixed with")
    for name, plain in (("variation_strength", 0.0), ("image_sha256", "")):
        if getattr(first, name) != plain:
            raise InputError(name, getattr(first, name), f"{plain!r} to be mixed")


def _blended(first, second, share):
    if first == second:
        return first
    sides = ((first, 1 - share), (second, share))
    return blended(Part(part.prompt, part.share * weight) for prompt, weight in sides for part in parts_of(prompt))
