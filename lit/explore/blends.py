"""Drawings mixed: one picture of two to four, or the way from the one to the other."""

import math
from collections.abc import Sequence
from dataclasses import fields, replace

from lit.errors import InputError, Phrase
from lit.reading.blend import Part, blended, parts_of
from lit.settings import GenerationSettings

FRAMES = 20  # of a way, both ends included
MOST_FRAMES = 120
MOST = 4  # drawings in one
# What drawings may differ in to be mixed.
MIXED = ("prompt", "style", "seed", "guidance_scale")


def mix(first: GenerationSettings, second: GenerationSettings, share: float) -> GenerationSettings:
    """The drawing between two: share 0 is the first, 1 the second; in between it is `mixed`.

    Raises InputError for a share that is not from 0 to 1, and for drawings that cannot be mixed.
    """
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
        raise InputError("share", share, "a number from 0 to 1")
    return mixed((first, second), (1 - share, share))


def mixed(drawings: Sequence[GenerationSettings], shares: Sequence[float]) -> GenerationSettings:
    """One drawing of two to four by their shares, which are made to add up to one; one that has all of it is itself.

    Prompts are blended by their shares, and guidance is the mean of theirs. The noise goes along the sphere on which
    it lies, by the second's seed as variation: with x = share pi / 2,

        n = cos(x) n_1 + sin(x) n_2

    and a style, of which a network knows one at a time, is that of the largest share. Settings name two seeds: of more
    than two drawings the noise lies between those with the largest shares. Raises InputError for shares that are none,
    and for drawings that cannot be mixed: of other sizes or ways, variations, or over pictures.
    """
    if not 2 <= len(drawings) <= MOST:
        raise InputError("drawings", len(drawings), Phrase("2 to {most} to be mixed", most=MOST))
    fit = len(shares) == len(drawings) and all(map(_is_share, shares))
    total = sum(shares) if fit else 0.0
    if not 0 < total < math.inf:
        raise InputError("shares", list(shares), "a number from 0 to 1000 for each drawing, one of them above 0")
    drawings = [replace(one.resolved(), num_images_per_prompt=1) for one in drawings]
    for other in drawings[1:]:
        _check(drawings[0], other)
    parts = [(one, share / total) for one, share in zip(drawings, shares, strict=True) if share]
    if len(parts) == 1:
        return parts[0][0]
    # In their order, of equal shares the first.
    (first, kept), (second, added) = (
        parts[i] for i in sorted(sorted(range(len(parts)), key=lambda i: -parts[i][1])[:2])
    )
    between = added / (kept + added)
    return replace(
        first,
        prompt=_blended(parts),
        style=(second if added > kept else first).style,
        guidance_scale=math.fsum(one.guidance_scale * share for one, share in parts),
        variation_seed=second.seed,
        variation_strength=0.0 if first.seed == second.seed else math.sin(between * math.pi / 2),
    )


def morph(first: GenerationSettings, second: GenerationSettings, frames: int = FRAMES) -> list[GenerationSettings]:
    """The way from one drawing to another, both ends included; `there_and_back` of its pictures is a loop."""
    if isinstance(frames, bool) or not isinstance(frames, int) or not 2 <= frames <= MOST_FRAMES:
        raise InputError("frames", frames, Phrase("a whole number from 2 to {most}", most=MOST_FRAMES))
    return [mix(first, second, i / (frames - 1)) for i in range(frames)]


def there_and_back(frames: Sequence) -> list:
    """Frames that end where they began: to the last, and back to the second."""
    return [*frames, *frames[-2:0:-1]]


def _check(first, second):
    for field in fields(GenerationSettings):
        own, other = getattr(first, field.name), getattr(second, field.name)
        if field.name not in MIXED and own != other:
            raise InputError(field.name, other, Phrase("{own}, as of the drawing that it is mixed with", own=repr(own)))
    for name, plain in (("variation_strength", 0.0), ("variation_of", ""), ("image_sha256", "")):
        if getattr(first, name) != plain:
            raise InputError(name, getattr(first, name), Phrase("{plain} to be mixed", plain=repr(plain)))


def _blended(parts):
    if len({one.prompt for one, _ in parts}) == 1:
        return parts[0][0].prompt
    return blended(Part(part.prompt, part.share * share) for one, share in parts for part in parts_of(one.prompt))


def _is_share(share) -> bool:
    return isinstance(share, int | float) and not isinstance(share, bool) and 0 <= share <= 1000
